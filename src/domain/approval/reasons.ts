/** Why an approval does not count. */
export interface ApprovalReason {
  /** As it appears in records and answers. */
  code: string;
  /** The sentence for people. */
  sentence: string;
  /** Set where the same verdict may count if the same person gives it again. */
  mayBeGivenAgain?: true;
  /** Set where the approver was entitled to approve, so that a later decision may count this very approval. */
  wasEntitled?: true;
}

export const NO_EVALUATION: ApprovalReason = {
  code: 'no_evaluation',
  sentence: 'The policy returned no usable result, so no approval counts.',
};

export const CASE_DENIED: ApprovalReason = {
  code: 'case_denied',
  sentence: 'The case is denied, regardless of approvals.',
};

/** For an approval that counted before, or whose approver was shown a lower risk. */
export const STALE: ApprovalReason = {
  code: 'stale',
  sentence: 'Policy or risk has changed since it was given: it has to be given again.',
  mayBeGivenAgain: true,
  wasEntitled: true,
};

export const NOT_ELIGIBLE: ApprovalReason = {
  code: 'not_eligible',
  sentence: 'The policy does not list this person among those who may approve.',
};

export const NOT_ELIGIBLE_WHEN_GIVEN: ApprovalReason = {
  code: 'not_eligible_when_given',
  sentence:
    'When it was given, the person was not allowed to approve, or the identity belonged to another person: it has to be given again.',
  mayBeGivenAgain: true,
};

export const ASSURANCE_TOO_LOW: ApprovalReason = {
  code: 'assurance_too_low',
  sentence: 'The policy asks for stronger evidence of who approves, such as a sign-in or a signature.',
};
