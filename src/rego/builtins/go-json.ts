import {
  Decimal,
  goJsonText,
  isRegoObject,
  type RegoNumber,
  type RegoValue,
  regoEntries,
  regoObject,
  regoTypeOf,
} from '../value.ts';

/**
 * The JSON text of a JSON value as Go writes it with every number as a double, so that `1.0` and `1` are the same text.
 * Throws Error for a number that no double holds.
 */
export function goJsonWithDoubles(value: RegoValue): string {
  return goJsonText(withDoubles(value));
}

function withDoubles(value: RegoValue): RegoValue {
  if (regoTypeOf(value) === 'number') return double(value as RegoNumber);
  if (Array.isArray(value)) return value.map(withDoubles);
  if (!isRegoObject(value)) return value;
  return regoObject(regoEntries(value).map(([key, member]) => [key, withDoubles(member)]));
}

function double(number: RegoNumber): RegoNumber {
  const text = number instanceof Decimal ? number.text : String(number);
  const value = Number(text);
  if (!Number.isFinite(value)) {
    throw new Error(`json: cannot unmarshal number ${text} into Go value of type float64`);
  }
  return Object.is(value, -0) ? new Decimal('-0') : value;
}
