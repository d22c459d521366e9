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
 * `grant_event`: what follows on a grant names it, says no other end than it, and makes it stand as its statement makes it; what was taken
 * back by a revocation or a review stays so, and takes a review that was owed at most.
 */
export function findGrantEventFaults(record: GrantEvent, before: readonly Link[]): string[] {
  const standing = standingAfter(before.map((link) => link.record));
  const granting = before.findLast((link) => isDecision(link.record));
  if (standing === null) return ['follows on a decision that grants nothing'];
  const { jti, digest } = record.grant;
  if (granting !== undefined && (granting.record.jti !== jti || recordDigest(granting.jws) !== digest)) {
    return ['does not name the decision that it follows on by its digest'];
  }
  if (standing.expires_at !== record.standing.expires_at) return ['says another end than its grant'];
  const [fault] = [...faultsOfRevocation(record, standing), ...faultsOfIssuance(record)];
  if (fault !== undefined) return [fault];
  const granted = granting?.record;
  return granted !== undefined && isDecision(granted) ? faultsOfStanding(record, standing, granted) : [];
}

function faultsOfRevocation(record: GrantEvent, { revoked_at: revokedAt }: Standing): string[] {
  const { statement, standing, at } = record;
  if (revokedAt !== null) {
    if (statement === 'review' && standing.revoked_at === revokedAt) return [];
    return ['follows on a grant that was taken back'];
  }
  const revokes = statement === 'revocation' || (statement === 'review' && record.review.verdict === 'revoke');
  if (standing.revoked_at === (revokes ? at : null)) return [];
  return ['says that the grant was taken back, or not, against what it states'];
}

function faultsOfIssuance(record: GrantEvent): string[] {
  if (record.statement !== 'issuance') return [];
  if (!isInForce(record.standing, record.at)) return ['issues a credential after the grant has ended'];
  return record.issuance.expires_at > record.at ? [] : ['issues a credential that had expired'];
}

function faultsOfStanding(record: GrantEvent, before: Standing, granted: DecisionRecord): string[] {
  const after = standingBy(record, before, granted);
  if (after === null) return ['states anew what another policy makes of the grant, though that is no other'];
  const names = Object.keys(after) as (keyof Standing)[];
  const differing = names.filter((name) => canonicalJson(after[name]) !== canonicalJson(record.standing[name]));
  return differing.length === 0
    ? []
    : [`says that the grant stands otherwise than it makes it: ${differing.join(', ')}`];
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
