import { parseWith } from '../../base/parse.ts';
import type { Cases } from '../../cases/cases.ts';
import { verdictRequestSchema } from '../../contract/approval.ts';
import { CALLS } from '../../contract/calls/table.ts';
import { type Case, casePageQuerySchema } from '../../contract/case.ts';
import { withdrawalRequestSchema } from '../../contract/case-end.ts';
import { approvalStatuses } from '../../domain/approval/status.ts';
import { decisionAt } from '../../domain/decision-view.ts';
import { toEndingAnswer } from '../../domain/ending.ts';
import { grantStatusAt } from '../../domain/grant.ts';
import { visibleCase } from '../access.ts';
import type { Route } from '../route.ts';
import { created, idempotencyKey, type RecordRouteParts, recordHeaders } from './decisions.ts';

/** Records grow with the approvals of their case; a page ends where it gets this large. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

export function caseRoutes(cases: Pick<Cases, 'approve' | 'withdraw'>, parts: RecordRouteParts): Route[] {
  const { store, readCase, clock, sentences } = parts;
  return [
    {
      ...CALLS.getCase,
      isLong: true,
      async handle({ params, query, caller }) {
        const { head, decision, standing } = await readCase(
          (await visibleCase(store, params['id'] ?? '', caller)).case,
        );
        const { after, limit } = parseWith(casePageQuerySchema, query, 'invalid_request', 'The query');
        const now = clock().toISOString();
        const isOpen = head.outcome === 'approval_required';
        const current = decisionAt(decision.record, now);
        // Records added after the head was read belong to the next call.
        const chain = await store.chain(head.case, { after, limit, maxBytes: MAX_PAGE_BYTES });
        const page = chain.filter(({ seq }) => seq <= head.seq);
        const end = page.at(-1)?.seq ?? head.seq;
        const body: Case = {
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
          approvals: approvalStatuses(decision.record, now),
          grant_status: grantStatusAt(standing, now),
          chain: page.map(({ id, seq, jws }) => ({ id, seq, record: jws })),
          next_after: end < head.seq ? end : null,
        };
        return { status: 200, body };
      },
    },
    {
      ...CALLS.approve,
      async handle(call) {
        const head = await visibleCase(store, call.params['id'] ?? '', call.caller);
        const body = parseWith(verdictRequestSchema, call.body, 'invalid_request', 'The approval');
        const key = idempotencyKey(call);
        return created(await cases.approve({ caseId: head.case, body, caller: call.caller, key }), sentences());
      },
    },
    {
      ...CALLS.withdraw,
      async handle(call) {
        const head = await visibleCase(store, call.params['id'] ?? '', call.caller);
        const body = parseWith(withdrawalRequestSchema, call.body, 'invalid_request', 'The withdrawal');
        const key = idempotencyKey(call);
        const { record, jws, replayed } = await cases.withdraw({ caseId: head.case, body, caller: call.caller, key });
        const headers = recordHeaders(record.jti, replayed);
        return { status: 201, headers, body: toEndingAnswer(record, jws) };
      },
    },
  ];
}
