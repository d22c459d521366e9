/*
 * The types of everything that the API takes and answers, and what each call does.
 * Written by `npm run contract` from src/contract. Do not edit.
 */

/** Who wants to do what to which resource, and what they say about it. */
export interface AccessRequest {
  subject: { type: string; id: string; properties?: { [name: string]: JsonValue } | undefined };
  action: { name: string; properties?: { [name: string]: JsonValue } | undefined };
  resource: { type: string; id: string; properties?: { [name: string]: JsonValue } | undefined };
  context?: { requested_by?: string | undefined; [name: string]: JsonValue } | undefined;
}

/** Any JSON value, at most 32 levels deep. */
export type JsonValue = unknown;

export interface DecisionBatch {
  requests: AccessRequest[];
}

export type Tier = 'low' | 'medium' | 'high' | 'critical';

export type Outcome = 'allow' | 'deny' | 'approval_required';

/** active: in force; due: a review is asked for; overdue: a review is late; expired: over, and no review is owed; revoked: ended for ever by a review or a revocation. */
export type GrantState = 'active' | 'due' | 'overdue' | 'expired' | 'revoked';

/** A verdict on a case, bound to the record that the person was shown. */
export interface ApprovalRequest {
  /** With the scope approve:assert; else the token's own principal. */
  approver?: string | undefined;
  verdict: 'approve' | 'reject';
  comment?: string | undefined;
  /** The record that was shown. */
  seen: string;
  /** The person that a deputy stands in for. */
  on_behalf_of?: string | undefined;
  /** A compact JWS (typ approval+jwt, ES256 or EdDSA) by a key of the approver's own, over case, seen, request_digest, verdict, comment and iat. It says who approves: without approver and on_behalf_of. */
  signature?: string | undefined;
}

/** Takes a request back that waits for approval. */
export interface WithdrawalRequest {
  reason?: string | undefined;
}

/** A person's verdict on a grant: it is kept, or taken back. */
export interface ReviewRequest {
  verdict: 'keep' | 'revoke';
  comment?: string | undefined;
}

/** Takes a grant back, for ever. */
export interface RevocationRequest {
  reason: string;
}

/** The credential that a grant led to. */
export interface IssuanceRequest {
  /** Who issued the credential. */
  issuer: string;
  /** By what the issuer finds the credential again: a serial number, an accessor. Never the secret itself. */
  credential_ref: string;
  /** When the credential ends. One that outlives its grant makes it due. It is kept in UTC with milliseconds. */
  expires_at: string;
}

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

export interface Opened {
  /** UTC, milliseconds, Z. */
  at: string;
  persons: Persons;
}

export interface Persons {
  subject: string | null;
  caller: string | null;
  requester: string | null;
}

/** Who asked: the client, and the person behind it where there is one. */
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
  /** When the approver signed, or signed in; null where nobody can say. Records of earlier versions lack it. */
  authenticated_at?: string | null | undefined;
  /** The JWS of a signed approval. */
  signature?: string | null | undefined;
  on_behalf_of: { identity: string; person: string | null } | null;
  submitted_by: { client: string; principal: string | null; person: string | null };
}

export type Assurance = 'asserted' | 'authenticated' | 'signed';

export interface HistoryEntry {
  case: string;
  kind: string;
  outcome: Outcome;
  tier: Tier;
  /** UTC, milliseconds, Z. */
  at: string;
  expires_at: string | null;
  /** The verdict of the last review; null where there was none. */
  review: string | null;
  /** What it has in common with this case. */
  shares?: ('resource' | 'subject' | 'team')[] | undefined;
}

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
  /** For how long the case takes verdicts; 7 days where policy does not say. */
  case_ttl_seconds?: number | undefined;
  /** The lifetime that the request asked for. */
  requested_ttl_seconds?: number | undefined;
  controls: string[];
  facts: { name: string; source: string }[];
}

export interface Requirement {
  id: string;
  any_of: string[];
  count: number;
  code: string;
  min_assurance?: Assurance | undefined;
  max_authentication_age_seconds?: number | undefined;
}

export interface Obligation {
  id: string;
  type: string;
  properties: { [name: string]: JsonValue };
}

export interface Decision {
  outcome: Outcome;
  tier: Tier;
  denials: { code: string }[];
  /** Ids of the requirements that are met. */
  satisfied: string[];
  unmet: UnmetRequirement[];
  /** All requirements are met, but by no verdict that was given for what is shown now: somebody whose verdict counts has to confirm it. */
  confirmation_needed: boolean;
  counted: { approval: string; person: string; requirement: string | null }[];
  not_counted: { approval: string; code: string }[];
  obligations: Obligation[];
  expires_at: string | null;
  review_by: string | null;
  /** Until when an open case takes verdicts. */
  closes_at: string | null;
  controls: string[];
}

export interface UnmetRequirement {
  requirement: string;
  any_of: string[];
  have: number;
  need: number;
  min_assurance?: Assurance | undefined;
  max_authentication_age_seconds?: number | undefined;
}

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
  /** When the next review is owed at the latest; null where none is owed. */
  review_by: string | null;
  /** The verdict of the last review. */
  review: 'keep' | 'revoke' | null;
  /** A code: why a review is asked for before its date; null where none is. */
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

export interface DecisionAnswer {
  id: string;
  case: string;
  outcome: Outcome;
  tier: Tier;
  denials: { code: string }[];
  summary: string;
  /** What is still missing, at the instant `as_of`. */
  next: UnmetRequirement[];
  /** All requirements are met, but by no verdict that was given for what is shown now: somebody whose verdict counts has to confirm it. */
  confirmation_needed: boolean;
  /** Verdicts that do not count, and why. */
  not_counted: { approval: string; approver: string; code: string }[];
  obligations: Obligation[];
  expires_at: string | null;
  review_by: string | null;
  /** Until when an open case takes verdicts. */
  closes_at: string | null;
  /** Sent where policy gives less time than was asked for; else null. */
  lifetime_cut: { requested_seconds: number; given_seconds: number } | null;
  controls: string[];
  /** When this was said. `next`, `confirmation_needed` and `not_counted` change with time, as approvals expire. */
  as_of: string;
  /** The signed decision record: a compact JWS. */
  record: string;
  /** Where the case stands now; sent when an idempotency key led to its first answer again. */
  latest?:
    | {
        /** The newest decision. */
        id: string;
        seq: number;
        outcome: Outcome;
        /** What ended the case without a decision. */
        ended: 'withdrawal' | 'expiry' | null;
        /** Null where nothing was granted. */
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
  | 'tokens_unavailable'
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

export interface DecisionBatchResults {
  results: ({ answer: DecisionAnswer } | { problem: Problem })[];
}

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
  /** A code: why a review is asked for before its date; null where none is. */
  review_reason: string | null;
  /** The signed record: a compact JWS. */
  record: string;
}

export interface CaseEndAnswer {
  id: string;
  case: string;
  statement: 'withdrawal' | 'expiry';
  /** UTC, milliseconds, Z. */
  at: string;
  /** How the case stands now. */
  outcome: 'deny';
  /** The signed record: a compact JWS. */
  record: string;
}

export interface CasePage {
  cases: FoundCase[];
  /** Ask again with `cursor` set to this; null at the end. A page may hold few cases, or none, before the end. */
  next: string | null;
}

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
  /** When the next review is owed at the latest; null where none is owed. */
  review_by: string | null;
  /** The verdict of the last review. */
  review: 'keep' | 'revoke' | null;
  /** A code: why a review is asked for before its date; null where none is. */
  review_reason: string | null;
  revoked_at: string | null;
  /** The digest of the policy that was active at the last evaluation or review; null before. */
  last_policy: string | null;
}

export interface GrantPage {
  cases: FoundGrant[];
  /** Ask again with `cursor` set to this; null at the end. A page may hold few cases, or none, before the end. */
  next: string | null;
}

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
  /** Until when an open case takes verdicts. */
  closes_at: string | null;
  /** The instant that this describes: `next`, `approvals` and the state of the grant change with time. */
  as_of: string;
  /** What is still missing. */
  next: UnmetRequirement[];
  /** All requirements are met, but by no verdict that was given for what is shown now: somebody whose verdict counts has to confirm it. */
  confirmation_needed: boolean;
  /** Every verdict so far, and whether it counts. */
  approvals: ApprovalStatus[];
  /** Null where nothing was granted. */
  grant_status: GrantStatus | null;
  chain: { id: string; seq: number; record: string }[];
  /** Ask again with `after` set to this; null at the end. */
  next_after: number | null;
}

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
  /** For which it counts; null for a reject. */
  requirement: string | null;
  /** Why it does not count. */
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
    /** The file or URL that it was read from, or `upload`. */
    source: string;
    uploaded_by: { client: string; principal: string | null } | null;
    /** How the tools that compiled the bundle differ from those of this version; mostly empty. */
    remarks: string[];
  };
  /** Why the newest bundle was refused; null once a bundle was accepted again. */
  last_error: {
    /** UTC, milliseconds, Z. */
    at: string;
    detail: string;
  } | null;
  /** The evaluation of open cases and of grants in force by the policy that became active. */
  sweep: {
    /** The digest of the bundle. */
    policy: string;
    /** UTC, milliseconds, Z. */
    started_at: string;
    /** Null while it goes on. */
    finished_at: string | null;
    /** Cases that were evaluated. */
    examined: number;
    /** Cases that the policy decides otherwise: each has a new record. */
    changed: number;
    /** Cases that could not be evaluated; the log says why, and they are tried again. */
    failed: number;
  } | null;
}

/** Public keys (RFC 7517), each named by its RFC 7638 thumbprint. */
export interface Jwks {
  keys: { kty: string; crv: string; x: string; y?: string | undefined; kid: string; alg: string; use: string }[];
}

export interface ServiceStatus {
  status: 'ok' | 'unavailable';
  /** The first check that fails. */
  reason?: 'stopping' | 'threads' | 'store' | 'disk' | 'damaged' | 'file_handles' | 'clock' | 'tokens' | undefined;
  /** The newest bundle was refused, and the one before decides; `GET /v1/policies` says why. */
  policy_error?: 'bundle_invalid' | undefined;
  /** Sent while the people of the active policy are the fictional ones of the shipped example. */
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

/** What each call takes and answers, by its operationId. */
export interface Calls {
  /** Decide an access request: a new case. Scope: `decide`. */
  decide: {
    path: null;
    query: null;
    body: AccessRequest;
    answer: DecisionAnswer;
  };
  /** Decide up to 256 access requests: each is a case of its own, with a record of its own. Scope: `decide`. */
  decideMany: {
    path: null;
    query: null;
    body: DecisionBatch;
    answer: DecisionBatchResults;
  };
  /** One record, whatever it states; `Accept: application/jose` returns the bare JWS. Scope: `decide` or `read`. */
  getDecision: {
    path: {
      /** The id of the record. */
      id: string;
    };
    query: null;
    body: null;
    answer: DecisionAnswer | GrantEventAnswer | CaseEndAnswer;
  };
  /** Cases by what they are about, newest first; `Accept: application/x-ndjson` returns all of them, one a line. Scope: `decide` or `read`. */
  searchCases: {
    path: null;
    query: {
      /** An identity; all identities of a person lead to the same cases. */
      subject?: string | undefined;
      /** Needed for a subject behind whom no person is known. */
      subject_type?: string | undefined;
      resource_type?: string | undefined;
      resource_id?: string | undefined;
      /** Action name and resource type, for example `issue/api_key`. */
      kind?: string | undefined;
      tier?: Tier | undefined;
      outcome?: Outcome | undefined;
      /** The id of a control that the latest decision names. */
      control?: string | undefined;
      /** open: waits for approval; closed: denied; granted: allowed, and neither expired nor revoked; the others are states of grants. */
      state?: 'open' | 'closed' | 'granted' | 'active' | 'due' | 'overdue' | 'expired' | 'revoked' | undefined;
      /** The last decision was at this instant or later. */
      from?: string | undefined;
      /** The last decision was before this instant. */
      to?: string | undefined;
      /** The `next` of the page before, asked by the same client with the same query but for `limit`. */
      cursor?: string | undefined;
      /** 1 to 100, the default. */
      limit?: number | undefined;
    };
    body: null;
    answer: CasePage;
  };
  /** Grants, for example those to review, newest first; `Accept: application/x-ndjson` returns all of them, one a line. Scope: `decide` or `read`. */
  searchGrants: {
    path: null;
    query: {
      /** An identity; all identities of a person lead to the same cases. */
      subject?: string | undefined;
      /** Needed for a subject behind whom no person is known. */
      subject_type?: string | undefined;
      resource_type?: string | undefined;
      resource_id?: string | undefined;
      /** Action name and resource type, for example `issue/api_key`. */
      kind?: string | undefined;
      tier?: Tier | undefined;
      /** The id of a control that the latest decision names. */
      control?: string | undefined;
      state?: GrantState | undefined;
      /** The last decision was at this instant or later. */
      from?: string | undefined;
      /** The last decision was before this instant. */
      to?: string | undefined;
      /** The `next` of the page before, asked by the same client with the same query but for `limit`. */
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
  /** Revoke a grant, for ever. Scope: `revoke`. */
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
  /** The active policy bundle, and why the newest one was refused. Scope: `read`. */
  getPolicies: {
    path: null;
    query: null;
    body: null;
    answer: Policies;
  };
  /** Make a bundle the active policy: it is checked, tried and swapped in at once; a bad one changes nothing. Scope: `admin`. */
  activatePolicy: {
    path: null;
    query: null;
    body: Uint8Array;
    answer: Policies;
  };
  /** The public keys that verify records, retired ones included. Open to everybody. */
  getJwks: {
    path: null;
    query: null;
    body: null;
    answer: Jwks;
  };
  /** This description. Open to everybody. */
  getOpenApi: {
    path: null;
    query: null;
    body: null;
    answer: { [name: string]: unknown };
  };
  /** Whether the process answers. Open to everybody. */
  getHealth: {
    path: null;
    query: null;
    body: null;
    answer: ServiceStatus;
  };
  /** Whether decisions can be made and stored now. Open to everybody. */
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
