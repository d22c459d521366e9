import type { Decision } from '../contract/decision.ts';
import type { GrantState, GrantStatus, ReviewVerdict, Standing } from '../contract/grant.ts';

/** The obligation by which a policy requires a review even after the grant has ended. */
const POST_ACCESS_REVIEW = 'post_access_review';

export function isReviewedAfterwards({ obligations }: Decision): boolean {
  return obligations.some(({ type }) => type === POST_ACCESS_REVIEW);
}

/** The initial status of a grant; null if the decision is not an allow. */
export function initialStanding(decision: Decision): Standing | null {
  const { outcome, expires_at, review_by } = decision;
  if (outcome !== 'allow' || expires_at === null) return null;
  const owed = review_by !== null && (isReviewedAfterwards(decision) || review_by < expires_at);
  const reviewBy = owed ? review_by : null;
  return { expires_at, review_by: reviewBy, review: null, due: null, revoked_at: null, judged_by: null };
}

/** `now` is an instant in the form of records. A grant that needs a review stays due after its end, until it is reviewed. */
export function stateOf({ expires_at, review_by, due, revoked_at }: Standing, now: string): GrantState {
  if (revoked_at !== null) return 'revoked';
  if (review_by !== null && review_by <= now) return 'overdue';
  if (expires_at <= now) return review_by === null ? 'expired' : 'due';
  return due === null ? 'active' : 'due';
}

/** The status of a grant at an instant, under the names of the API; null where there is no grant. */
export function grantStatusAt(standing: Standing | null, now: string): GrantStatus | null {
  if (standing === null) return null;
  const { due: review_reason, judged_by: last_policy, ...rest } = standing;
  return { state: stateOf(standing, now), ...rest, review_reason, last_policy };
}

/** Whether the grant may still be used. */
export function isInForce({ expires_at, revoked_at }: Standing, now: string): boolean {
  return revoked_at === null && expires_at > now;
}

/** A review, and the circumstances that it is evaluated in. */
export interface GivenReview {
  verdict: ReviewVerdict;
  at: string;
  /** When the next one would be. */
  nextReviewBy: string;
  isReviewedAfterwards: boolean;
  /** The active policy. */
  policy: string;
}

/**
 * After a review: kept until the next one, which is due only if the grant is still in force then; or revoked. A revoked grant
 * stays revoked, whatever the verdict. A keep while access is still in force cannot cover its later use.
 */
export function reviewed(before: Standing, review: GivenReview): Standing {
  const { verdict, at, nextReviewBy, policy } = review;
  const standing: Standing = { ...before, review: verdict, due: null, judged_by: policy };
  if (before.revoked_at !== null) return { ...standing, review_by: null };
  if (verdict === 'revoke') return { ...standing, review_by: null, revoked_at: at };
  const { expires_at, review_by } = before;
  const isAfterwards = review.isReviewedAfterwards && review_by !== null && review_by >= expires_at;
  if (isAfterwards && at < expires_at) return { ...standing, review: before.review };
  return { ...standing, review_by: nextReviewBy < before.expires_at ? nextReviewBy : null };
}

/** An outstanding review stays outstanding: a revocation does not say how the access was used. */
export function revoked(before: Standing, at: string): Standing {
  return { ...before, due: null, revoked_at: at };
}

const POLICY_CHANGED = 'policy_changed';

/**
 * The status of a grant after an evaluation by the active policy; null if it does not change. Reasons set by others are kept.
 */
export function reevaluated(before: Standing, isAllowed: boolean, policy: string): Standing | null {
  if (before.due !== (isAllowed ? POLICY_CHANGED : null)) return null;
  return { ...before, due: isAllowed ? null : POLICY_CHANGED, judged_by: policy };
}

/** A credential that outlives its grant makes a review due. */
export function issued(before: Standing, credentialExpiresAt: string): Standing {
  return credentialExpiresAt > before.expires_at ? { ...before, due: 'credential_outlives_grant' } : before;
}
