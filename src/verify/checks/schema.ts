import { AppError } from '../../base/errors.ts';
import { type Statement, statementSchema } from '../../contract/statement.ts';

/** `schema`: a payload has the members of one of our statements, and no other. Throws AppError `record_invalid`. */
export function checkSchema(payload: unknown): Statement {
  const parsed = statementSchema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new AppError('record_invalid', 'The payload is not that of a record.', { cause: parsed.error });
}
