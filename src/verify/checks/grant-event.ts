import { canonicalJson } from '../../base/canonical-json.ts';
import { addSeconds } from '../../base/instant.ts';
import type { Standing } from '../../contract/grant.ts';
import type { GrantEvent } from '../../contract/grant-event.ts';
import type { DecisionRecord } from '../../contract/record.ts';
import { isInForce, isReviewedAfterwards, issued, reevaluated, reviewed, revoked } from '../../domain/grant.ts';
import { recordDigest } from '../../domain/record.ts';
import { isDecision, standingAfter } from '../../domain/statement.ts';
import type { Link } from '../report.ts';

/**
 * `grant_event`: a statement about a grant names it, states the same end, and leaves it in the status that follows from the
 * statement. A revoked grant stays revoked; only a review that was owed may still come. Returns ends of sentences.
 */
export function findGrantEventFaults(record: GrantEvent, before: readonly Link[]): string[] {
  const standing = standingAfter(before.map((link) => link.record));
  const granting = before.findLast((link) => isDecision(link.record));
  if (standing === null) return ['follows a decision that grants nothing'];
  const { jti, digest } = record.grant;
  if (granting !== undefined && (granting.record.jti !== jti || recordDigest(granting.jws) !== digest)) {
    return ['does not name the decision that it follows by its digest'];
  }
  if (standing.expires_at !== record.standing.expires_at) return ['states another end than its grant'];
  const [fault] = [...faultsOfRevocation(record, standing), ...faultsOfIssuance(record)];
  if (fault !== undefined) return [fault];
  const granted = granting?.record;
  return granted !== undefined && isDecision(granted) ? faultsOfStanding(record, standing, granted) : [];
}

function faultsOfRevocation(record: GrantEvent, { revoked_at: revokedAt }: Standing): string[] {
  const { statement, standing, at } = record;
  if (revokedAt !== null) {
    if (statement === 'review' && standing.revoked_at === revokedAt) return [];
    return ['is about a grant that was revoked before'];
  }
  const revokes = statement === 'revocation' || (statement === 'review' && record.review.verdict === 'revoke');
  if (standing.revoked_at === (revokes ? at : null)) return [];
  return ['contradicts itself about whether the grant is revoked'];
}

function faultsOfIssuance(record: GrantEvent): string[] {
  if (record.statement !== 'issuance') return [];
  if (!isInForce(record.standing, record.at)) return ['reports a credential that was issued after the grant had ended'];
  return record.issuance.expires_at > record.at ? [] : ['reports a credential that had expired'];
}

function faultsOfStanding(record: GrantEvent, before: Standing, granted: DecisionRecord): string[] {
  const after = standingBy(record, before, granted);
  if (after === null) return ['evaluates the grant again by the policy that did so last'];
  const names = Object.keys(after) as (keyof Standing)[];
  const differing = names.filter((name) => canonicalJson(after[name]) !== canonicalJson(record.standing[name]));
  return differing.length === 0 ? [] : [`states a grant status that does not follow from it: ${differing.join(', ')}`];
}

/** How a grant stands after a statement; null where that must not be made, because it changes nothing. */
function standingBy(record: GrantEvent, before: Standing, granted: DecisionRecord): Standing | null {
  const { at, policy } = record;
  switch (record.statement) {
    case 'revocation':
      return revoked(before, at);
    case 'issuance':
      return issued(before, record.issuance.expires_at);
    case 'evaluation':
      return reevaluated(before, record.decision.outcome === 'allow', policy.digest);
    case 'review':
      return reviewed(before, {
        verdict: record.review.verdict,
        at,
        nextReviewBy: addSeconds(at, granted.evaluation?.review_after_seconds ?? 0),
        isReviewedAfterwards: isReviewedAfterwards(granted.decision),
        policy: policy.digest,
      });
  }
}
