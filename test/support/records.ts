import { AppError } from '../../src/base/errors.ts';
import type { VerificationKey } from '../../src/base/jws.ts';
import { findRecords } from '../../src/verify/find-records.ts';
import type { CaseReport } from '../../src/verify/report.ts';
import { createVerifier } from '../../src/verify/verifier.ts';

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const verifierFor = (keys: readonly VerificationKey[]) =>
  createVerifier({ jwks: { keys: keys.map(({ publicKey }) => publicKey.export({ format: 'jwk' })) } });

/** The records in a text, or in an answer of the service. */
export function jwsListIn(value: unknown): string[] {
  return findRecords(textOf(value)).records.map(({ jws }) => jws);
}

/** All that is not valid in a text, or in an answer of the service. */
export function faultsIn(value: unknown, keys: readonly VerificationKey[]): string[] {
  const { cases, faults } = verifierFor(keys).verify(textOf(value));
  return [...faults, ...cases.flatMap((each) => each.faults)];
}

/** What the verifier says of records of one case. Throws AppError `record_invalid` with what is wrong first. */
export function verifyRecords(jwsList: readonly string[], keys: readonly VerificationKey[]): CaseReport {
  const { cases, faults } = verifierFor(keys).verify(jwsList.join('\n'));
  const [report, ...others] = cases;
  const [fault] = [...faults, ...cases.flatMap((each) => each.faults)];
  if (fault !== undefined) throw new AppError('record_invalid', fault);
  if (report === undefined || others.length > 0) {
    throw new AppError('record_invalid', `The records are of ${cases.length} cases, and not of one.`);
  }
  return report;
}
