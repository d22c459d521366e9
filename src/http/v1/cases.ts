import { z } from 'zod';
import { instantSchema } from '../../base/instant.ts';
import { parseWith } from '../../base/parse.ts';
import { integerText } from '../../base/text.ts';
import type { Endings } from '../../cases/endings.ts';
import type { Gate } from '../../cases/gate.ts';
import { answerSchema, endingAnswerSchema } from '../../contract/answer.ts';
import { approvalStandingSchema, verdictRequestSchema } from '../../contract/approval.ts';
import { withdrawalRequestSchema } from '../../contract/case-end.ts';
import { decisionSchema, outcomeSchema } from '../../contract/decision.ts';
import { tierSchema } from '../../contract/evaluation.ts';
import { grantStateSchema, standingSchema } from '../../contract/grant.ts';
import { approvalStandings } from '../../domain/approval/standing.ts';
import { decisionAt } from '../../domain/decision-view.ts';
import { toEndingAnswer } from '../../domain/ending.ts';
import { stateOf } from '../../domain/grant.ts';
import { visibleCase } from '../access.ts';
import type { Route } from '../route.ts';
import {
  created,
  createdHeaders,
  idempotencyKey,
  idParameter,
  keyHeader,
  type RecordRouteParts,
  recordHeaders,
} from './decisions.ts';

const MAX_PAGE = 100;
/** Records grow with the approvals of their case; a page ends where it gets this large. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

const pageQuery = z.object({
  after: integerText(-1, 999_999_999).default(-1).meta({ description: 'Records with a seq above this one' }),
  limit: integerText(1, MAX_PAGE).default(MAX_PAGE),
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
    closes_at: decisionSchema.shape.closes_at,
    as_of: instantSchema.meta({
      description: 'When this was said. `next`, `approvals` and the state of the grant change with time',
    }),
    next: decisionSchema.shape.unmet.meta({ description: 'What is still missing' }),
    confirmation_needed: decisionSchema.shape.confirmation_needed,
    approvals: z.array(approvalStandingSchema).meta({ description: 'Every verdict so far, and whether it counts' }),
    grant: standingSchema.extend({ state: grantStateSchema }).nullable().meta({ description: 'How the grant stands' }),
    chain: z.array(z.strictObject({ id: z.uuid(), seq: z.int(), record: z.string() })),
    next_after: z.int().nullable().meta({ description: 'Ask again with `after` set to this; null at the end' }),
  })
  .meta({ id: 'Case' });

export function caseRoutes(gate: Gate, endings: Endings, parts: RecordRouteParts): Route[] {
  const { store, cases, metrics, clock } = parts;
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
      async handle({ params, query, caller }) {
        const { head, decision, standing } = await cases((await visibleCase(store, params['id'] ?? '', caller)).case);
        const { after, limit } = parseWith(pageQuery, query, 'invalid_request', 'The query');
        const now = clock().toISOString();
        const isOpen = head.outcome === 'approval_required';
        const current = decisionAt(decision.record, now);
        // Records that came after the head was read belong to the next look.
        const chain = await store.chain(head.case, { after, limit, maxBytes: MAX_PAGE_BYTES });
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
          closes_at: head.closes_at,
          as_of: now,
          next: isOpen ? current.unmet : [],
          confirmation_needed: isOpen && current.confirmation_needed,
          approvals: approvalStandings(decision.record, now),
          grant: standing && { ...standing, state: stateOf(standing, now) },
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
        const head = await visibleCase(store, call.params['id'] ?? '', call.caller);
        const verdict = parseWith(verdictRequestSchema, call.body, 'invalid_request', 'The approval');
        return created(await gate.approve(head.case, verdict, call.caller, idempotencyKey(call)), metrics);
      },
    },
    {
      method: 'post',
      path: '/v1/cases/{id}/withdrawals',
      scopes: ['decide', 'approve', 'approve:assert'],
      operation: {
        operationId: 'withdraw',
        summary: 'Take a request back that waits for approval: by whoever asked, or its subject',
        requestParams: { path: idParameter, header: keyHeader },
        requestBody: { required: true, content: { 'application/json': { schema: withdrawalRequestSchema } } },
        responses: {
          201: {
            description: 'Kept; the case has ended',
            headers: createdHeaders,
            content: { 'application/json': { schema: endingAnswerSchema } },
          },
        },
      },
      async handle(call) {
        const head = await visibleCase(store, call.params['id'] ?? '', call.caller);
        const withdrawal = parseWith(withdrawalRequestSchema, call.body, 'invalid_request', 'The withdrawal');
        const { record, jws, replayed } = await endings.withdraw(
          head.case,
          withdrawal,
          call.caller,
          idempotencyKey(call),
        );
        const headers = recordHeaders(record.jti, replayed);
        return { status: 201, headers, body: toEndingAnswer(record, jws) };
      },
    },
  ];
}
