import { AppError } from '../../base/errors.ts';
import { type CompactParts, decodeCompact } from '../../base/jws.ts';

/** In characters. A case that is as full as a case can be makes a record of less than half of this. */
export const MAX_RECORD_LENGTH = 64 * 1024 * 1024;

/** `format`: an untrusted text is a compact JWS, and no longer than a record can be. Throws AppError `record_invalid`. */
export function checkFormat(jws: string): CompactParts {
  if (jws.length > MAX_RECORD_LENGTH) {
    throw new AppError('record_invalid', `It has more than ${MAX_RECORD_LENGTH} characters, and no record has.`);
  }
  return decodeCompact(jws);
}
