import { addSeconds } from '../../base/instant.ts';
import type { DecisionRecord } from '../../contract/record.ts';
import { DEFAULT_CASE_TTL_SECONDS } from '../../domain/evaluation.ts';

/** `outcome`: what a decision says about its outcome fits together. Returns ends of sentences about the record. */
export function findOutcomeFaults(record: DecisionRecord): string[] {
  const { outcome, confirmation_needed, unmet, denials, expires_at, review_by, closes_at } = record.decision;
  const faults: string[] = [];
  const require = (holds: boolean, why: string) => {
    if (!holds) faults.push(why);
  };
  if (confirmation_needed) {
    require(outcome === 'approval_required' && record.seq > 0, 'asks for a confirmation that nobody can give');
    require(unmet.length === 0, 'asks for a confirmation, though requirements are not met');
  }
  if (outcome === 'approval_required') {
    require(confirmation_needed || unmet.length > 0, 'waits for approval, though no requirement is unmet');
    require(closes_at === closingOf(record), 'states another closes_at than its policy gives');
    require(closes_at === null || closes_at > record.evaluated_at, 'waits for approval after the case has closed');
  } else require(closes_at === null, 'has ended, but states when the case closes');
  if (outcome === 'allow') {
    require(record.evaluation !== null, 'allows without an evaluation');
    require(unmet.length === 0 && denials.length === 0, 'allows although requirements are unmet or there are denials');
    require(review_by !== null, 'allows without a review');
  } else require(review_by === null, 'grants nothing, but has a review_by');
  require((outcome === 'allow') === (expires_at !== null), 'has an end without an allow, or an allow without an end');
  require((outcome === 'deny') === denials.length > 0, 'has denials without a deny, or a deny without denials');
  return faults;
}

function closingOf({ opened, evaluation }: DecisionRecord): string {
  return addSeconds(opened.at, evaluation?.case_ttl_seconds ?? DEFAULT_CASE_TTL_SECONDS);
}
