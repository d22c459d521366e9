/**
 * Codes that a caller of the API can receive. They are stable: the contract publishes them, and http/problems.ts gives each
 * a status and a title. They are declared here because AppError, which code at every level throws, carries one.
 */
export const CALLER_ERROR_CODES = [
  'malformed_json',
  'malformed_request',
  'invalid_request',
  'unsupported_media_type',
  'body_too_large',
  'unauthenticated',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'case_closed',
  'already_given',
  'case_full',
  'case_not_granted',
  'grant_over',
  'person_missing',
  'own_grant',
  'seen_mismatch',
  'signature_invalid',
  'bundle_refused',
  'idempotency_mismatch',
  'rate_limited',
  'overloaded',
  'clock_untrusted',
  'policy_failed',
  'no_file_handles',
  'store_unavailable',
  'internal',
] as const;
export type CallerErrorCode = (typeof CALLER_ERROR_CODES)[number];

/** Codes of faults in the tools and files around the service. They reach a terminal; a caller receives `internal` instead. */
export const LOCAL_ERROR_CODES = [
  'config_invalid',
  'bundle_invalid',
  'policy_invalid',
  'tool_missing',
  'key_invalid',
  'record_invalid',
] as const;
export type LocalErrorCode = (typeof LOCAL_ERROR_CODES)[number];

/** Every way in which a call or a command can fail. A denial is not a failure: it is an answer. */
export type ErrorCode = CallerErrorCode | LocalErrorCode;

/** One place at which an input is wrong: a JSON Pointer (RFC 6901), the rule that it breaks, and that rule as a sentence. */
export interface Fault {
  pointer: string;
  code: string;
  detail: string;
}

export interface AppErrorOptions {
  cause?: unknown;
  faults?: readonly Fault[];
  /** After how many seconds the caller may try the same call again. */
  retryAfterSeconds?: number;
}

/** The only error class of the product. `message` is written for the caller and contains no secret. */
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
