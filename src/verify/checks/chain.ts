import { recordDigest } from '../../domain/record.ts';
import type { Link } from '../report.ts';

/**
 * `chain`: a record stands next to the one before it in its case, and names it by id and digest. Returns the end of a
 * sentence about the record; null where it does.
 */
export function findBreak(before: Link, { record }: Link): string | null {
  const { seq, jti } = before.record;
  if (record.seq === seq) return `is a second record with seq ${seq}, in addition to ${jti}`;
  if (record.seq !== seq + 1) {
    return `does not follow seq ${seq}: no valid ${recordsFrom(seq + 1, record.seq - 1)} was given`;
  }
  const isNamed = record.previous?.jti === jti && record.previous.digest === recordDigest(before.jws);
  return isNamed ? null : 'does not name the record before it by its digest';
}

/** `record 3`, or `one of records 3 to 5`. */
function recordsFrom(first: number, last: number): string {
  return first === last ? `record ${first}` : `one of records ${first} to ${last}`;
}
