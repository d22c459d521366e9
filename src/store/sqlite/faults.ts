import { AppError } from '../../base/errors.ts';

/** Result codes of SQLite (sqlite.org/rescode.html). */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether an error means that stored data are damaged or were changed by another program. */
export function isDamaged(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'record_invalid' || isDamaged(error.cause);
  // The low byte is the kind; the higher bytes are more specific.
  const code = ((error as { errcode?: number } | null)?.errcode ?? 0) & 0xff;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}
