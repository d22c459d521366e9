import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import type { Gate, Kept } from '../../cases/gate.ts';
import { answerSchema, endingAnswerSchema, followUpAnswerSchema } from '../../contract/answer.ts';
import { requestSchema } from '../../contract/request.ts';
import { toAnswer } from '../../domain/answer.ts';
import { toEndingAnswer } from '../../domain/ending.ts';
import { toFollowUpAnswer } from '../../domain/follow-up-answer.ts';
import { stateOf } from '../../domain/grant.ts';
import { parseRequest } from '../../domain/request.ts';
import { isDecision, isEnding } from '../../domain/statement.ts';
import type { CaseReader, VerifiedCase } from '../../evidence/case-reader.ts';
import type { RecordReader, SignedStatement } from '../../evidence/record-reader.ts';
import type { Store } from '../../store/store.ts';
import { visibleCase } from '../access.ts';
import { BATCH_ROWS, batchSchema, costOfBatch, MAX_BATCH_BYTES, MAX_BATCH_VALUES, parseBatch } from '../batch.ts';
import type { Metrics } from '../metrics.ts';
import { problemSchema, toAppError, toProblem } from '../problem.ts';
import type { Call, Reply, Route } from '../route.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const KEY = /^[\x21-\x7e]{1,255}$/;

export const idParameter = z.object({ id: z.uuid().meta({ description: 'The id of any record of the case' }) });
export const keyHeader = z.object({
  'idempotency-key': z.string().regex(KEY).optional().meta({
    description: 'The same key and body within 24 hours give the first record again, with `latest`',
  }),
});

export const createdHeaders = z.object({
  location: z.string().meta({ description: 'Where the record is' }),
  'idempotency-replayed': z
    .literal('true')
    .optional()
    .meta({ description: 'Sent where an idempotency key led here again' }),
});

/** What routes need that show records. */
export interface RecordRouteParts {
  store: Store;
  records: RecordReader;
  cases: CaseReader;
  metrics: Metrics;
  clock: () => Date;
}

const batchResultsSchema = z
  .strictObject({
    results: z.array(z.union([z.strictObject({ answer: answerSchema }), z.strictObject({ problem: problemSchema })])),
  })
  .meta({ id: 'DecisionBatchResults' });

export function decisionRoutes(gate: Gate, parts: RecordRouteParts): Route[] {
  const { store, records, cases, metrics, clock } = parts;
  return [
    {
      method: 'post',
      path: '/v1/decisions',
      scopes: ['decide'],
      isHot: true,
      operation: {
        operationId: 'decide',
        summary: 'Decide an access request: a new case',
        requestParams: { header: keyHeader },
        requestBody: { required: true, content: { 'application/json': { schema: requestSchema } } },
        responses: {
          201: {
            description: 'Decided and kept. A deny is an answer too.',
            headers: createdHeaders,
            content: { 'application/json': { schema: answerSchema } },
          },
        },
      },
      async handle(call) {
        const key = idempotencyKey(call);
        return created(await gate.open(parseRequest(call.body), call.caller, key), metrics);
      },
    },
    {
      method: 'post',
      path: '/v1/decisions/batch',
      scopes: ['decide'],
      maxBodyBytes: MAX_BATCH_BYTES,
      maxValues: MAX_BATCH_VALUES,
      rows: BATCH_ROWS,
      cost: costOfBatch,
      operation: {
        operationId: 'decideMany',
        summary: `Decide up to ${BATCH_ROWS.max} access requests: each is a case of its own, with a record of its own`,
        requestParams: { header: keyHeader },
        requestBody: { required: true, content: { 'application/json': { schema: batchSchema } } },
        responses: {
          200: {
            description: 'One result for each request, in their order: its answer, or why it has none',
            content: { 'application/json': { schema: batchResultsSchema } },
          },
        },
      },
      async handle(call) {
        const key = idempotencyKey(call);
        const requests = await parseBatch(call.body);
        const results = await Promise.all(
          requests.map((request, index) =>
            gate.open(request, call.caller, key, `decisions/batch/${index}`).then(
              (kept) => {
                if (!kept.replayed) metrics.countDecision(kept);
                return `{"answer":${kept.answer}}`;
              },
              (error) => JSON.stringify({ problem: toProblem(toAppError(error)) }),
            ),
          ),
        );
        return { status: 200, type: JSON_TYPE, body: `{"results":[${results.join(',')}]}` };
      },
    },
    {
      method: 'get',
      path: '/v1/decisions/{id}',
      scopes: ['decide', 'read'],
      operation: {
        operationId: 'getDecision',
        summary: 'One record, whatever it states; `Accept: application/jose` gives the bare JWS',
        requestParams: { path: z.object({ id: z.uuid().meta({ description: 'The id of the record' }) }) },
        responses: {
          200: {
            description: 'The record',
            content: {
              'application/json': { schema: z.union([answerSchema, followUpAnswerSchema, endingAnswerSchema]) },
              'application/jose': { schema: z.string() },
            },
          },
        },
      },
      async handle({ params, caller, accepts }) {
        const id = params['id'] ?? '';
        const { case: caseId } = await visibleCase(store, id, caller);
        const { record, jws } = await records.read(id);
        // A row that leads from one case to a record of another must show nobody what is not theirs.
        if (record.case !== caseId) throw new AppError('record_invalid', `The store holds ${id} in another case.`);
        if (accepts('json', 'application/jose') === 'application/jose') {
          return { status: 200, type: 'application/jose', body: jws };
        }
        return { status: 200, body: bodyOf({ record, jws }, await cases(caseId), clock().toISOString()) };
      },
    },
  ];
}

/** A record as it is told at an instant: the newest decision of an open case changes with time, as approvals expire. */
function bodyOf({ record, jws }: SignedStatement, { last, standing }: VerifiedCase, now: string): object {
  if (isEnding(record)) return toEndingAnswer(record, jws);
  if (!isDecision(record)) return toFollowUpAnswer(record, jws, stateOf(standing ?? record.standing, now));
  return toAnswer(record, jws, last.record.jti === record.jti ? now : record.evaluated_at);
}

export function created({ id, outcome, tier, answer, replayed }: Kept, metrics: Metrics): Reply {
  if (!replayed) metrics.countDecision({ outcome, tier });
  return { status: 201, headers: recordHeaders(id, replayed), type: JSON_TYPE, body: answer };
}

export function recordHeaders(id: string, replayed: boolean): Record<string, string> {
  return { location: `/v1/decisions/${id}`, ...(replayed && { 'idempotency-replayed': 'true' }) };
}

/** Throws AppError `invalid_request` for a key that is empty, too long or not printable ASCII. */
export function idempotencyKey({ header }: Call): string | null {
  const key = header('idempotency-key');
  if (key === undefined) return null;
  if (KEY.test(key)) return key;
  const detail = 'An Idempotency-Key has 1 to 255 printable ASCII characters.';
  throw new AppError('invalid_request', detail, { faults: [{ pointer: '', code: 'idempotency_key', detail }] });
}
