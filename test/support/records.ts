import type { VerificationKey } from '../../src/base/jws.ts';
import { findRecords } from '../../src/verify/finding.ts';
import { verifyFound } from '../../src/verify/verification.ts';

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** The records in a text, or in an answer of the service. */
export function jwsListIn(value: unknown): string[] {
  return findRecords(textOf(value)).records.map(({ jws }) => jws);
}

/** All that is not valid in a text, or in an answer of the service. */
export function faultsIn(value: unknown, keys: readonly VerificationKey[]): string[] {
  const { cases, faults } = verifyFound([findRecords(textOf(value))], keys);
  return [...faults, ...cases.flatMap((each) => each.faults)];
}
