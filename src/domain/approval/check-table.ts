import type { ApprovalCheck, ApprovalInCase } from './check.ts';
import { ASSURANCE_TOO_LOW, NOT_ELIGIBLE, NOT_ELIGIBLE_WHEN_GIVEN, STALE } from './reasons.ts';
import { isSureEnough, requirementsAsking } from './requirement-fit.ts';
import type { BarredPerson } from './separation-of-duties.ts';

/**
 * The checks that an approval has to pass before it may take a place (law 3), in the order in which `decide` walks them: the
 * first that refuses gives the code. What is found only while places are filled is in `unplaced.ts`.
 */
export const APPROVAL_CHECKS: readonly ApprovalCheck[] = [
  {
    code: 'other_case',
    sentence: 'It was given in another case.',
    refuses: ({ approval, case: caseId }) => approval.case !== caseId,
  },
  {
    code: 'other_request',
    sentence: 'It was given for another request.',
    refuses: ({ approval, requestDigest }) => approval.request_digest !== requestDigest,
  },
  {
    code: 'key_unknown',
    sentence: 'Its signing key is no longer registered for any person.',
    mayBeGivenAgain: true,
    refuses: ({ approval: { approver } }) => approver.person === null && approver.assurance === 'signed',
  },
  {
    code: 'person_unknown',
    sentence: 'The approver is not known to the organisation.',
    refuses: ({ approval: { approver } }) => approver.person === null,
  },
  {
    code: 'approver_is_subject',
    sentence: 'Nobody approves their own request, and this is its subject.',
    refuses: (given) => isApproverBarred(given, 'approver_is_subject'),
  },
  {
    code: 'approver_is_caller',
    sentence: 'Nobody approves their own request, and this person asked for it.',
    refuses: (given) => isApproverBarred(given, 'approver_is_caller'),
  },
  {
    code: 'approver_is_requester',
    sentence: 'Nobody approves their own request, and this person is the one in requested_by.',
    refuses: (given) => isApproverBarred(given, 'approver_is_requester'),
  },
  {
    code: 'submitter_unknown',
    sentence: 'It was submitted by a person who is not known to the organisation.',
    refuses: ({ approval: { submitted_by: submitter } }) => submitter.principal !== null && submitter.person === null,
  },
  {
    code: 'submitter_barred',
    sentence: 'It was submitted by a person who may not approve.',
    refuses: ({ approval, barred }) => isBarred(approval.submitted_by.person, barred),
  },
  {
    code: 'on_behalf_of_unknown',
    sentence: 'It was given on behalf of a person who is not known to the organisation.',
    refuses: ({ approval: { on_behalf_of: principal } }) => principal !== null && principal.person === null,
  },
  {
    code: 'on_behalf_of_barred',
    sentence: 'It was given on behalf of a person who may not approve.',
    refuses: ({ approval, barred }) => isBarred(approval.on_behalf_of?.person ?? null, barred),
  },
  {
    code: 'not_yet_given',
    sentence: 'It is dated in the future.',
    refuses: ({ approval, now }) => approval.at > now,
  },
  {
    code: 'expired',
    sentence: 'It has expired.',
    mayBeGivenAgain: true,
    // A reject stays in force: letting it lapse would let time turn a refusal into an allow.
    refuses: ({ approval, now }) => approval.verdict === 'approve' && approval.expires_at <= now,
  },
  {
    ...STALE,
    refuses: ({ groups, hadCounted }) => groups.size === 0 && hadCounted,
  },
  {
    ...NOT_ELIGIBLE,
    refuses: ({ groups }) => groups.size === 0,
    codeOfPolicy: ({ approval: { id }, evaluation }) =>
      evaluation.ineligible.find(({ approval }) => approval === id)?.code,
  },
  // A reject takes no place, so its requirements are checked here; those of approvals are checked as places are filled.
  {
    ...NOT_ELIGIBLE_WHEN_GIVEN,
    refuses: ({ approval, wasEntitled }) => approval.verdict === 'reject' && !wasEntitled,
  },
  {
    ...ASSURANCE_TOO_LOW,
    refuses: (given) => given.approval.verdict === 'reject' && !isSureEnoughToReject(given),
  },
];

function isApproverBarred({ approval, barred }: ApprovalInCase, code: BarredPerson['code']): boolean {
  return barred.some((each) => each.person === approval.approver.person && each.code === code);
}

function isBarred(person: string | null, barred: readonly BarredPerson[]): boolean {
  return barred.some((each) => each.person === person);
}

/** A reject needs the assurance of one of the requirements that its approver is eligible for, if there is any. */
function isSureEnoughToReject(given: ApprovalInCase): boolean {
  const asking = requirementsAsking(given);
  return asking.length === 0 || asking.some((requirement) => isSureEnough(given.approval, requirement));
}
