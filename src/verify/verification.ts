import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { unverifiedPayload, type VerificationKey } from '../base/jws.ts';
import type { Statement } from '../contract/statement.ts';
import { findChainFaults, inOrder, type Link, type Verification, verificationOf, verifyRecord } from './chain.ts';
import type { Found, PlacedRecord, Wrapper } from './finding.ts';
import { type Comparison, compareWrapper } from './wrapper.ts';

/** What verification established about one case. */
export interface CaseReport extends Verification {
  case: string;
  /** What is wrong, each as a sentence that names its record; an empty list means that the case is valid. */
  faults: string[];
  /** Names of members around the records that nothing signed confirms. */
  ignored: string[];
  /** Instants, unsigned, at which members around the records were said. */
  asOf: string[];
  /** By whose word the case goes on to which seq, though no such record was given. */
  saidToGoOn: { place: string; seq: number }[];
}

/** What verification established about all that was given. */
export interface Report {
  cases: CaseReport[];
  /** What is wrong and belongs to no case, each as a sentence that names its place. */
  faults: string[];
  /** Places of what is not signed and belongs to no case. */
  unsigned: string[];
}

/** Verifies records of any number of cases, each case for itself, and what is around them. Throws for no fault of a record. */
export function verifyFound(found: readonly Found[], keys: readonly VerificationKey[]): Report {
  const faults = found.flatMap((each) => each.faults);
  const links = new Map<string, Link>();
  const cases = new Map<string, { links: Link[]; faults: string[]; wrappers: Wrapper[] }>();
  const caseOf = (id: string) => {
    const entry = cases.get(id) ?? { links: [], faults: [], wrappers: [] };
    cases.set(id, entry);
    return entry;
  };

  const seen = new Set<string>();
  for (const placed of found.flatMap((each) => each.records)) {
    if (seen.has(placed.jws)) continue;
    seen.add(placed.jws);
    const result = tryToVerify(placed, keys);
    if ('fault' in result) (result.case === null ? faults : caseOf(result.case).faults).push(result.fault);
    else {
      links.set(placed.jws, result);
      caseOf(result.record.case).links.push(result);
    }
  }
  for (const wrapper of found.flatMap((each) => each.wrappers)) {
    const [first] = wrapper.records;
    const link = links.get(first?.jws ?? '');
    if (link !== undefined) caseOf(link.record.case).wrappers.push(wrapper);
  }
  const reports = [...cases].map(([id, each]) => reportOn(id, each, links));
  return { cases: reports, faults, unsigned: found.flatMap((each) => each.unsigned) };
}

/** The link of a record that verifies; else what is wrong, and the case that it claims to be of, if any. */
function tryToVerify(
  { jws, place }: PlacedRecord,
  keys: readonly VerificationKey[],
): Link | { fault: string; case: string | null } {
  try {
    return { jws, record: verifyRecord(jws, keys) };
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'record_invalid')) throw error;
    const { jti, seq, case: caseId } = claimsOf(jws);
    const claim = isId(jti) && Number.isSafeInteger(seq) ? `, which says that it is record ${jti} (seq ${seq})` : '';
    return { fault: `${place}${claim}: ${error.message}`, case: isId(caseId) ? caseId : null };
  }
}

/** What a record that does not verify says of itself. */
function claimsOf(jws: string): Partial<Record<'jti' | 'seq' | 'case', unknown>> {
  try {
    const payload = unverifiedPayload(jws);
    return typeof payload === 'object' && payload !== null ? payload : {};
  } catch {
    return {};
  }
}

function isId(value: unknown): value is string {
  return z.uuid().safeParse(value).success;
}

function reportOn(
  id: string,
  { links, faults: broken, wrappers }: { links: Link[]; faults: string[]; wrappers: Wrapper[] },
  all: ReadonlyMap<string, Link>,
): CaseReport {
  const sorted = inOrder(links);
  const faults = [...broken, ...findChainFaults(sorted)];
  const verification = verificationOf(sorted);
  const { records } = verification;
  const ignored = new Set<string>();
  const asOf = new Set<string>();
  const saidToGoOn: CaseReport['saidToGoOn'] = [];
  for (const wrapper of wrappers) {
    const own = wrapper.records.flatMap(({ jws }) => all.get(jws) ?? []);
    if (own.length < wrapper.records.length) continue; // One does not verify: that is told already.
    const comparison = compareWrapper(wrapper, own, records);
    if (comparison.differing.length > 0) faults.push(differenceOf(wrapper, comparison));
    for (const name of comparison.ignored) ignored.add(name);
    if (comparison.asOf !== null) asOf.add(comparison.asOf);
    const { saidSeq } = comparison;
    if (saidSeq !== null && saidSeq > lastSeq(records)) saidToGoOn.push({ place: wrapper.place, seq: saidSeq });
  }
  return { ...verification, case: id, faults, ignored: [...ignored], asOf: [...asOf], saidToGoOn };
}

function lastSeq(records: readonly Statement[]): number {
  return records.at(-1)?.seq ?? -1;
}

function differenceOf({ place, form }: Wrapper, { differing, of: { jti, seq } }: Comparison): string {
  const what = form === 'case' ? 'the case' : 'the answer';
  return `${place}: ${what} says something else than its record ${jti} (seq ${seq}): ${differing.join(', ')}.`;
}
