import { AppError } from '../../base/errors.ts';
import type { Cases } from '../../cases/cases.ts';
import type { DecisionResult } from '../../cases/replay.ts';
import { IDEMPOTENCY_KEY } from '../../contract/calls/api-call.ts';
import { JOSE_TYPE } from '../../contract/calls/decision-calls.ts';
import { CALLS } from '../../contract/calls/table.ts';
import { toAnswer } from '../../domain/answer.ts';
import type { Sentences } from '../../domain/catalogue.ts';
import { toEndingAnswer } from '../../domain/ending.ts';
import { stateOf } from '../../domain/grant.ts';
import { toGrantEventAnswer } from '../../domain/grant-event-answer.ts';
import { parseRequest } from '../../domain/request.ts';
import { isDecision, isEnding } from '../../domain/statement.ts';
import type { CaseReader, VerifiedCase } from '../../evidence/case-reader.ts';
import type { RecordReader, SignedStatement } from '../../evidence/record-reader.ts';
import type { Store } from '../../store/store.ts';
import { visibleCase } from '../access.ts';
import { BATCH_ROWS, costOfBatch, MAX_BATCH_BYTES, MAX_BATCH_VALUES, parseBatch } from '../batch.ts';
import { toAppError, toProblem } from '../problems.ts';
import type { Call, Reply, Route } from '../route.ts';
import { answerText } from './render-decision.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
/** What routes need that show records. */
export interface RecordRouteParts {
  store: Store;
  records: RecordReader;
  readCase: CaseReader;
  clock: () => Date;
  /** Those of the active policy. */
  sentences: () => Sentences;
}

export function decisionRoutes(cases: Pick<Cases, 'openCase'>, parts: RecordRouteParts): Route[] {
  const { store, records, readCase, clock, sentences } = parts;
  return [
    {
      ...CALLS.decide,
      isHot: true,
      async handle(call) {
        const key = idempotencyKey(call);
        const result = await cases.openCase({ request: parseRequest(call.body), caller: call.caller, key });
        return created(result, sentences());
      },
    },
    {
      ...CALLS.decideMany,
      maxBodyBytes: MAX_BATCH_BYTES,
      maxValues: MAX_BATCH_VALUES,
      rows: BATCH_ROWS,
      cost: costOfBatch,
      async handle(call) {
        const key = idempotencyKey(call);
        const requests = await parseBatch(call.body);
        const results = await Promise.all(
          requests.map((request, index) =>
            cases.openCase({ request, caller: call.caller, key, route: `decisions/batch/${index}` }).then(
              (result) => `{"answer":${answerText(result, sentences())}}`,
              (error) => JSON.stringify({ problem: toProblem(toAppError(error)) }),
            ),
          ),
        );
        return { status: 200, type: JSON_TYPE, body: `{"results":[${results.join(',')}]}` };
      },
    },
    {
      ...CALLS.getDecision,
      async handle({ params, caller, accepts }) {
        const id = params['id'] ?? '';
        const head = await visibleCase(store, id, caller);
        const { record, jws } = await records.read(id);
        // A row that leads from one case to a record of another case must not expose that record.
        if (record.case !== head.case) throw new AppError('record_invalid', `The store has ${id} in another case.`);
        if (accepts('json', JOSE_TYPE) === JOSE_TYPE) {
          return { status: 200, type: JOSE_TYPE, body: jws };
        }
        return {
          status: 200,
          body: bodyOf({ record, jws }, await readCase(head.case), clock().toISOString(), sentences()),
        };
      },
    },
  ];
}

/** A record as shown at an instant: the newest decision of an open case changes with time, as approvals expire. */
function bodyOf(
  { record, jws }: SignedStatement,
  { last, standing }: VerifiedCase,
  now: string,
  sentences: Sentences,
): object {
  if (isEnding(record)) return toEndingAnswer(record, jws);
  if (!isDecision(record)) return toGrantEventAnswer(record, jws, stateOf(standing ?? record.standing, now));
  return toAnswer(record, jws, last.record.jti === record.jti ? now : record.evaluated_at, sentences);
}

export function created(result: DecisionResult, sentences: Sentences): Reply {
  const id = result.replayed ? result.record.jti : result.id;
  return {
    status: 201,
    headers: recordHeaders(id, result.replayed),
    type: JSON_TYPE,
    body: answerText(result, sentences),
  };
}

export function recordHeaders(id: string, replayed: boolean): Record<string, string> {
  return { location: `/v1/decisions/${id}`, ...(replayed && { 'idempotency-replayed': 'true' }) };
}

/** Throws AppError `invalid_request` for a key that is empty, too long or not printable ASCII. */
export function idempotencyKey({ header }: Call): string | null {
  const key = header('idempotency-key');
  if (key === undefined) return null;
  if (IDEMPOTENCY_KEY.test(key)) return key;
  const detail = 'An Idempotency-Key has 1 to 255 printable ASCII characters.';
  throw new AppError('invalid_request', detail, { faults: [{ pointer: '', code: 'idempotency_key', detail }] });
}
