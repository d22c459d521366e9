/*
 * The types of everything that the API takes and answers, and what each call does.
 * Written by `npm run contract` from src/contract. Do not edit.
 */

/** Who wants to do what to which resource. The shape is that of the OpenID AuthZEN Authorization API 1.0. */
export interface AccessRequest {
  subject: { type: string; id: string; properties?: { [name: string]: JsonValue } | undefined };
  action: { name: string; properties?: { [name: string]: JsonValue } | undefined };
  resource: { type: string; id: string; properties?: { [name: string]: JsonValue } | undefined };
  context?: { requested_by?: string | undefined; [name: string]: JsonValue } | undefined;
}

/** Any JSON value, at most 32 levels deep. */
export type JsonValue = unknown;

/** Access requests that are decided independently of each other. */
export interface DecisionBatch {
  requests: AccessRequest[];
}

/** How risky the request is. */
export type Tier = 'low' | 'medium' | 'high' | 'critical';

/** What was decided. */
export type Outcome = 'allow' | 'deny' | 'approval_required';

/** active: in force; due: a review is due; overdue: a review is overdue; expired: ended, with no review outstanding; revoked: ended permanently by a review or a revocation. */
export type GrantState = 'active' | 'due' | 'overdue' | 'expired' | 'revoked';

/** A verdict on an open case, bound to the record that the approver was shown. */
export interface ApprovalRequest {
  /** Who approves. To name anyone other than the principal of the token needs the scope approve:assert. */
  approver?: string | undefined;
  verdict: 'approve' | 'reject';
  comment?: string | undefined;
  /** The id of the record that the approver was shown. */
  seen: string;
  /** The identity of the person for whom a deputy approves. */
  on_behalf_of?: string | undefined;
  /** A compact JWS (typ approval+jwt, ES256 or EdDSA) by a registered key of the approver, over case, seen, request_digest, verdict, comment and iat. The key identifies the approver, so approver and on_behalf_of must be left out. */
  signature?: string | undefined;
}

/** Withdraws a request that waits for approval. */
export interface WithdrawalRequest {
  reason?: string | undefined;
}

/** The verdict of a reviewer on a grant: keep it, or revoke it. */
export interface ReviewRequest {
  verdict: 'keep' | 'revoke';
  comment?: string | undefined;
}

/** Revokes a grant permanently. */
export interface RevocationRequest {
  reason: string;
}

/** The credential that was issued for a grant. */
export interface IssuanceRequest {
  /** Who issued the credential. */
  issuer: string;
  /** The reference by which the issuer finds the credential: a serial number, an accessor. Never the secret itself. */
  credential_ref: string;
  /** When the credential expires. If that is after the end of the grant, a review becomes due. It is stored in UTC with milliseconds. */
  expires_at: string;
}

/** A new access token. */
export interface TokenRequest {
  /** The name of the client that uses it; every record contains it. */
  client: string;
  scopes: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[];
  /** With the scope `admin`: scopes that it may grant to other tokens in addition to its own. */
  may_grant?: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[] | undefined;
  /** The person or account that it represents: an identity in policy data. */
  principal?: string | null | undefined;
  /** At most a year; the default is 7776000, which is 90 days. */
  expires_in_seconds?: number | undefined;
  /** Instead of expires_in_seconds. */
  expires_at?: string | undefined;
}

/** Revokes an access token. */
export interface TokenRevocation {
  reason?: string | undefined;
}

/** The payload of the record of a decision. */
export interface DecisionRecord {
  iss: string;
  jti: string;
  iat: number;
  statement: 'decision';
  case: string;
  seq: number;
  previous: { jti: string; digest: string } | null;
  /** UTC, milliseconds, Z. */
  evaluated_at: string;
  opened: Opened;
  caller: Caller;
  kind: string;
  request: RecordedRequest;
  request_digest: string;
  approvals: Approval[];
  history: HistoryEntry[];
  input_digest: string;
  evaluation: Evaluation | null;
  decision: Decision;
  policy: PolicyReference;
  builtin_errors: { builtin: string; message: string }[];
  masked: string[];
  engine: { version: string; opa: string; builtins: string; tzdata: string };
}

/** When the case was opened, and who stood behind the request then. */
export interface Opened {
  /** UTC, milliseconds, Z. */
  at: string;
  persons: Persons;
}

/** The persons behind a request; null if not known or not named. */
export interface Persons {
  subject: string | null;
  caller: string | null;
  requester: string | null;
}

/** Who made the call: the client, and the person whom its token stands for, if any. */
export interface Caller {
  client: string;
  scopes: string[];
  claims: { [name: string]: JsonValue };
  principal: string | null;
  person: string | null;
}

export interface RecordedRequest {
  subject: { type: string; id: string; properties?: { [name: string]: JsonValue } | undefined };
  action: { name: string; properties?: { [name: string]: JsonValue } | undefined };
  resource: { type: string; id: string; properties?: { [name: string]: JsonValue } | undefined };
  context?: { requested_by?: string | undefined; [name: string]: JsonValue } | undefined;
}

/** The verdict of one person on a case, as records state it. */
export interface Approval {
  id: string;
  case: string;
  request_digest: string;
  approver: { identity: string; person: string | null; groups: string[]; assurance: Assurance };
  verdict: 'approve' | 'reject';
  comment: string;
  /** UTC, milliseconds, Z. */
  at: string;
  /** UTC, milliseconds, Z. */
  expires_at: string;
  seen: string;
  /** The tier in the record that was shown. */
  seen_tier?: Tier | undefined;
  /** When the approver signed or signed in; null if not known. Records of earlier versions lack it. */
  authenticated_at?: string | null | undefined;
  /** The JWS of a signed approval. */
  signature?: string | null | undefined;
  on_behalf_of: { identity: string; person: string | null } | null;
  submitted_by: { client: string; principal: string | null; person: string | null };
}

/** How the approver was identified. asserted: named by a client; authenticated: by their own token; signed: by a signature with a registered key. */
export type Assurance = 'asserted' | 'authenticated' | 'signed';

/** An earlier case that was part of the policy input. */
export interface HistoryEntry {
  case: string;
  kind: string;
  outcome: Outcome;
  tier: Tier;
  /** UTC, milliseconds, Z. */
  at: string;
  expires_at: string | null;
  /** The verdict of the last review; null if there was none. */
  review: string | null;
  /** What both cases have in common. */
  shares?: ('resource' | 'subject' | 'team')[] | undefined;
}

/** What the policy returned. */
export interface Evaluation {
  tier: Tier;
  score: number;
  factors: { id: string; score: number; fact: JsonValue }[];
  denials: { code: string }[];
  requirements: Requirement[];
  eligible: { approval: string; group: string }[];
  ineligible: { approval: string; code: string }[];
  obligations: Obligation[];
  max_ttl_seconds?: number | undefined;
  approval_ttl_seconds?: number | undefined;
  review_after_seconds?: number | undefined;
  /** For how many seconds the case accepts verdicts; 7 days if the policy sets nothing. */
  case_ttl_seconds?: number | undefined;
  /** The lifetime in the request, in seconds. */
  requested_ttl_seconds?: number | undefined;
  controls: string[];
  facts: { name: string; source: string }[];
}

/** How many persons of any of these groups have to approve. */
export interface Requirement {
  id: string;
  any_of: string[];
  count: number;
  code: string;
  min_assurance?: Assurance | undefined;
  max_authentication_age_seconds?: number | undefined;
}

/** What the system that acts on an allow has to do or comply with. */
export interface Obligation {
  id: string;
  type: string;
  properties: { [name: string]: JsonValue };
}

/** What Countersign decided, and why each approval counts or does not. */
export interface Decision {
  outcome: Outcome;
  tier: Tier;
  denials: { code: string }[];
  /** Ids of the requirements that are met. */
  satisfied: string[];
  unmet: UnmetRequirement[];
  /** All requirements are met, but the policy changed after the approvals were given: an eligible approver has to confirm. */
  confirmation_needed: boolean;
  counted: { approval: string; person: string; requirement: string | null }[];
  not_counted: { approval: string; code: string }[];
  obligations: Obligation[];
  expires_at: string | null;
  review_by: string | null;
  /** When the case stops accepting verdicts; null if it is not open. */
  closes_at: string | null;
  controls: string[];
}

/** A requirement that is not met: `have` of `need` persons have approved. */
export interface UnmetRequirement {
  requirement: string;
  any_of: string[];
  have: number;
  need: number;
  min_assurance?: Assurance | undefined;
  max_authentication_age_seconds?: number | undefined;
}

/** The bundle that decided, by its digests. */
export interface PolicyReference {
  name: string;
  revision: string;
  digest: string;
  wasm_digest: string;
  data_digest: string;
  entrypoint: string;
}

export interface ReviewRecord {
  iss: string;
  jti: string;
  iat: number;
  case: string;
  seq: number;
  previous: { jti: string; digest: string };
  /** UTC, milliseconds, Z. */
  at: string;
  kind: string;
  policy: PolicyReference;
  engine: { version: string };
  grant: { jti: string; digest: string };
  standing: RecordedGrantStatus;
  caller: Caller;
  by: { identity: string; person: string };
  statement: 'review';
  review: { verdict: 'keep' | 'revoke'; comment: string };
}

export interface RecordedGrantStatus {
  /** UTC, milliseconds, Z. */
  expires_at: string;
  /** The deadline of the next review; null if none is required. */
  review_by: string | null;
  /** The verdict of the last review. */
  review: 'keep' | 'revoke' | null;
  /** The code of the reason why a review is due before its date; null if there is none. */
  due: string | null;
  revoked_at: string | null;
  /** The digest of the policy that was active at the last evaluation or review; null before. */
  judged_by: string | null;
}

export interface RevocationRecord {
  iss: string;
  jti: string;
  iat: number;
  case: string;
  seq: number;
  previous: { jti: string; digest: string };
  /** UTC, milliseconds, Z. */
  at: string;
  kind: string;
  policy: PolicyReference;
  engine: { version: string };
  grant: { jti: string; digest: string };
  standing: RecordedGrantStatus;
  caller: Caller;
  by: { identity: string; person: string };
  statement: 'revocation';
  revocation: RevocationRequest;
}

export interface IssuanceRecord {
  iss: string;
  jti: string;
  iat: number;
  case: string;
  seq: number;
  previous: { jti: string; digest: string };
  /** UTC, milliseconds, Z. */
  at: string;
  kind: string;
  policy: PolicyReference;
  engine: { version: string };
  grant: { jti: string; digest: string };
  standing: RecordedGrantStatus;
  caller: Caller;
  by: { identity: string; person: string };
  statement: 'issuance';
  issuance: {
    issuer: string;
    credential_ref: string;
    /** UTC, milliseconds, Z. */
    expires_at: string;
  };
}

export interface EvaluationRecord {
  iss: string;
  jti: string;
  iat: number;
  case: string;
  seq: number;
  previous: { jti: string; digest: string };
  /** UTC, milliseconds, Z. */
  at: string;
  kind: string;
  policy: PolicyReference;
  engine: { version: string };
  grant: { jti: string; digest: string };
  standing: RecordedGrantStatus;
  statement: 'evaluation';
  /** UTC, milliseconds, Z. */
  evaluated_at: string;
  input_digest: string;
  evaluation: Evaluation | null;
  decision: Decision;
  builtin_errors: { builtin: string; message: string }[];
}

export interface WithdrawalRecord {
  iss: string;
  jti: string;
  iat: number;
  case: string;
  seq: number;
  previous: { jti: string; digest: string };
  /** UTC, milliseconds, Z. */
  at: string;
  kind: string;
  policy: PolicyReference;
  engine: { version: string };
  decision: { jti: string; digest: string };
  statement: 'withdrawal';
  caller: Caller;
  withdrawal: { reason: string };
}

export interface ExpiryRecord {
  iss: string;
  jti: string;
  iat: number;
  case: string;
  seq: number;
  previous: { jti: string; digest: string };
  /** UTC, milliseconds, Z. */
  at: string;
  kind: string;
  policy: PolicyReference;
  engine: { version: string };
  decision: { jti: string; digest: string };
  statement: 'expiry';
  /** UTC, milliseconds, Z. */
  closes_at: string;
}

/** A decision. The record is the evidence; all other members are derived from it. */
export interface DecisionAnswer {
  id: string;
  case: string;
  outcome: Outcome;
  tier: Tier;
  denials: { code: string }[];
  summary: string;
  /** The requirements that are not met at `as_of`. */
  next: UnmetRequirement[];
  /** All requirements are met, but the policy changed after the approvals were given: an eligible approver has to confirm. */
  confirmation_needed: boolean;
  /** Verdicts that do not count, and why. */
  not_counted: { approval: string; approver: string; code: string }[];
  obligations: Obligation[];
  expires_at: string | null;
  review_by: string | null;
  /** When the case stops accepting verdicts; null if it is not open. */
  closes_at: string | null;
  /** Set if the policy gives less time than was requested; otherwise null. */
  lifetime_cut: { requested_seconds: number; given_seconds: number } | null;
  controls: string[];
  /** The instant that this answer describes: `next`, `confirmation_needed` and `not_counted` change as approvals expire. */
  as_of: string;
  /** The signed decision record: a compact JWS. */
  record: string;
  /** The current status of the case; sent if the idempotency key was used before. */
  latest?:
    | {
        /** The id of the newest decision of the case. */
        id: string;
        seq: number;
        outcome: Outcome;
        /** What ended the case, if it was not a decision. */
        ended: 'withdrawal' | 'expiry' | null;
        /** Null if nothing was granted. */
        grant_state: GrantState | null;
      }
    | undefined;
}

/** Why a call failed (RFC 9457). */
export interface Problem {
  /** `urn:countersign:problem:` and the code. */
  type: string;
  /** The same sentence for every problem with this code. */
  title: string;
  /** The HTTP status. */
  status: number;
  code: ProblemCode;
  /** What went wrong with this call. */
  detail: string;
  errors?: Fault[] | undefined;
}

/** What went wrong. Codes are stable; titles and details are for people. */
export type ProblemCode =
  | 'malformed_json'
  | 'malformed_request'
  | 'invalid_request'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'case_closed'
  | 'already_given'
  | 'case_full'
  | 'case_not_granted'
  | 'grant_over'
  | 'person_missing'
  | 'own_grant'
  | 'seen_mismatch'
  | 'signature_invalid'
  | 'bundle_refused'
  | 'idempotency_mismatch'
  | 'rate_limited'
  | 'overloaded'
  | 'clock_untrusted'
  | 'policy_failed'
  | 'no_file_handles'
  | 'store_unavailable'
  | 'internal';

/** One place at which the input is wrong. */
export interface Fault {
  /** Where the input is wrong: a JSON Pointer (RFC 6901). */
  pointer: string;
  /** The rule that the input breaks. */
  code: string;
  /** The rule as a sentence. */
  detail: string;
}

/** One result for each request, in the same order. */
export interface DecisionBatchResults {
  results: ({ answer: DecisionAnswer } | { problem: Problem })[];
}

/** An event of a grant, as recorded. The record is the evidence. */
export interface GrantEventAnswer {
  id: string;
  case: string;
  statement: 'review' | 'revocation' | 'issuance' | 'evaluation';
  /** UTC, milliseconds, Z. */
  at: string;
  /** The state of the grant now, after all records of the case. */
  grant_state: GrantState;
  /** UTC, milliseconds, Z. */
  expires_at: string;
  review_by: string | null;
  /** The code of the reason why a review is due before its date; null if there is none. */
  review_reason: string | null;
  /** The signed record: a compact JWS. */
  record: string;
}

/** What ended a case without a decision. The record is the evidence. */
export interface CaseEndAnswer {
  id: string;
  case: string;
  statement: 'withdrawal' | 'expiry';
  /** UTC, milliseconds, Z. */
  at: string;
  /** The outcome of the case, which has ended. */
  outcome: 'deny';
  /** The signed record: a compact JWS. */
  record: string;
}

export interface CasePage {
  cases: FoundCase[];
  /** The `cursor` of the next page; null at the end. A page before the last may contain few cases, or none. */
  next: string | null;
}

/** A case as returned by a search. None of this is signed: `GET /v1/cases/{id}` returns the records. */
export interface FoundCase {
  case: string;
  kind: string;
  subject: { person: string } | { type: string; id: string };
  resource: { type: string; id: string };
  /** Who opened the case. */
  client: string;
  outcome: Outcome;
  tier: Tier;
  seq: number;
  /** The id of the newest record. */
  latest: string;
  /** UTC, milliseconds, Z. */
  at: string;
  expires_at: string | null;
  grant_status: GrantStatus | null;
  controls: string[];
}

/** The status of a grant at an instant. */
export interface GrantStatus {
  state: GrantState;
  /** UTC, milliseconds, Z. */
  expires_at: string;
  /** The deadline of the next review; null if none is required. */
  review_by: string | null;
  /** The verdict of the last review. */
  review: 'keep' | 'revoke' | null;
  /** The code of the reason why a review is due before its date; null if there is none. */
  review_reason: string | null;
  revoked_at: string | null;
  /** The digest of the policy that was active at the last evaluation or review; null before. */
  last_policy: string | null;
}

export interface GrantPage {
  cases: FoundGrant[];
  /** The `cursor` of the next page; null at the end. A page before the last may contain few cases, or none. */
  next: string | null;
}

/** A case that ended in a grant, as returned by a search. */
export interface FoundGrant {
  case: string;
  kind: string;
  subject: { person: string } | { type: string; id: string };
  resource: { type: string; id: string };
  /** Who opened the case. */
  client: string;
  outcome: 'allow';
  tier: Tier;
  seq: number;
  /** The id of the newest record. */
  latest: string;
  /** UTC, milliseconds, Z. */
  at: string;
  /** UTC, milliseconds, Z. */
  expires_at: string;
  grant_status: GrantStatus;
  controls: string[];
}

/** The head of a case, and one page of its chain of records. */
export interface Case {
  case: string;
  kind: string;
  outcome: Outcome;
  tier: Tier;
  seq: number;
  /** The id of the newest record. */
  latest: string;
  /** UTC, milliseconds, Z. */
  at: string;
  expires_at: string | null;
  /** When the case stops accepting verdicts; null if it is not open. */
  closes_at: string | null;
  /** The instant that this page describes: `next`, `approvals` and the state of the grant change with time. */
  as_of: string;
  /** The requirements that are not met. */
  next: UnmetRequirement[];
  /** All requirements are met, but the policy changed after the approvals were given: an eligible approver has to confirm. */
  confirmation_needed: boolean;
  /** Every verdict so far, and whether it counts. */
  approvals: ApprovalStatus[];
  /** Null if nothing was granted. */
  grant_status: GrantStatus | null;
  chain: { id: string; seq: number; record: string }[];
  /** The `after` of the next page; null at the end. */
  next_after: number | null;
}

/** A verdict on a case, and whether it counts at this instant. */
export interface ApprovalStatus {
  approval: string;
  approver: string;
  person: string | null;
  assurance: Assurance;
  verdict: 'approve' | 'reject';
  /** UTC, milliseconds, Z. */
  at: string;
  /** UTC, milliseconds, Z. */
  expires_at: string;
  counts: boolean;
  /** The requirement that it counts towards; null for a reject, and if it does not count. */
  requirement: string | null;
  /** The code of the reason why it does not count; null if it counts. */
  code: string | null;
}

export interface Policies {
  active: {
    name: string;
    revision: string;
    digest: string;
    wasm_digest: string;
    data_digest: string;
    entrypoint: string;
    /** UTC, milliseconds, Z. */
    since: string;
    /** The file, folder or URL that the bundle was read from, or `upload`. */
    source: string;
    uploaded_by: { client: string; principal: string | null } | null;
    /** How the tools that compiled the bundle differ from those of this version; usually empty. */
    remarks: string[];
  };
  /** Why the newest bundle was refused; null once a later bundle was accepted. */
  last_error: {
    /** UTC, milliseconds, Z. */
    at: string;
    detail: string;
  } | null;
  /** The sweep: open cases and grants in force are evaluated by the policy that became active. */
  sweep: {
    /** The digest of the bundle. */
    policy: string;
    /** UTC, milliseconds, Z. */
    started_at: string;
    /** Null while it is running. */
    finished_at: string | null;
    /** The number of cases to examine, counted at the start. */
    total: number;
    /** The number of cases that were evaluated. */
    examined: number;
    /** The number of cases that the policy decides differently; each has a new record. */
    changed: number;
    /** The number of cases that could not be evaluated; the log says why, and they are tried again. */
    failed: number;
  } | null;
}

export interface CreatedToken {
  /** The part of the token after `cs_`; it is public. */
  id: string;
  client: string;
  scopes: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[];
  may_grant: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[];
  principal: string | null;
  /** UTC, milliseconds, Z. */
  created_at: string;
  /** UTC, milliseconds, Z. */
  expires_at: string;
  revoked_at: string | null;
  /** The token itself; it is never returned again. */
  token: string;
  /** The signed record of this: a compact JWS. */
  record: string;
}

export interface TokenPage {
  tokens: AccessToken[];
  /** The `after` of the next page; null at the end. */
  next_after: number | null;
}

export interface AccessToken {
  /** The part of the token after `cs_`; it is public. */
  id: string;
  client: string;
  scopes: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[];
  may_grant: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[];
  principal: string | null;
  /** UTC, milliseconds, Z. */
  created_at: string;
  /** UTC, milliseconds, Z. */
  expires_at: string;
  revoked_at: string | null;
}

export interface TokenRecordPage {
  records: { id: string; seq: number; record: string }[];
  /** The `after` of the next page; null at the end. */
  next_after: number | null;
}

export interface RevokedToken {
  /** The part of the token after `cs_`; it is public. */
  id: string;
  client: string;
  scopes: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[];
  may_grant: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[];
  principal: string | null;
  /** UTC, milliseconds, Z. */
  created_at: string;
  /** UTC, milliseconds, Z. */
  expires_at: string;
  revoked_at: string | null;
  /** The signed record of this: a compact JWS. */
  record: string;
}

/** Public keys (RFC 7517), each named by its RFC 7638 thumbprint. */
export interface Jwks {
  keys: { kty: string; crv: string; x: string; y?: string | undefined; kid: string; alg: string; use: string }[];
}

export interface ServiceStatus {
  status: 'ok' | 'unavailable';
  /** The first check that fails. */
  reason?: 'stopping' | 'threads' | 'store' | 'disk' | 'damaged' | 'file_handles' | 'clock' | undefined;
  /** The newest bundle was refused, and the previous one stays active; `GET /v1/policies` says why. */
  policy_error?: 'bundle_invalid' | undefined;
  /** Sent while the active policy is for the shipped example organisation, whose people are fictional. */
  example_organisation?: true | undefined;
}

/** The payload of a signed record. */
export type Statement =
  | DecisionRecord
  | ReviewRecord
  | RevocationRecord
  | IssuanceRecord
  | EvaluationRecord
  | WithdrawalRecord
  | ExpiryRecord;

/** The payload of a signed record about an access token. */
export interface TokenRecord {
  iss: string;
  jti: string;
  iat: number;
  statement: 'token';
  stream: 'installation';
  seq: number;
  previous: { jti: string; digest: string } | null;
  /** UTC, milliseconds, Z. */
  at: string;
  event: 'creation' | 'revocation';
  token: {
    /** The part of the token after `cs_`; it is public. */
    id: string;
    client: string;
    scopes: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[];
    may_grant: ('decide' | 'read' | 'approve' | 'approve:assert' | 'review' | 'revoke' | 'admin')[];
    principal: string | null;
    /** UTC, milliseconds, Z. */
    created_at: string;
    /** UTC, milliseconds, Z. */
    expires_at: string;
  };
  /** Why it was revoked; null for a creation. */
  reason: string | null;
  /** Who created or revoked it; null for the owner of the data folder, on the machine itself. */
  caller: Caller | null;
  engine: { version: string };
}

/** The payload of the JWS (typ approval+jwt) by which an approver signs a verdict. */
export interface SignedVerdict {
  case: string;
  seen: string;
  request_digest: string;
  verdict: string;
  comment: string;
  /** When it was signed, in seconds since 1970. */
  iat: number;
}

/** What each call takes and answers, by its operationId. */
export interface Calls {
  /** Decide an access request: a new case. Scope: `decide`. */
  decide: {
    path: null;
    query: null;
    body: AccessRequest;
    answer: DecisionAnswer;
  };
  /** Decide up to 256 access requests; each opens its own case with its own record. Scope: `decide`. */
  decideMany: {
    path: null;
    query: null;
    body: DecisionBatch;
    answer: DecisionBatchResults;
  };
  /** One record of any kind; `Accept: application/jose` returns the bare JWS. Scope: `decide` or `read`. */
  getDecision: {
    path: {
      /** The id of the record. */
      id: string;
    };
    query: null;
    body: null;
    answer: DecisionAnswer | GrantEventAnswer | CaseEndAnswer;
  };
  /** Search cases, newest first; `Accept: application/x-ndjson` returns all of them, one per line. Scope: `decide` or `read`. */
  searchCases: {
    path: null;
    query: {
      /** An identity of the subject; all identities of a person find the same cases. */
      subject?: string | undefined;
      /** Required if the subject is not a known person. */
      subject_type?: string | undefined;
      resource_type?: string | undefined;
      resource_id?: string | undefined;
      /** The name of the action and the type of the resource, for example `issue/api_key`. */
      kind?: string | undefined;
      tier?: Tier | undefined;
      outcome?: Outcome | undefined;
      /** The id of a control that the latest decision names. */
      control?: string | undefined;
      /** open: waits for approval; closed: denied; granted: allowed, and neither expired nor revoked; the others are statuses of grants. */
      state?: 'open' | 'closed' | 'granted' | 'active' | 'due' | 'overdue' | 'expired' | 'revoked' | undefined;
      /** The last decision was at this instant or later. */
      from?: string | undefined;
      /** The last decision was before this instant. */
      to?: string | undefined;
      /** The `next` of the previous page, for the same client and the same query; only `limit` may differ. */
      cursor?: string | undefined;
      /** 1 to 100, the default. */
      limit?: number | undefined;
    };
    body: null;
    answer: CasePage;
  };
  /** Search grants, newest first; `Accept: application/x-ndjson` returns all of them, one per line. Scope: `decide` or `read`. */
  searchGrants: {
    path: null;
    query: {
      /** An identity of the subject; all identities of a person find the same cases. */
      subject?: string | undefined;
      /** Required if the subject is not a known person. */
      subject_type?: string | undefined;
      resource_type?: string | undefined;
      resource_id?: string | undefined;
      /** The name of the action and the type of the resource, for example `issue/api_key`. */
      kind?: string | undefined;
      tier?: Tier | undefined;
      /** The id of a control that the latest decision names. */
      control?: string | undefined;
      state?: GrantState | undefined;
      /** The last decision was at this instant or later. */
      from?: string | undefined;
      /** The last decision was before this instant. */
      to?: string | undefined;
      /** The `next` of the previous page, for the same client and the same query; only `limit` may differ. */
      cursor?: string | undefined;
      /** 1 to 100, the default. */
      limit?: number | undefined;
    };
    body: null;
    answer: GrantPage;
  };
  /** The head of a case and its chain of records, by any record id of the case. Scope: `decide` or `read`. */
  getCase: {
    path: {
      /** The id of any record of the case. */
      id: string;
    };
    query: {
      /** Only records with a seq above this one. */
      after?: number | undefined;
      /** At most this many records: 1 to 100, the default. */
      limit?: number | undefined;
    };
    body: null;
    answer: Case;
  };
  /** Give a verdict on an open case; it is decided again. Scope: `approve` or `approve:assert`. */
  approve: {
    path: {
      /** The id of any record of the case. */
      id: string;
    };
    query: null;
    body: ApprovalRequest;
    answer: DecisionAnswer;
  };
  /** Withdraw a request that waits for approval: by the client or person that asked, or by its subject. Scope: `decide` or `approve` or `approve:assert`. */
  withdraw: {
    path: {
      /** The id of any record of the case. */
      id: string;
    };
    query: null;
    body: WithdrawalRequest;
    answer: CaseEndAnswer;
  };
  /** Review a grant: keep it, or revoke it. Scope: `review`. */
  review: {
    path: {
      /** The id of any record of the case. */
      id: string;
    };
    query: null;
    body: ReviewRequest;
    answer: GrantEventAnswer;
  };
  /** Revoke a grant permanently. Scope: `revoke`. */
  revoke: {
    path: {
      /** The id of any record of the case. */
      id: string;
    };
    query: null;
    body: RevocationRequest;
    answer: GrantEventAnswer;
  };
  /** Record the credential that was issued for a grant. Scope: `decide`. */
  issue: {
    path: {
      /** The id of any record of the case. */
      id: string;
    };
    query: null;
    body: IssuanceRequest;
    answer: GrantEventAnswer;
  };
  /** The active policy bundle, and why the newest bundle was refused. Scope: `read`. */
  getPolicies: {
    path: null;
    query: null;
    body: null;
    answer: Policies;
  };
  /** Activate a bundle: it is checked, tested and made active at once; a bundle that fails changes nothing. Scope: `admin`. */
  activatePolicy: {
    path: null;
    query: null;
    body: Uint8Array;
    answer: Policies;
  };
  /** Create an access token, with scopes that the caller has or may grant. Scope: `admin`. */
  createToken: {
    path: null;
    query: null;
    body: TokenRequest;
    answer: CreatedToken;
  };
  /** Access tokens in order of creation, including revoked and expired ones. Scope: `admin`. */
  listTokens: {
    path: null;
    query: {
      /** The `next_after` of the previous page. */
      after?: number | undefined;
      /** 1 to 100, the default. */
      limit?: number | undefined;
    };
    body: null;
    answer: TokenPage;
  };
  /** The signed records of token creations and revocations, in order. Scope: `admin` or `read`. */
  listTokenRecords: {
    path: null;
    query: {
      /** The `next_after` of the previous page. */
      after?: number | undefined;
      /** 1 to 100, the default. */
      limit?: number | undefined;
    };
    body: null;
    answer: TokenRecordPage;
  };
  /** Revoke an access token immediately, also for calls in progress; repeated calls return the same answer. Scope: `admin`. */
  revokeToken: {
    path: {
      id: string;
    };
    query: null;
    body: TokenRevocation;
    answer: RevokedToken;
  };
  /** The public keys that verify records, retired ones included. No authentication required. */
  getJwks: {
    path: null;
    query: null;
    body: null;
    answer: Jwks;
  };
  /** This description. No authentication required. */
  getOpenApi: {
    path: null;
    query: null;
    body: null;
    answer: { [name: string]: unknown };
  };
  /** Whether the process responds. No authentication required. */
  getHealth: {
    path: null;
    query: null;
    body: null;
    answer: ServiceStatus;
  };
  /** Whether decisions can be made and stored now. No authentication required. */
  getReadiness: {
    path: null;
    query: null;
    body: null;
    answer: ServiceStatus;
  };
  /** Prometheus metrics. Scope: `read`. Open to everybody where `COUNTERSIGN_METRICS_OPEN` is set. */
  getMetrics: {
    path: null;
    query: null;
    body: null;
    answer: string;
  };
}
