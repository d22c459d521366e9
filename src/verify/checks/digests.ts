import { AppError } from '../../base/errors.ts';
import type { Statement } from '../../contract/statement.ts';
import { findDigestMismatches } from '../../domain/record.ts';
import { isDecision } from '../../domain/statement.ts';
import { faultOf } from '../fault-text.ts';

/**
 * `digests`: the digests in a decision are those of its own members, and its approvals say what their signatures say. Throws
 * AppError `record_invalid`.
 */
export function checkDigests(statement: Statement): void {
  const mismatches = isDecision(statement) ? findDigestMismatches(statement) : [];
  if (mismatches.length === 0) return;
  throw new AppError('record_invalid', faultOf(statement, `does not match its own ${mismatches.join(', ')}`));
}
