import { z } from 'zod';
import { answerSchema, toAnswer } from '../../domain/answer.ts';
import { AppError } from '../../domain/errors.ts';
import { followUpAnswerSchema, toFollowUpAnswer } from '../../domain/follow-up-answer.ts';
import { type GrantState, stateOf } from '../../domain/grant.ts';
import { parseRequest, requestSchema } from '../../domain/request.ts';
import { isDecision } from '../../domain/statement.ts';
import { standingAt } from '../../evidence/case-head.ts';
import type { RecordReader } from '../../evidence/record-reader.ts';
import type { CaseHead, Store } from '../../evidence/store.ts';
import type { Gate, Kept } from '../../gate.ts';
import { visibleCase } from '../access.ts';
import { BATCH_ROWS, batchSchema, costOfBatch, MAX_BATCH_BYTES, parseBatch } from '../batch.ts';
import type { Metrics } from '../metrics.ts';
import { problemSchema, toAppError, toProblem } from '../problem.ts';
import type { Call, Reply, Route } from '../route.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const KEY = /^[\x21-\x7e]{1,255}$/;

export const idParameter = z.object({ id: z.string().meta({ description: 'The id of any record of the case' }) });
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
  metrics: Metrics;
  clock: () => Date;
}

const batchResultsSchema = z
  .strictObject({
    results: z.array(z.union([z.strictObject({ answer: answerSchema }), z.strictObject({ problem: problemSchema })])),
  })
  .meta({ id: 'DecisionBatchResults' });

export function decisionRoutes(gate: Gate, { store, records, metrics, clock }: RecordRouteParts): Route[] {
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
      maxValues: (BATCH_ROWS.max + 1) * BATCH_ROWS.maxValues,
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
        requestParams: { path: z.object({ id: z.string().meta({ description: 'The id of the record' }) }) },
        responses: {
          200: {
            description: 'The record',
            content: {
              'application/json': { schema: z.union([answerSchema, followUpAnswerSchema]) },
              'application/jose': { schema: z.string() },
            },
          },
        },
      },
      handle({ params, caller, accepts }) {
        const id = params['id'] ?? '';
        const head = visibleCase(store, id, caller);
        const { record, jws } = records.read(id);
        if (accepts('json', 'application/jose') === 'application/jose') {
          return { status: 200, type: 'application/jose', body: jws };
        }
        const body = isDecision(record) ? toAnswer(record, jws) : toFollowUpAnswer(record, jws, stateAt(head, clock()));
        return { status: 200, body };
      },
    },
  ];
}

/** How the grant of a case stands, which has one. */
export function stateAt(head: CaseHead, now: Date): GrantState {
  const standing = standingAt(head);
  if (standing === null) throw new AppError('record_invalid', `Nothing was granted in case ${head.case}.`);
  return stateOf(standing, now.toISOString());
}

export function created({ id, outcome, tier, answer, replayed }: Kept, metrics: Metrics): Reply {
  if (!replayed) metrics.countDecision({ outcome, tier });
  const headers = { location: `/v1/decisions/${id}`, ...(replayed && { 'idempotency-replayed': 'true' }) };
  return { status: 201, headers, type: JSON_TYPE, body: answer };
}

/** Throws AppError `invalid_request` for a key that is empty, too long or not printable ASCII. */
export function idempotencyKey({ header }: Call): string | null {
  const key = header('idempotency-key');
  if (key === undefined) return null;
  if (KEY.test(key)) return key;
  const detail = 'An Idempotency-Key has 1 to 255 printable ASCII characters.';
  throw new AppError('invalid_request', detail, { faults: [{ pointer: '', code: 'idempotency_key', detail }] });
}
