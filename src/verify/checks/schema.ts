import { AppError } from '../../base/errors.ts';
import { type Statement, statementSchema } from '../../contract/statement.ts';
import { tokenRecordSchema } from '../../contract/token.ts';

/** `schema`: a payload has the members of one of our statements, and no other. Throws AppError `record_invalid`. */
export function checkSchema(payload: unknown): Statement {
  const parsed = statementSchema.safeParse(payload);
  if (parsed.success) return parsed.data;
  if (isTokenRecord(payload)) throw new AppError('record_invalid', TOKEN_RECORD);
  throw new AppError('record_invalid', 'The payload is not that of a record.', { cause: parsed.error });
}

export const TOKEN_RECORD =
  'It is a record about an access token (statement "token"); this version checks only records of cases.';

/** Whether a payload has the members of a record about an access token, which belongs to no case. */
export function isTokenRecord(payload: unknown): boolean {
  return tokenRecordSchema.safeParse(payload).success;
}
