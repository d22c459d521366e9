/**
 * Every way a call can fail, by stable code. A denial is not a failure: it is an answer.
 * The table is the one place that maps a code to an HTTP status and a title (RFC 9457).
 */
export const ERRORS = {
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  malformed_request: { status: 400, title: 'The request is not valid HTTP' },
  invalid_request: { status: 422, title: 'The request does not have the expected shape' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unauthenticated: { status: 401, title: 'A valid bearer token is required' },
  forbidden: { status: 403, title: 'The token does not carry the scope that this call needs' },
  not_found: { status: 404, title: 'No such resource' },
  method_not_allowed: { status: 405, title: 'The resource does not support this method' },
  case_closed: { status: 409, title: 'The case has ended' },
  already_given: { status: 409, title: 'The same verdict of the same approver is in the case already' },
  case_full: { status: 409, title: 'The case holds as many approvals as a case may hold' },
  case_not_granted: { status: 409, title: 'The case has not ended in a grant' },
  grant_over: { status: 409, title: 'The grant is over or was taken back' },
  person_missing: { status: 422, title: 'No person whom the organisation knows stands behind this' },
  own_grant: { status: 403, title: 'Nobody reviews what they were granted or asked for' },
  seen_mismatch: { status: 422, title: 'The record named in seen is not one that this verdict can be about' },
  signature_invalid: { status: 422, title: 'The signature of the approval is not valid for this verdict' },
  bundle_refused: { status: 422, title: 'The bundle was refused; the active policy stays' },
  idempotency_mismatch: { status: 422, title: 'The idempotency key was used with another body' },
  rate_limited: { status: 429, title: 'Too many requests' },
  overloaded: { status: 503, title: 'More is waiting than can be done; nothing was done' },
  clock_untrusted: { status: 503, title: 'The clock of the service is not right; nothing was decided' },
  tokens_unavailable: { status: 503, title: 'No token can be checked now' },
  policy_failed: { status: 503, title: 'The policy failed on the case; nothing was decided' },
  no_file_handles: { status: 503, title: 'The service has no file handles left; nothing was done' },
  store_unavailable: { status: 503, title: 'The record could not be made durable; nothing was decided' },
  internal: { status: 500, title: 'The service failed' },
  // Faults of the tools and files around the service; they reach a terminal, not a caller.
  config_invalid: { status: 500, title: 'The configuration is invalid' },
  bundle_invalid: { status: 500, title: 'The policy bundle is invalid' },
  policy_invalid: { status: 500, title: 'The policy does not build' },
  tool_missing: { status: 500, title: 'A required tool was not found' },
  key_invalid: { status: 500, title: 'A signing key is invalid' },
  record_invalid: { status: 500, title: 'The record does not verify' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One fault of an input: where it is (RFC 6901 pointer), which rule it breaks, and the rule in words. */
export interface Fault {
  pointer: string;
  code: string;
  detail: string;
}

export interface AppErrorOptions {
  cause?: unknown;
  faults?: readonly Fault[];
  /** When the same call may succeed, for the caller. */
  retryAfterSeconds?: number;
}

/** The one error class of the product; `message` is written for the caller and holds no secret. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
