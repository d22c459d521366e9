import { AppError, CALLER_ERROR_CODES, type CallerErrorCode, type ErrorCode, type Fault } from '../base/errors.ts';
import type { Problem } from '../contract/problem.ts';

/** The HTTP status and the title of each problem (RFC 9457 §3.1). */
const PROBLEMS: Readonly<Record<CallerErrorCode, { status: number; title: string }>> = {
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  malformed_request: { status: 400, title: 'The request is not valid HTTP' },
  invalid_request: { status: 422, title: 'The request does not have the expected shape' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unauthenticated: { status: 401, title: 'A valid bearer token is required' },
  forbidden: { status: 403, title: 'The caller may not do this' },
  not_found: { status: 404, title: 'The resource does not exist' },
  method_not_allowed: { status: 405, title: 'The resource does not support this method' },
  case_closed: { status: 409, title: 'The case has ended' },
  already_given: { status: 409, title: 'The case already has this verdict of this approver' },
  case_full: { status: 409, title: 'The case cannot take more records' },
  case_not_granted: { status: 409, title: 'The case did not end in a grant' },
  grant_over: { status: 409, title: 'The grant has expired or was revoked' },
  person_missing: { status: 422, title: 'No person known to the organisation is behind this call' },
  own_grant: { status: 403, title: 'Reviewers may not review their own grants or requests' },
  seen_mismatch: { status: 422, title: 'The verdict cannot be given on the record named in seen' },
  signature_invalid: { status: 422, title: 'The signature of the approval is not valid for this verdict' },
  bundle_refused: { status: 422, title: 'The bundle was refused; the active policy stays active' },
  idempotency_mismatch: { status: 422, title: 'The idempotency key was used with a different body' },
  rate_limited: { status: 429, title: 'The client has made too many calls' },
  overloaded: { status: 503, title: 'The service is overloaded; nothing was done' },
  clock_untrusted: { status: 503, title: 'The clock of the service cannot be trusted; nothing was decided' },
  policy_failed: { status: 503, title: 'The policy failed on this case; nothing was decided' },
  no_file_handles: { status: 503, title: 'The service has no file handles left; nothing was done' },
  store_unavailable: { status: 503, title: 'The record could not be stored; nothing was decided' },
  internal: { status: 500, title: 'The service failed' },
};

const CALLER_CODES: ReadonlySet<string> = new Set(CALLER_ERROR_CODES);

function isCallerCode(code: ErrorCode): code is CallerErrorCode {
  return CALLER_CODES.has(code);
}

/** The body of the answer to a call that failed with this error. */
export function toProblem(error: AppError): Problem {
  const code = isCallerCode(error.code) ? error.code : 'internal';
  const { status, title } = PROBLEMS[code];
  // The message of an internal fault may name files and causes: it is for the log, not for the caller.
  const detail = code === 'internal' ? 'The service could not answer. The log of the service says why.' : error.message;
  return {
    type: `urn:countersign:problem:${code}`,
    title,
    status,
    code,
    detail,
    ...(error.faults.length > 0 ? { errors: error.faults.map((fault: Fault) => ({ ...fault })) } : {}),
  };
}

/** Whether the process or the machine has no file handles left: the error says so, or one of its causes. */
export function isOutOfHandles(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException;
    if (code === 'EMFILE' || code === 'ENFILE') return true;
  }
  return false;
}

/** Errors of raw-body and the router by their `type` or status; everything unknown is `internal`. */
export function toAppError(error: unknown): AppError {
  const isOurs = error instanceof AppError;
  if (isOurs && error.code !== 'internal') return error;
  if (isOutOfHandles(error)) {
    return new AppError('no_file_handles', 'The service has no file handles left.', { cause: error });
  }
  if (isOurs) return error;
  const { type, status, limit } = error as { type?: string; status?: number; limit?: number };
  if (type === 'entity.too.large')
    return new AppError('body_too_large', `The body of this call may have at most ${limit} bytes.`);
  if (error instanceof URIError)
    return new AppError('not_found', 'There is no resource at this path.', { cause: error });
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError('malformed_json', 'The request could not be read.', { cause: error });
  }
  return new AppError('internal', 'The service failed.', { cause: error });
}
