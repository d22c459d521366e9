import type { Sha256 } from '../../base/canonical-json.ts';
import type { Approval } from '../../contract/approval.ts';
import type { Decision } from '../../contract/decision.ts';
import {
  ASSURANCES,
  type Assurance,
  type Evaluation,
  type Requirement,
  TIERS,
  type Tier,
} from '../../contract/evaluation.ts';
import type { BarredPerson } from '../decision.ts';

/** A verdict that does not count, and why. */
export interface Refusal {
  approval: string;
  code: string;
}

/** A verdict that may count. */
export interface ValidApproval {
  approval: Approval;
  person: string;
  /** Groups for which policy lists this approval as eligible. */
  groups: ReadonlySet<string>;
  /** Its giver was shown a lower risk than there is: it counts for nothing before it is given again. */
  isStale: boolean;
  /** Its giver could not approve when they gave it: it counts for nothing before it is given again. */
  isWithoutRight: boolean;
}

/** How the verdicts of a case stood in the decision before; null where they are all taken as given just now. */
export type Standings = Pick<Decision, 'counted' | 'not_counted'> | null;

export interface CountingInput {
  approvals: readonly Approval[];
  barred: readonly BarredPerson[];
  before: Standings;
  /** The verdict that is given now; null where there is none. */
  given: string | null;
  case: string | null;
  requestDigest: Sha256;
  now: string;
}

/** The code of an approval that counted, or was given for a lower risk, and is asked for again. */
const STALE = 'stale';
/** The code of a verdict whose giver could not approve when they gave it, or was somebody else, and can now. */
const GIVEN_WITHOUT_RIGHT = 'not_eligible_when_given';
/** Stands for a code where a verdict counted. */
const COUNTED = 'counted';
/** Codes of verdicts for which there was no place, though their givers may approve. */
const SPARE = new Set(['place_taken', 'person_already_counted']);

/** Codes of verdicts that would do if their givers gave them anew. */
export const REPEATABLE: ReadonlySet<string> = new Set([
  STALE,
  GIVEN_WITHOUT_RIGHT,
  'key_unknown',
  'authentication_too_old',
  'expired',
]);

/**
 * How the verdicts stood, without those whose identity leads to another person now (`current`) than in the decision before
 * (`recorded`). Nobody is taken at the word of somebody else: such a verdict has to be given again.
 */
export function withoutMoved(
  before: NonNullable<Standings>,
  recorded: readonly Approval[],
  current: readonly Approval[],
): NonNullable<Standings> {
  const personNow = new Map(current.map(({ id, approver }) => [id, approver.person]));
  const moved = new Set(
    recorded
      .filter(({ id, approver: { person } }) => person !== null && person !== personNow.get(id))
      .map(({ id }) => id),
  );
  const isTheirs = ({ approval }: { approval: string }) => !moved.has(approval);
  return { counted: before.counted.filter(isTheirs), not_counted: before.not_counted.filter(isTheirs) };
}

/** Splits the approvals into those that may count and those that may not, oldest first. */
export function sift(
  input: CountingInput,
  evaluation: Evaluation,
): { rejects: ValidApproval[]; approves: ValidApproval[]; notCounted: Refusal[] } {
  const rejects: ValidApproval[] = [];
  const approves: ValidApproval[] = [];
  const notCounted: Refusal[] = [];
  for (const approval of inOrder(input.approvals)) {
    const groups = new Set(evaluation.eligible.filter((e) => e.approval === approval.id).map(({ group }) => group));
    const code = refusalOf(approval, input, evaluation, groups);
    const { person } = approval.approver;
    if (code !== null || person === null) {
      notCounted.push({ approval: approval.id, code: code ?? 'person_unknown' });
      continue;
    }
    const isStale = isGivenForLess(approval, evaluation.tier);
    const isWithoutRight = !couldCount(standingBefore(approval, input));
    (approval.verdict === 'reject' ? rejects : approves).push({ approval, person, groups, isStale, isWithoutRight });
  }
  return { rejects, approves, notCounted };
}

function refusalOf(
  approval: Approval,
  input: CountingInput,
  evaluation: Evaluation,
  groups: ReadonlySet<string>,
): string | null {
  const { person, assurance } = approval.approver;
  if (approval.case !== input.case) return 'other_case';
  if (approval.request_digest !== input.requestDigest) return 'other_request';
  if (person === null) return assurance === 'signed' ? 'key_unknown' : 'person_unknown';
  const bar = input.barred.find((barred) => barred.person === person) ?? refusalOfOthers(approval, input.barred);
  if (bar !== null) return bar.code;
  if (approval.at > input.now) return 'not_yet_given';
  // A reject stays in force: letting it lapse would let time turn a refusal into an allow.
  if (approval.verdict === 'approve' && approval.expires_at <= input.now) return 'expired';
  const before = standingBefore(approval, input);
  return groups.size === 0
    ? refusalOfOutsider(approval, before, evaluation)
    : refusalOfReject(approval, { before, groups, evaluation });
}

/** Of a verdict that policy does not list as eligible. */
function refusalOfOutsider({ id }: Approval, before: string | null, { ineligible }: Evaluation): string {
  if (before === COUNTED || before === STALE) return STALE;
  return ineligible.find(({ approval }) => approval === id)?.code ?? 'not_eligible';
}

/** Rejects take no place: whether one counts shows here, and for approvals when they are placed. */
function refusalOfReject(
  { verdict, approver }: Approval,
  at: { before: string | null; groups: ReadonlySet<string>; evaluation: Evaluation },
): string | null {
  if (verdict === 'approve') return null;
  if (!couldCount(at.before)) return GIVEN_WITHOUT_RIGHT;
  return isSureEnoughToReject(approver, at.groups, at.evaluation) ? null : 'assurance_too_low';
}

/** How a verdict stood in the decision before: its code there, or COUNTED; null for one that is given now. */
function standingBefore({ id }: Approval, { before, given }: CountingInput): string | null {
  if (before === null || id === given) return null;
  if (before.counted.some(({ approval }) => approval === id)) return COUNTED;
  return before.not_counted.find(({ approval }) => approval === id)?.code ?? GIVEN_WITHOUT_RIGHT;
}

/** Whoever may approve now, but could not when they gave their verdict, is asked again. */
function couldCount(before: string | null): boolean {
  return before === null || before === COUNTED || before === STALE || SPARE.has(before);
}

/** A reject needs the assurance of one of the requirements that ask its giver, where any does. */
function isSureEnoughToReject(
  approver: Approval['approver'],
  groups: ReadonlySet<string>,
  { requirements }: Evaluation,
): boolean {
  const asking = requirements.filter(({ any_of }) => any_of.some((group) => groups.has(group)));
  return asking.length === 0 || asking.some(({ min_assurance: least }) => isAtLeast(approver.assurance, least));
}

/** Whoever approved was shown a lower risk than there is. A reject is none the worse for it. */
function isGivenForLess({ verdict, seen_tier: seen }: Approval, tier: Tier): boolean {
  return verdict === 'approve' && seen !== undefined && TIERS.indexOf(seen) < TIERS.indexOf(tier);
}

/** An approval is no better than the person who submitted it, and the person for whom it was given. */
function refusalOfOthers(
  { submitted_by, on_behalf_of }: Approval,
  barred: readonly BarredPerson[],
): { code: string } | null {
  const isBarred = (person: string | null) => barred.some((each) => each.person === person);
  if (submitted_by.principal !== null && submitted_by.person === null) return { code: 'submitter_unknown' };
  if (isBarred(submitted_by.person)) return { code: 'submitter_barred' };
  if (on_behalf_of !== null && on_behalf_of.person === null) return { code: 'on_behalf_of_unknown' };
  if (on_behalf_of !== null && isBarred(on_behalf_of.person)) return { code: 'on_behalf_of_barred' };
  return null;
}

/**
 * Places distinct persons on the requirements: a maximum bipartite matching by augmenting paths (Kuhn), so that a
 * person who fits two places takes the one that the others cannot fill. Whoever gives a verdict now comes first: anybody who
 * may approve can confirm what others have approved.
 */
export function place(
  requirements: readonly Requirement[],
  valid: readonly ValidApproval[],
  { before, given }: Pick<CountingInput, 'before' | 'given'>,
): { counted: Decision['counted']; notCounted: Refusal[] } {
  const byPerson = Map.groupBy(valid, ({ person }) => person);
  const giver = valid.find(({ approval }) => approval.id === given)?.person;
  const people = [...byPerson.keys()].sort((a, b) => Number(b === giver) - Number(a === giver) || compare(a, b));
  const placed = new Map(requirements.map(({ id }) => [id, [] as string[]]));

  const fits = (person: string, requirement: Requirement) =>
    byPerson.get(person)?.findLast((candidate) => meets(candidate, requirement));

  function seat(person: string, tried: Set<string>): boolean {
    for (const requirement of requirements) {
      if (tried.has(requirement.id) || fits(person, requirement) === undefined) continue;
      tried.add(requirement.id);
      const seated = placed.get(requirement.id) ?? [];
      if (seated.length < requirement.count) {
        seated.push(person);
        return true;
      }
      const moved = seated.findIndex((other) => seat(other, tried));
      if (moved >= 0) {
        seated[moved] = person;
        return true;
      }
    }
    return false;
  }
  for (const person of people) seat(person, new Set());

  const counted = requirements.flatMap((requirement) =>
    (placed.get(requirement.id) ?? []).toSorted().map((person) => ({
      approval: fits(person, requirement)?.approval.id ?? '',
      person,
      requirement: requirement.id,
    })),
  );
  const used = new Set(counted.map(({ approval }) => approval));
  const seatedPeople = new Set(counted.map(({ person }) => person));
  const onceCounted = idsOnceCounted(before);
  const notCounted = valid
    .filter(({ approval }) => !used.has(approval.id))
    .map((candidate) => {
      const { id } = candidate.approval;
      const isRepeated = seatedPeople.has(candidate.person) && !candidate.isWithoutRight;
      if (isRepeated) return { approval: id, code: 'person_already_counted' };
      return { approval: id, code: spareCode(candidate, requirements, onceCounted.has(id)) };
    });
  return { counted, notCounted };
}

function idsOnceCounted(before: Standings): ReadonlySet<string> {
  const { counted = [], not_counted: rest = [] } = before ?? {};
  return new Set([...counted, ...rest.filter(({ code }) => code === STALE)].map(({ approval }) => approval));
}

function meets(candidate: ValidApproval, requirement: Requirement): boolean {
  return !candidate.isStale && !candidate.isWithoutRight && suffices(candidate, requirement);
}

function suffices({ approval, groups }: ValidApproval, requirement: Requirement): boolean {
  return (
    requirement.any_of.some((group) => groups.has(group)) &&
    isAtLeast(approval.approver.assurance, requirement.min_assurance) &&
    isRecent(approval, requirement)
  );
}

/** Where nobody can say when somebody proved who they are, it was too long ago. */
function isRecent({ at, authenticated_at: proved }: Approval, requirement: Requirement): boolean {
  const { max_authentication_age_seconds: maxAgeSeconds } = requirement;
  if (maxAgeSeconds === undefined) return true;
  return typeof proved === 'string' && Date.parse(at) - Date.parse(proved) <= maxAgeSeconds * 1000;
}

function spareCode(candidate: ValidApproval, requirements: readonly Requirement[], hadCounted: boolean): string {
  if (requirements.some((requirement) => meets(candidate, requirement))) return 'place_taken';
  // First, and never a code of verdicts that could count: what was given without the right must not gain it by the next look.
  if (candidate.isWithoutRight && requirements.some((requirement) => suffices(candidate, requirement))) {
    return GIVEN_WITHOUT_RIGHT;
  }
  if (!candidate.isWithoutRight && (candidate.isStale || hadCounted)) return STALE;
  const open = requirements.filter(({ any_of }) => any_of.some((group) => candidate.groups.has(group)));
  if (open.length === 0) return 'not_eligible';
  const { assurance } = candidate.approval.approver;
  const isSure = open.some(({ min_assurance: least }) => isAtLeast(assurance, least));
  return isSure ? 'authentication_too_old' : 'assurance_too_low';
}

function isAtLeast(assurance: Assurance, least: Assurance = 'asserted'): boolean {
  return ASSURANCES.indexOf(assurance) >= ASSURANCES.indexOf(least);
}

function inOrder(approvals: readonly Approval[]): Approval[] {
  return approvals.toSorted((a, b) => compare(a.at, b.at) || compare(a.id, b.id));
}

export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
