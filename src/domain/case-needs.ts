import { canonicalJson } from '../base/canonical-json.ts';
import type { DecisionRecord } from '../contract/record.ts';

/**
 * A confirmation is for what the case says now. Verdicts of others that came since and do not count change nothing of it, and
 * must not be a way to make every confirmation come too late.
 */
export function isConfirmable(shown: DecisionRecord, newest: DecisionRecord): boolean {
  if (!newest.decision.confirmation_needed) return true;
  return shown.decision.confirmation_needed && shown.policy.digest === newest.policy.digest;
}

/** What a case needs, and which approvals count: where this is the same, nobody need look again. */
export function needsOf({ evaluation, decision }: DecisionRecord): string {
  const { outcome, denials, tier, unmet, confirmation_needed, counted, not_counted, obligations, closes_at } = decision;
  const { requirements, max_ttl_seconds, approval_ttl_seconds, review_after_seconds } = evaluation ?? {};
  const lifetimes = [max_ttl_seconds, approval_ttl_seconds, review_after_seconds].map((seconds) => seconds ?? null);
  return canonicalJson([
    [outcome, denials, tier, unmet, confirmation_needed, counted, not_counted, obligations, closes_at],
    [requirements ?? [], lifetimes],
  ]);
}
