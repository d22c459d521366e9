import { z } from 'zod';
import { answerSchema } from '../../domain/answer.ts';
import { instantSchema, verdictRequestSchema } from '../../domain/approval.ts';
import { approvalStandingSchema, approvalStandings } from '../../domain/approval-standing.ts';
import { outcomeSchema } from '../../domain/decision.ts';
import { tierSchema } from '../../domain/evaluation.ts';
import { grantStateSchema, standingSchema, stateOf } from '../../domain/grant.ts';
import { parseWith } from '../../domain/parse.ts';
import { standingAt } from '../../evidence/case-head.ts';
import type { Gate } from '../../gate.ts';
import { visibleCase } from '../access.ts';
import type { Route } from '../route.ts';
import { created, createdHeaders, idempotencyKey, idParameter, keyHeader, type RecordRouteParts } from './decisions.ts';

const MAX_PAGE = 100;
/** Records grow with the approvals of their case; a page ends where it gets this large. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

const integer = z
  .string()
  .regex(/^-?\d{1,9}$/)
  .transform(Number);

const pageQuery = z.object({
  after: integer.pipe(z.int().min(-1)).default(-1).meta({ description: 'Records with a seq above this one' }),
  limit: integer.pipe(z.int().min(1).max(MAX_PAGE)).default(MAX_PAGE),
});

const caseSchema = z
  .strictObject({
    case: z.uuid(),
    kind: z.string(),
    outcome: outcomeSchema,
    tier: tierSchema,
    seq: z.int(),
    latest: z.uuid().meta({ description: 'The id of the newest record' }),
    at: instantSchema,
    expires_at: instantSchema.nullable(),
    approvals: z.array(approvalStandingSchema).meta({ description: 'Every verdict so far, and whether it counts' }),
    grant: standingSchema.extend({ state: grantStateSchema }).nullable().meta({ description: 'How the grant stands' }),
    chain: z.array(z.strictObject({ id: z.uuid(), seq: z.int(), record: z.string() })),
    next_after: z.int().nullable().meta({ description: 'Ask again with `after` set to this; null at the end' }),
  })
  .meta({ id: 'Case' });

export function caseRoutes(gate: Gate, { store, records, metrics, clock }: RecordRouteParts): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/cases/{id}',
      scopes: ['decide', 'read'],
      isLong: true,
      operation: {
        operationId: 'getCase',
        summary: 'The head of a case and its chain of records, by any record id of the case',
        requestParams: { path: idParameter, query: pageQuery },
        responses: { 200: { description: 'The case', content: { 'application/json': { schema: caseSchema } } } },
      },
      handle({ params, query, caller }) {
        const head = visibleCase(store, params['id'] ?? '', caller);
        const { after, limit } = parseWith(pageQuery, query, 'invalid_request', 'The query');
        const standing = standingAt(head);
        // Records that came after the head was read belong to the next look.
        const chain = store.chain(head.case, { after, limit, maxBytes: MAX_PAGE_BYTES });
        const page = chain.filter(({ seq }) => seq <= head.seq);
        const end = page.at(-1)?.seq ?? head.seq;
        const body: z.infer<typeof caseSchema> = {
          case: head.case,
          kind: head.kind,
          outcome: head.outcome,
          tier: head.tier,
          seq: head.seq,
          latest: head.record,
          at: head.at,
          expires_at: head.expires_at,
          approvals: approvalStandings(records.readDecision(head.decision).record),
          grant: standing && { ...standing, state: stateOf(standing, clock().toISOString()) },
          chain: page.map(({ id, seq, jws }) => ({ id, seq, record: jws })),
          next_after: end < head.seq ? end : null,
        };
        return { status: 200, body };
      },
    },
    {
      method: 'post',
      path: '/v1/cases/{id}/approvals',
      scopes: ['approve', 'approve:assert'],
      operation: {
        operationId: 'approve',
        summary: 'Give a verdict on an open case; it is decided again',
        requestParams: { path: idParameter, header: keyHeader },
        requestBody: { required: true, content: { 'application/json': { schema: verdictRequestSchema } } },
        responses: {
          201: {
            description: 'Kept, and decided again',
            headers: createdHeaders,
            content: { 'application/json': { schema: answerSchema } },
          },
        },
      },
      async handle(call) {
        const head = visibleCase(store, call.params['id'] ?? '', call.caller);
        const verdict = parseWith(verdictRequestSchema, call.body, 'invalid_request', 'The approval');
        return created(await gate.approve(head.case, verdict, call.caller, idempotencyKey(call)), metrics);
      },
    },
  ];
}
