import { AppError } from '../base/errors.ts';
import { parseJsonText } from '../base/json-text.ts';
import { unverifiedPart } from '../base/jws.ts';
import type { Statement } from '../contract/statement.ts';
import { isFault } from './checklist.ts';
import { checkSchema } from './checks/schema.ts';
import { faultOf, reasonOf } from './fault-text.ts';

/**
 * Reads records of one case without verifying anything: anybody may have made them up. They come in the order of the case.
 * Throws AppError `record_invalid` for what is not a record, or of several cases.
 */
export function readUnverified(jwsList: readonly string[]): Statement[] {
  const records = jwsList.map(payloadOf).sort((a, b) => a.seq - b.seq);
  requireOneCase(records);
  return records;
}

function payloadOf(jws: string): Statement {
  try {
    return checkSchema(parseJsonText(unverifiedPart(jws, 'payload')));
  } catch (cause) {
    if (isFault(cause)) throw cause;
    const reason = reasonOf(cause as AppError);
    throw new AppError('record_invalid', `It is not a record: its payload is not JSON${reason}`);
  }
}

function requireOneCase(records: readonly Statement[]): void {
  const [first] = records;
  if (first === undefined) throw new AppError('record_invalid', 'No record was given.');
  const other = records.find((record) => record.case !== first.case);
  if (other === undefined) return;
  throw new AppError('record_invalid', faultOf(other, `belongs to another case than record ${first.jti}`));
}
