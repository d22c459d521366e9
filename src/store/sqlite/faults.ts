import { AppError } from '../../base/errors.ts';

/** Result codes of SQLite (sqlite.org/rescode.html). */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether an error says that what is kept is damaged or was changed by somebody else. */
export function isDamaged(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'record_invalid' || isDamaged(error.cause);
  // The low byte is the kind; what is above tells it more exactly.
  const code = ((error as { errcode?: number } | null)?.errcode ?? 0) & 0xff;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}
