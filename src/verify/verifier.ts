import { AppError } from '../base/errors.ts';
import { parseJwks } from '../base/jwks.ts';
import type { VerificationKey } from '../base/jws.ts';
import { readBundle } from '../bundle/bundle.ts';
import type { DecisionRecord } from '../contract/record.ts';
import { createDirectory, readDirectoryData } from '../domain/directory.ts';
import { type CaseParts, type DecidingDirectory, type GenuineRecord, verifyCase } from './case.ts';
import { faultsIn, skippedIn } from './checklist.ts';
import { type Found, findRecords, type PlacedRecord } from './find-records.ts';
import { claimedCase, verifyRecord } from './record.ts';
import type { CaseReport, RecordReport, VerificationReport } from './report.ts';

export type { CaseReport, CheckName, CheckResult, RecordReport, VerificationReport } from './report.ts';

/** In characters. Larger exports are given as several texts. */
export const MAX_TEXT_LENGTH = 256 * 1024 * 1024;

/** A text to be verified, and a name for it in messages, such as that of its file. */
export interface NamedText {
  name: string;
  text: string;
}

/** The policy data by which signed approvals are verified, as `readPolicy` gives them. */
export interface DecidingPolicy {
  /** Of the bundle: `sha256:` and 64 hex digits. */
  digest: string;
  /** The data of the bundle. */
  data: unknown;
}

/** What is trusted, and not itself verified. */
export interface TrustedMaterial {
  /** The JWKS of the service, parsed from JSON: take it from the service over TLS, or from your own archive. */
  jwks: unknown;
  /** The bundle that decided. With it the signatures of approvals are verified too. */
  policy?: DecidingPolicy | undefined;
}

export interface Verifier {
  /**
   * Verifies untrusted text: records (compact JWS, one a line), answers of the API, pages of cases, lists and batches of
   * these, or JSON of that kind one a line; records of any number of cases, in any order. Faults of what is verified are in
   * the report. Throws AppError `record_invalid` for a text longer than MAX_TEXT_LENGTH, and `bundle_invalid` where the
   * policy decided none of the records.
   */
  verify(texts: string | readonly NamedText[]): VerificationReport;
}

/**
 * Verifies records offline: it needs the public keys and what was kept, and neither a service nor a store. Every check by name
 * is in CHECKS of `report.ts`. Throws AppError `key_invalid` for a JWKS without a key that can be used, or with one that must
 * not be.
 *
 * @example
 * import { readFile } from 'node:fs/promises';
 * import { createVerifier } from 'countersign/verify';
 *
 * const jwks = JSON.parse(await readFile('jwks.json', 'utf8'));
 * const report = createVerifier({ jwks }).verify(await readFile('cases.ndjson', 'utf8'));
 * for (const { case: id, isValid, faults } of report.cases) console.log(id, isValid ? 'valid' : faults);
 * if (!report.isValid) process.exitCode = 1;
 */
export function createVerifier({ jwks, policy }: TrustedMaterial): Verifier {
  const keys = parseJwks(jwks);
  const deciding = policy === undefined ? null : directoryIn(policy);

  function verify(texts: string | readonly NamedText[]): VerificationReport {
    const found = findAll(typeof texts === 'string' ? [{ name: 'the file', text: texts }] : texts);
    const records = verifyEach(found, keys);
    const by = deciding && { ...deciding, verified: new Set<string>() };
    const { cases, others } = verifyCases(records, found, by);
    const faults = [...found.flatMap((each) => each.faults), ...others.flatMap(({ checks }) => faultsIn(checks))];
    const unsupported = others.flatMap(({ checks }) => skippedIn(checks));
    const isValid = faults.length === 0 && unsupported.length === 0 && cases.every((each) => each.isValid);
    const unsigned = found.flatMap((each) => each.unsigned);
    if (by !== null) requireDecided(cases, by, isValid);
    return { isValid, cases, others, faults, unsupported, unsigned, signedApprovals: by?.verified.size ?? null };
  }

  return { verify };
}

/**
 * Reads the bundle that decided (untrusted bytes of a `.tar.gz`) for `createVerifier`. Records name it by its digest. Rejects
 * with AppError `bundle_invalid`.
 *
 * @example const policy = await readPolicy(await readFile('default.tar.gz'));
 */
export async function readPolicy(bundle: Uint8Array): Promise<DecidingPolicy> {
  const { digest, data } = await readBundle(bundle);
  return { digest, data };
}

function directoryIn({ digest, data }: DecidingPolicy): Omit<DecidingDirectory, 'verified'> {
  return { bundleDigest: digest, directory: createDirectory(readDirectoryData(data)) };
}

function findAll(texts: readonly NamedText[]): Found[] {
  return texts.map(({ name, text }) => {
    if (text.length <= MAX_TEXT_LENGTH) return findRecords(text, name);
    throw new AppError('record_invalid', `${name} has more than ${MAX_TEXT_LENGTH} characters: verify it in parts.`);
  });
}

/** Each record once, however often it was given. */
function verifyEach(found: readonly Found[], keys: readonly VerificationKey[]): RecordReport[] {
  const placed = new Map<string, PlacedRecord>();
  for (const each of found.flatMap(({ records }) => records)) if (!placed.has(each.jws)) placed.set(each.jws, each);
  return [...placed.values()].map((each) => verifyRecord(each, keys));
}

function verifyCases(
  records: readonly RecordReport[],
  found: readonly Found[],
  by: DecidingDirectory | null,
): { cases: CaseReport[]; others: RecordReport[] } {
  const cases = new Map<string, CaseParts>();
  const genuine = new Map<string, GenuineRecord>();
  const others: RecordReport[] = [];
  const partsOf = (id: string): CaseParts => {
    const parts = cases.get(id) ?? { case: id, genuine: [], others: [], wrappers: [] };
    cases.set(id, parts);
    return parts;
  };

  for (const report of records) {
    const { jws, record } = report;
    if (record === null) {
      const claimed = claimedCase(jws);
      (claimed === null ? others : partsOf(claimed).others).push(report);
      continue;
    }
    const each = { ...report, record };
    genuine.set(jws, each);
    partsOf(record.case).genuine.push(each);
  }
  for (const wrapper of found.flatMap(({ wrappers }) => wrappers)) {
    const first = genuine.get(wrapper.records[0]?.jws ?? '');
    if (first !== undefined) partsOf(first.record.case).wrappers.push(wrapper);
  }
  return { cases: [...cases.values()].map((parts) => verifyCase(parts, genuine, by)), others };
}

/** Where no decision is genuine, that is what has to be said, and not that the bundle decided none. */
function requireDecided(cases: readonly CaseReport[], { bundleDigest }: DecidingDirectory, isValid: boolean): void {
  const decisions: DecisionRecord[] = cases.flatMap((each) => each.decisions);
  if (decisions.some(({ policy }) => policy.digest === bundleDigest)) return;
  if (decisions.length === 0 && !isValid) return;
  throw new AppError('bundle_invalid', `The bundle ${bundleDigest} decided none of the records.`);
}
