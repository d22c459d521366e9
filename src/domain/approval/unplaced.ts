import type { ApprovalCheck, Candidate } from './check.ts';
import { ASSURANCE_TOO_LOW, NOT_ELIGIBLE, NOT_ELIGIBLE_WHEN_GIVEN, STALE } from './reasons.ts';
import { canFill, isSureEnough, requirementsAsking, satisfies, wasShownLowerRisk } from './requirement-fit.ts';

/** An approval that passed all checks and took no place. */
export interface UnplacedApproval extends Candidate {
  /** Whether its person took a place by another approval. */
  isPersonPlaced: boolean;
}

/** Why an approval that may count took no place: the first row that answers true gives the code, and one always does. */
export const UNPLACED_CHECKS: readonly ApprovalCheck<UnplacedApproval>[] = [
  {
    code: 'person_already_counted',
    sentence: 'One person fills only one place, and this person already fills one.',
    wasEntitled: true,
    refuses: ({ isPersonPlaced, wasEntitled }) => isPersonPlaced && wasEntitled,
  },
  {
    code: 'place_taken',
    sentence: 'Enough others have approved.',
    wasEntitled: true,
    refuses: (given) => given.evaluation.requirements.some((requirement) => canFill(given, requirement)),
  },
  {
    ...NOT_ELIGIBLE_WHEN_GIVEN,
    // Before `stale`, which says that the approver was entitled: a new decision does not make anyone entitled.
    refuses: (given) =>
      !given.wasEntitled && given.evaluation.requirements.some((requirement) => satisfies(given, requirement)),
  },
  {
    ...STALE,
    refuses: (given) => given.wasEntitled && (given.hadCounted || wasShownLowerRisk(given)),
  },
  {
    ...NOT_ELIGIBLE,
    refuses: (given) => requirementsAsking(given).length === 0,
  },
  {
    ...ASSURANCE_TOO_LOW,
    refuses: (given) => !requirementsAsking(given).some((requirement) => isSureEnough(given.approval, requirement)),
  },
  {
    code: 'authentication_too_old',
    sentence: 'The person signed or signed in too long ago, or it is not known when.',
    mayBeGivenAgain: true,
    refuses: (given) => !requirementsAsking(given).some((requirement) => satisfies(given, requirement)),
  },
];
