import { z } from 'zod';
import { AppError, ERRORS, type ErrorCode, type Fault } from '../base/errors.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** Codes that a caller can meet: faults of our own are all told as `internal`. */
const CALLER_CODES = (Object.keys(ERRORS) as ErrorCode[]).filter(
  (code) => code === 'internal' || ERRORS[code].status !== 500,
);

/** RFC 9457, with our stable `code` and, for bad input, a fault and JSON pointer for each place. */
export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(CALLER_CODES),
    detail: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

export function toProblem(error: AppError): Problem {
  const { status, title } = ERRORS[error.code];
  const code = status === 500 ? 'internal' : error.code;
  // The message of a fault of ours may name files and causes: it is for the log, not for the caller.
  const detail = code === 'internal' ? 'The service could not answer; its log says why.' : error.message;
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

/** Codes behind which the lack of file handles may be. */
const MAY_LACK_HANDLES: ReadonlySet<ErrorCode> = new Set(['internal', 'tokens_unavailable']);

/** Errors of raw-body and the router by their `type` or status; everything unknown is `internal`. */
export function toAppError(error: unknown): AppError {
  const isOurs = error instanceof AppError;
  if (isOurs && !MAY_LACK_HANDLES.has(error.code)) return error;
  if (isOutOfHandles(error)) {
    return new AppError('no_file_handles', 'The service has no file handles left.', { cause: error });
  }
  if (isOurs) return error;
  const { type, status, limit } = error as { type?: string; status?: number; limit?: number };
  if (type === 'entity.too.large') return new AppError('body_too_large', `This body has at most ${limit} bytes.`);
  if (error instanceof URIError) return new AppError('not_found', 'There is nothing at this path.', { cause: error });
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError('malformed_json', 'The request could not be read.', { cause: error });
  }
  return new AppError('internal', 'The service failed.', { cause: error });
}
