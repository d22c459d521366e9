import type { Fault, ProblemCode } from './wire.ts';

/**
 * Failures that no answer of the service names:
 *
 * - `unreachable`: the service could not be reached, or the connection broke before the whole answer had arrived.
 * - `not_an_answer`: something else than Countersign answered, or the answer contradicts the record in it.
 * - `unknown`: the call was refused without a problem that this version of the client knows, by a proxy for example.
 */
export type ClientErrorCode = 'unreachable' | 'not_an_answer' | 'unknown';

/** Every code that an error of the client can carry. */
export type ErrorCode = ProblemCode | ClientErrorCode;

export interface CountersignErrorOptions {
  /** Whether the same call, made again some seconds later, may succeed. */
  isRetryable?: boolean;
  /** The pause that the service asked for in the header Retry-After. */
  retryAfterSeconds?: number | null;
  errors?: readonly Fault[];
  cause?: unknown;
}

/**
 * A failed call. It never means deny: a deny is an answer.
 *
 * @example
 * try {
 *   await client.approve(id, { verdict: 'approve', seen: id });
 * } catch (error) {
 *   if (error instanceof CountersignError && error.code === 'case_closed') return; // Somebody was faster.
 *   throw error;
 * }
 */
export class CountersignError extends Error {
  override readonly name = 'CountersignError';
  /** The HTTP status; 0 where no answer arrived. */
  readonly status: number;
  readonly code: ErrorCode;
  /** What went wrong, as a sentence. The same as `message`. */
  readonly detail: string;
  /** For invalid input, one entry for each place that is wrong. */
  readonly errors: readonly Fault[];
  readonly isRetryable: boolean;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, code: ErrorCode, detail: string, options: CountersignErrorOptions = {}) {
    const { isRetryable = false, retryAfterSeconds = null, errors = [], cause } = options;
    super(detail, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    this.isRetryable = isRetryable;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A response that must not be treated as an answer. */
export function notAnAnswer(status: number, what: string): CountersignError {
  return new CountersignError(status, 'not_an_answer', `${what} Check that the address is that of Countersign.`);
}
