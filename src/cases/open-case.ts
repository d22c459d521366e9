import { AppError } from '../base/errors.ts';
import type { DecisionRecord } from '../contract/record.ts';
import { caseKeysOf } from '../domain/history/case-keys.ts';
import { describeEnd, outcomeAfter } from '../domain/statement.ts';
import type { VerifiedCase } from '../evidence/case-reader.ts';
import type { CaseParts } from './case-parts.ts';
import type { CaseTurn } from './case-queue.ts';
import type { PendingDecision } from './judging.ts';
import { positionAfter } from './seal.ts';

/** The newest decision of an open case, which takes verdicts at `now`. Throws AppError `case_closed`. */
export function requireOpen({ decision: { record }, last }: VerifiedCase, now: string): DecisionRecord {
  if (outcomeAfter(last.record) !== 'approval_required') {
    throw new AppError('case_closed', describeEnd(last.record));
  }
  const { closes_at } = record.decision;
  if (closes_at !== null && closes_at <= now) {
    throw new AppError('case_closed', `The case accepted verdicts until ${closes_at}; send the request again.`);
  }
  return record;
}

/** The next decision of an open case, if nobody gives a verdict. Throws AppError `case_closed`. */
export function nextDecision(
  { newId }: Pick<CaseParts, 'newId'>,
  { on, pool, at: now }: CaseTurn,
): PendingDecision & { record: DecisionRecord } {
  const record = requireOpen(on, now);
  const { request, caller, approvals, opened, decision } = record;
  const before = { case: record.case, counted: decision.counted, not_counted: decision.not_counted };
  return {
    record,
    input: { now, request, caller, approvals, occasion: { by: 'sweep' }, opened, before },
    place: { position: positionAfter(on.decision, newId()), keys: caseKeysOf(request, pool.directory) },
  };
}
