/** What goes over the wire, as types. */

export interface AccessRequest {
  subject: { type: string; id: string; properties?: Record<string, unknown> | undefined };
  action: { name: string; properties?: Record<string, unknown> | undefined };
  resource: { type: string; id: string; properties?: Record<string, unknown> | undefined };
  context?: Record<string, unknown> | undefined;
}

export interface Verdict {
  approver?: string;
  verdict: 'approve' | 'reject';
  comment?: string;
  /** The id of the record that the approver was shown. */
  seen: string;
  on_behalf_of?: string;
  /** A compact JWS by a key of the approver's own; then without `approver` and `on_behalf_of`. */
  signature?: string;
}

export interface Answer {
  id: string;
  case: string;
  outcome: 'allow' | 'deny' | 'approval_required';
  tier: 'low' | 'medium' | 'high' | 'critical';
  denials: { code: string }[];
  summary: string;
  /** What is still missing, at the instant `as_of`. */
  next: Missing[];
  /** All approvals are there, but policy changed since they were given: somebody whose verdict counts has to confirm it. */
  confirmation_needed: boolean;
  not_counted: { approval: string; approver: string; code: string }[];
  obligations: { id: string; type: string; properties: Record<string, unknown> }[];
  expires_at: string | null;
  review_by: string | null;
  /** Until when an open case takes verdicts; null for one that is decided. */
  closes_at: string | null;
  /** Sent where policy gives less time than was asked for; else null. */
  lifetime_cut: { requested_seconds: number; given_seconds: number } | null;
  controls: string[];
  /** When this was said: `next`, `confirmation_needed` and `not_counted` change with time, as approvals expire. */
  as_of: string;
  /** The signed record: a compact JWS. */
  record: string;
  /** Where the case stands now; sent when an idempotency key led to its first answer again. */
  latest?: {
    /** The newest decision, and its seq. */
    id: string;
    seq: number;
    outcome: Answer['outcome'];
    /** What ended the case without a decision. */
    ended: CaseEnd | null;
    grant_state: GrantState | null;
  };
}

/** A requirement that is not met. */
export interface Missing {
  requirement: string;
  any_of: string[];
  have: number;
  need: number;
  /** How sure one has to be of who approves. */
  min_assurance?: 'asserted' | 'authenticated' | 'signed';
  max_authentication_age_seconds?: number;
}

/** withdrawal: whoever asked took it back; expiry: nobody approved it in time. */
export type CaseEnd = 'withdrawal' | 'expiry';

/** due: a review is asked for; overdue: a review is late; expired: over, and no review is owed; revoked: for ever. */
export type GrantState = 'active' | 'due' | 'overdue' | 'expired' | 'revoked';

export interface Grant {
  state: GrantState;
  expires_at: string;
  /** Until when the next review is owed; null where none is. */
  review_by: string | null;
  /** The verdict of the last review. */
  review: 'keep' | 'revoke' | null;
  /** A code that says why a review is asked for before its date. */
  review_reason: string | null;
  revoked_at: string | null;
}

export interface Review {
  verdict: 'keep' | 'revoke';
  comment?: string;
}

export interface Revocation {
  reason: string;
}

export interface Issuance {
  issuer: string;
  /** By what the issuer finds the credential again. Never the secret itself. */
  credential_ref: string;
  /** When the credential ends: any RFC 3339 instant. */
  expires_at: string;
}

export interface Withdrawal {
  reason?: string;
}

/** What was kept of the end of a case that nothing decided. */
export interface EndingAnswer {
  id: string;
  case: string;
  statement: CaseEnd;
  at: string;
  outcome: 'deny';
  /** The signed record: a compact JWS. */
  record: string;
}

/** What was kept of a review, a revocation or an issuance. */
export interface FollowUpAnswer {
  id: string;
  case: string;
  statement: 'review' | 'revocation' | 'issuance' | 'evaluation';
  at: string;
  /** How the grant stands after it. */
  grant_state: GrantState;
  expires_at: string;
  review_by: string | null;
  review_reason: string | null;
  /** The signed record: a compact JWS. */
  record: string;
}

/** All that are given have to hold; see `GET /v1/grants`. */
export interface GrantQuery {
  state?: GrantState;
  subject?: string;
  subject_type?: string;
  resource_type?: string;
  resource_id?: string;
  kind?: string;
  tier?: Answer['tier'];
  control?: string;
  from?: string;
  to?: string;
  limit?: number;
  /** The `next` of the page before, with the same query. */
  cursor?: string;
}

export interface FoundGrant {
  case: string;
  kind: string;
  subject: { person: string } | { type: string; id: string };
  resource: { type: string; id: string };
  client: string;
  outcome: 'allow';
  tier: Answer['tier'];
  seq: number;
  latest: string;
  at: string;
  expires_at: string;
  grant_status: Grant;
  controls: string[];
}

export interface GrantPage {
  cases: FoundGrant[];
  /** Null at the end. A page may hold few grants, or none, before it. */
  next: string | null;
}

export interface Case {
  case: string;
  kind: string;
  outcome: Answer['outcome'];
  tier: Answer['tier'];
  seq: number;
  latest: string;
  at: string;
  expires_at: string | null;
  /** Until when the case takes verdicts; null for one that is decided or has ended. */
  closes_at: string | null;
  /** When this was said: `next`, `confirmation_needed`, `approvals` and the state of the grant change with time. */
  as_of: string;
  next: Missing[];
  confirmation_needed: boolean;
  /** Every verdict so far; `code` says why one does not count. */
  approvals: {
    approval: string;
    approver: string;
    person: string | null;
    assurance: 'asserted' | 'authenticated' | 'signed';
    verdict: Verdict['verdict'];
    at: string;
    expires_at: string;
    counts: boolean;
    requirement: string | null;
    code: string | null;
  }[];
  grant_status: Grant | null;
  chain: { id: string; seq: number; record: string }[];
  next_after: number | null;
}
