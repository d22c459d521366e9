import { OWN_CLIENT } from '../base/turns.ts';
import type { Ending } from '../contract/case-end.ts';
import { outcomeAfter } from '../domain/statement.ts';
import { headAfterEnding } from '../store/case-head.ts';
import type { CaseParts } from './case-parts.ts';
import { inTurnOfCase } from './case-queue.ts';
import { type CommittedStatement, keepStatement } from './keep.ts';
import { referenceTo } from './seal.ts';

type Expiry = Extract<Ending, { statement: 'expiry' }>;

/**
 * Ends an open case whose time for verdicts is over. Null where its time is not over, or it has ended. Rejects with AppError
 * `not_found`, `record_invalid`.
 */
export function expire(parts: CaseParts, { caseId }: { caseId: string }): Promise<CommittedStatement<Expiry> | null> {
  return inTurnOfCase(parts, { client: OWN_CLIENT, caseId }, async (turn) => {
    const { on, at } = turn;
    const { closes_at } = on.decision.record.decision;
    const isOver = closes_at !== null && closes_at <= at;
    if (outcomeAfter(on.last.record) !== 'approval_required' || !isOver) return null;
    return keepStatement<Expiry>(parts, turn, {
      own: { statement: 'expiry', decision: referenceTo(on.decision), closes_at },
      headAfter: (record) => headAfterEnding(on.head, record),
      idempotency: null,
    });
  });
}
