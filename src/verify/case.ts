import type { Statement } from '../contract/statement.ts';
import type { Directory } from '../domain/directory.ts';
import { isDecision, isEnding, isGrantEvent } from '../domain/statement.ts';
import { type Checklist, createChecklist, faultsIn } from './checklist.ts';
import { checkApprovalSignatures } from './checks/approval-signatures.ts';
import { findBreak } from './checks/chain.ts';
import { findCountingFaults } from './checks/counting.ts';
import { findGrantEventFaults } from './checks/grant-event.ts';
import { findOpeningFaults } from './checks/opening.ts';
import { findOutcomeFaults } from './checks/outcome.ts';
import { findRecountFaults } from './checks/recount.ts';
import { findStepFaults } from './checks/step.ts';
import { findTimeFaults } from './checks/time.ts';
import { type Comparison, compareWrapper } from './checks/unsigned-members.ts';
import { faultOf } from './fault-text.ts';
import type { Wrapper } from './find-records.ts';
import type { CaseReport, CheckResult, Link, RecordReport } from './report.ts';

/** A record that verifies by itself. */
export type GenuineRecord = RecordReport & { record: Statement };

/** What was given of one case. */
export interface CaseParts {
  case: string;
  /** Genuine records, in any order. */
  genuine: GenuineRecord[];
  /** Records that are not genuine and name this case. */
  others: RecordReport[];
  /** The JSON around records of the case, whose first record is genuine. */
  wrappers: Wrapper[];
}

/** The bundle that decided records of the case, as far as it matters here. */
export interface DecidingDirectory {
  bundleDigest: string;
  directory: Directory;
  /** Ids of approvals that verify; added to. */
  verified: Set<string>;
}

/**
 * Verifies the records of one case against one another, in the order of the case, and then what is around them. `all` are the
 * genuine records of every case, by their JWS: the JSON around records may hold some of another case.
 */
export function verifyCase(
  { case: id, genuine, others, wrappers }: CaseParts,
  all: ReadonlyMap<string, GenuineRecord>,
  by: DecidingDirectory | null,
): CaseReport {
  const links = genuine.toSorted((a, b) => a.record.seq - b.record.seq);
  const chained = checkChain(links, by);
  const records = links.map(({ record }) => record);
  const around = compareAround(wrappers, all, records);
  const checks = [...others, ...chained];
  const faults = [...checks.flatMap((each) => faultsIn(each.checks)), ...faultsIn(around.check ? [around.check] : [])];
  return {
    case: id,
    isValid: faults.length === 0,
    records,
    decisions: records.filter(isDecision),
    fromBeginning: records[0]?.seq === 0,
    checks,
    unsignedMembers: around.check,
    faults,
    ignored: around.ignored,
    asOf: around.asOf,
    saidToGoOn: around.saidToGoOn,
  };
}

function checkChain(links: readonly GenuineRecord[], by: DecidingDirectory | null): RecordReport[] {
  let start = 0;
  return links.map((link, index) => {
    const before = links[index - 1];
    const gap = before === undefined ? null : findBreak(before, link);
    if (gap !== null) start = index; // What follows on a break is checked against what was given after it.
    const checks = checkRecord(link, { before: links.slice(start, index), gap, by });
    return { ...link, checks: [...link.checks, ...checks.results] };
  });
}

interface Surroundings {
  /** The unbroken records right before it, in order. */
  before: readonly Link[];
  /** Why it does not stand next to the record before it; null where it does, or where there is none. */
  gap: string | null;
  by: DecidingDirectory | null;
}

function checkRecord({ record }: GenuineRecord, { before, gap, by }: Surroundings): Checklist {
  const checks = createChecklist();
  const note = (check: CheckResult['check'], whys: readonly string[]) =>
    checks.note(
      check,
      whys.map((why) => faultOf(record, why)),
    );
  const last = before.at(-1);
  if (gap !== null) note('chain', [gap]);
  else if (last === undefined && record.seq > 0)
    checks.skip('chain', faultOf(record, 'follows a record that was not given'));
  else note('chain', []);
  if (last !== undefined) note('step', findStepFaults(record, last));
  if (last !== undefined && isGrantEvent(record) && !isEnding(last.record)) {
    note('grant_event', findGrantEventFaults(record, before));
  }
  note('time', findTimeFaults(record));
  if (!isDecision(record)) return checks;

  note('opening', findOpeningFaults(record));
  note('outcome', findOutcomeFaults(record));
  note('counting', findCountingFaults(record));
  const decided = last?.record;
  if (checks.hasFailed()) checks.skip('recount', faultOf(record, 'is not counted again, because another check failed'));
  else if (record.seq === 0) note('recount', findRecountFaults(record, null));
  else if (decided !== undefined && isDecision(decided)) note('recount', findRecountFaults(record, decided));
  else checks.skip('recount', faultOf(record, 'follows a decision that was not given'));
  if (by !== null) noteApprovalSignatures(record, by);
  return checks;

  function noteApprovalSignatures(decision: typeof record & { statement: 'decision' }, deciding: DecidingDirectory) {
    if (decision.policy.digest !== deciding.bundleDigest) {
      checks.skip(
        'approval_signatures',
        faultOf(decision, 'was decided by a bundle other than the one that was given'),
      );
      return;
    }
    const { verified, faults } = checkApprovalSignatures(decision, deciding.directory);
    for (const approval of verified) deciding.verified.add(approval);
    note('approval_signatures', faults);
  }
}

/** What the JSON around records says, against what they say. */
function compareAround(
  wrappers: readonly Wrapper[],
  all: ReadonlyMap<string, GenuineRecord>,
  records: readonly Statement[],
): Pick<CaseReport, 'ignored' | 'asOf' | 'saidToGoOn'> & { check: CheckResult | null } {
  const faults: string[] = [];
  const ignored = new Set<string>();
  const asOf = new Set<string>();
  const saidToGoOn: CaseReport['saidToGoOn'] = [];
  for (const wrapper of wrappers) {
    const own = wrapper.records.flatMap(({ jws }) => all.get(jws) ?? []);
    if (own.length < wrapper.records.length) continue; // One is not genuine: that is said already.
    const comparison = compareWrapper(wrapper, own, records);
    if (comparison.differing.length > 0) faults.push(differenceIn(wrapper, comparison));
    for (const name of comparison.ignored) ignored.add(name);
    if (comparison.asOf !== null) asOf.add(comparison.asOf);
    const { saidSeq } = comparison;
    if (saidSeq !== null && saidSeq > (records.at(-1)?.seq ?? -1))
      saidToGoOn.push({ place: wrapper.place, seq: saidSeq });
  }
  const result = faults.length === 0 ? 'passed' : 'failed';
  const check = wrappers.length === 0 ? null : ({ check: 'unsigned_members', result, why: faults } as const);
  return { check, ignored: [...ignored], asOf: [...asOf], saidToGoOn };
}

function differenceIn({ place, form }: Wrapper, { differing, of: { jti, seq } }: Comparison): string {
  const what = form === 'case' ? 'the case' : 'the answer';
  return `${place}: ${what} differs from its record ${jti} (seq ${seq}): ${differing.join(', ')}.`;
}
