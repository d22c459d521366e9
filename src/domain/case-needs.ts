import { canonicalJson } from '../base/canonical-json.ts';
import type { DecisionRecord } from '../contract/record.ts';

/** Canonical text of what a case needs and which approvals count: two records with the same text need the same approvals. */
export function needsOf({ evaluation, decision }: Pick<DecisionRecord, 'evaluation' | 'decision'>): string {
  const { outcome, denials, tier, unmet, confirmation_needed, counted, not_counted, obligations, closes_at } = decision;
  const { requirements, max_ttl_seconds, approval_ttl_seconds, review_after_seconds } = evaluation ?? {};
  const lifetimes = [max_ttl_seconds, approval_ttl_seconds, review_after_seconds].map((seconds) => seconds ?? null);
  return canonicalJson([
    [outcome, denials, tier, unmet, confirmation_needed, counted, not_counted, obligations, closes_at],
    [requirements ?? [], lifetimes],
  ]);
}
