import { AppError } from '../base/errors.ts';
import { addSeconds } from '../base/instant.ts';
import type { ReviewVerdict } from '../contract/grant.ts';
import type { GrantEvent, ReviewRequest } from '../contract/grant-event.ts';
import { isReviewedAfterwards, reviewed } from '../domain/grant.ts';
import type { CaseCall, CaseParts } from './case-parts.ts';
import {
  dutiesOf,
  type Grant,
  type GrantEventResult,
  recordGrantEvent,
  refuseRevoked,
  requirePerson,
  requireRoom,
} from './grant-step.ts';

type Review = Extract<GrantEvent, { statement: 'review' }>;

/**
 * A person's verdict on a grant: keep it, or revoke it. Rejects with AppError `own_grant`, `person_missing`, `grant_over`,
 * `case_full`, and as recordGrantEvent does.
 */
export function review(parts: CaseParts, call: CaseCall<ReviewRequest>): Promise<GrantEventResult> {
  const { body, caller } = call;
  return recordGrantEvent<Review, ReviewRequest>(parts, { statement: 'review', call }, (grant) => {
    const { standing, on, pool, at } = grant;
    // An outstanding review can be given after a revocation: it examines how the access was used.
    if (standing.review_by === null) refuseRevoked(grant);
    if (body.verdict === 'keep') requireRoom(grant);
    const by = requirePerson(caller, grant);
    requireIndependentReviewer(by.person, body.verdict, grant);
    const { evaluation, decision } = on.decision.record;
    const after = reviewed(standing, {
      verdict: body.verdict,
      at,
      nextReviewBy: addSeconds(at, evaluation?.review_after_seconds ?? 0),
      isReviewedAfterwards: isReviewedAfterwards(decision),
      policy: pool.ref.digest,
    });
    return { statement: 'review', by, review: body, standing: after };
  });
}

/**
 * Reviewers may not keep their own grants or requests, by their identities now and then. Throws AppError `own_grant`;
 * `person_missing` if the requester or the beneficiary is not known and the grant is to be kept.
 */
function requireIndependentReviewer(person: string, verdict: ReviewVerdict, grant: Grant): void {
  const { barred, undetermined } = dutiesOf(grant);
  if (barred.some((each) => each.person === person)) {
    throw new AppError('own_grant', 'This person received or requested the grant; another person has to review it.');
  }
  // If no person is behind a request, no reviewer can be that person under another name.
  if (verdict === 'keep' && undetermined.some((code) => code !== 'requester_missing')) {
    throw new AppError(
      'person_missing',
      'The requester or the beneficiary is not known, so no reviewer is demonstrably independent.',
    );
  }
}
