import { z } from 'zod';
import { type Approval, instantSchema } from './approval.ts';
import type { Sha256 } from './canonical-json.ts';
import {
  ASSURANCES,
  type Assurance,
  assuranceSchema,
  type Evaluation,
  obligationSchema,
  type Requirement,
  TIERS,
  type Tier,
  tierSchema,
} from './evaluation.ts';

export const OUTCOMES = ['allow', 'deny', 'approval_required'] as const;
export const outcomeSchema = z.enum(OUTCOMES).meta({ id: 'Outcome' });
export type Outcome = z.infer<typeof outcomeSchema>;

const unmetSchema = z
  .strictObject({
    requirement: z.string(),
    any_of: z.array(z.string()),
    have: z.int(),
    need: z.int(),
    min_assurance: assuranceSchema.optional(),
    max_authentication_age_seconds: z.int().optional(),
  })
  .meta({ id: 'UnmetRequirement' });

/** What Countersign decided, and why each approval did or did not count. */
export const decisionSchema = z
  .strictObject({
    outcome: outcomeSchema,
    tier: tierSchema,
    denials: z.array(z.strictObject({ code: z.string() })),
    satisfied: z.array(z.string()).meta({ description: 'Ids of the requirements that are met' }),
    unmet: z.array(unmetSchema),
    counted: z.array(z.strictObject({ approval: z.string(), person: z.string(), requirement: z.string().nullable() })),
    not_counted: z.array(z.strictObject({ approval: z.string(), code: z.string() })),
    obligations: z.array(obligationSchema),
    expires_at: instantSchema.nullable(),
    review_by: instantSchema.nullable(),
    controls: z.array(z.string()),
  })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof decisionSchema>;

/** Why there is no usable evaluation. Each ends in a deny at the highest tier (law 2). */
export interface EvaluationFault {
  fault:
    | 'evaluation_undefined'
    | 'evaluation_invalid'
    | 'evaluation_failed'
    | 'evaluation_timeout'
    | 'evaluation_memory'
    | 'builtin_error';
}

/** A person whom no policy may let approve, and the code that says why. */
export interface BarredPerson {
  person: string;
  code: 'approver_is_subject' | 'approver_is_caller' | 'approver_is_requester';
}

export interface DecideInput {
  evaluation: Evaluation | EvaluationFault;
  approvals: readonly Approval[];
  barred: readonly BarredPerson[];
  /** Codes for whose identity cannot be told, so that nobody can tell them from an approver either. */
  undetermined: readonly string[];
  /** See onceCounted; empty for a new case. */
  onceCounted: readonly string[];
  /** Null while the case has no record yet, and then no approval can belong to it. */
  case: string | null;
  requestDigest: Sha256;
  /** The pinned instant of the evaluation: UTC, milliseconds, Z. */
  now: string;
}

/** The code of an approval that counted, or was given for a lower risk, and is asked for again. */
const STALE = 'stale';

/** Codes of approvals that would do if their givers gave them anew. */
export const REPEATABLE: ReadonlySet<string> = new Set([STALE, 'key_unknown', 'authentication_too_old']);

/** The approvals that counted in a decision, or had counted before it and are asked for again: ids. */
export function onceCounted({ counted, not_counted: rest }: Decision): string[] {
  return [...counted, ...rest.filter(({ code }) => code === STALE)].map(({ approval }) => approval);
}

/**
 * Derives the outcome from an evaluation and the approvals of the case. Pure and total: the same input gives the same
 * decision, in whatever order approvals come, and what no policy may relax is enforced here (laws 2 and 3).
 */
export function decide(input: DecideInput): Decision {
  const { evaluation, now } = input;
  if ('fault' in evaluation)
    return denied('critical', [evaluation.fault], [], input.approvals.map(notCounted('no_evaluation')));

  const { valid, notCounted: refused } = sift(input, evaluation);
  const rejects = valid.filter(({ approval }) => approval.verdict === 'reject');
  // A policy that denies has said why; what its answer lacks beside that is of no interest.
  const denials = evaluation.denials.map(({ code }) => code);
  const codes = denials.length > 0 ? denials : engineDenials(input, evaluation);
  if (rejects.length > 0) codes.push('rejected');
  if (codes.length > 0) {
    const counted = rejects.map(({ approval, person }) => ({ approval: approval.id, person, requirement: null }));
    const idle = valid.filter(({ approval }) => approval.verdict === 'approve').map(({ approval }) => approval);
    const rest = [...refused, ...idle.map(notCounted('case_denied'))];
    return { ...denied(evaluation.tier, codes, evaluation.controls, rest), counted };
  }

  const { counted, notCounted: spare } = place(evaluation.requirements, valid, input.onceCounted);
  const status = evaluation.requirements.map((requirement) => {
    const have = counted.filter((entry) => entry.requirement === requirement.id).length;
    const { id, any_of, count, code: _, ...least } = requirement;
    return { requirement: id, any_of, have, need: count, ...least };
  });
  const unmet = status.filter(({ have, need }) => have < need);
  const allowed = unmet.length === 0;
  return {
    outcome: allowed ? 'allow' : 'approval_required',
    tier: evaluation.tier,
    denials: [],
    satisfied: status.filter(({ have, need }) => have >= need).map(({ requirement }) => requirement),
    unmet,
    counted,
    not_counted: byApproval([...refused, ...spare]),
    obligations: evaluation.obligations,
    expires_at: allowed ? addSeconds(now, evaluation.max_ttl_seconds ?? 0) : null,
    review_by: allowed ? addSeconds(now, evaluation.review_after_seconds ?? 0) : null,
    controls: evaluation.controls,
  };
}

/** What makes an evaluation unfit for anything but a denial, whatever its policy meant. */
function engineDenials({ undetermined }: DecideInput, evaluation: Evaluation): string[] {
  const { tier, requirements, max_ttl_seconds, review_after_seconds, approval_ttl_seconds } = evaluation;
  const codes: string[] = [];
  const aboveLowest = tier !== 'low';
  if ((aboveLowest && requirements.length === 0) || requirements.some(({ count }) => count < 1)) {
    codes.push('approver_count_missing');
  }
  if (new Set(requirements.map(({ id }) => id)).size < requirements.length) codes.push('requirement_ambiguous');
  if (!isPositive(max_ttl_seconds)) codes.push('lifetime_missing');
  if (!isPositive(review_after_seconds)) codes.push('review_missing');
  if (requirements.length > 0 && !isPositive(approval_ttl_seconds)) codes.push('approval_lifetime_missing');
  if (aboveLowest || requirements.length > 0) codes.push(...undetermined);
  return codes;
}

function isPositive(seconds: number | undefined): boolean {
  return seconds !== undefined && seconds > 0;
}

interface ValidApproval {
  approval: Approval;
  person: string;
  /** Groups for which policy lists this approval as eligible. */
  groups: ReadonlySet<string>;
  /** It counts for nothing before it is given again. */
  isStale: boolean;
}

interface Refusal {
  approval: string;
  code: string;
}

/** Splits the approvals into those that may count and those that may not, oldest first. */
function sift(input: DecideInput, evaluation: Evaluation): { valid: ValidApproval[]; notCounted: Refusal[] } {
  const valid: ValidApproval[] = [];
  const refused: Refusal[] = [];
  for (const approval of inOrder(input.approvals)) {
    const groups = new Set(evaluation.eligible.filter((e) => e.approval === approval.id).map(({ group }) => group));
    const code = refusalOf(approval, input, evaluation, groups);
    const { person } = approval.approver;
    if (code !== null || person === null) refused.push({ approval: approval.id, code: code ?? 'person_unknown' });
    else valid.push({ approval, person, groups, isStale: isGivenForLess(approval, evaluation.tier) });
  }
  return { valid, notCounted: refused };
}

function refusalOf(
  approval: Approval,
  input: DecideInput,
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
  if (groups.size > 0) return null;
  if (input.onceCounted.includes(approval.id)) return STALE;
  return evaluation.ineligible.find((entry) => entry.approval === approval.id)?.code ?? 'not_eligible';
}

/** Whoever approved was shown a lower risk than there is. A reject is none the worse for it. */
function isGivenForLess({ verdict, seen_tier: seen }: Approval, tier: Tier): boolean {
  return verdict === 'approve' && seen !== undefined && TIERS.indexOf(seen) < TIERS.indexOf(tier);
}

/** An approval is no better than the hands it went through: who submitted it, and for whom it was given. */
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
 * person who fits two places takes the one that the others cannot fill.
 */
function place(
  requirements: readonly Requirement[],
  valid: readonly ValidApproval[],
  onceCounted: readonly string[],
): { counted: Decision['counted']; notCounted: Refusal[] } {
  const byPerson = Map.groupBy(valid, ({ person }) => person);
  const people = [...byPerson.keys()].sort();
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
  const notCounted = valid
    .filter(({ approval }) => !used.has(approval.id))
    .map((candidate) => {
      const { id } = candidate.approval;
      if (seatedPeople.has(candidate.person)) return { approval: id, code: 'person_already_counted' };
      return { approval: id, code: spareCode(candidate, requirements, onceCounted.includes(id)) };
    });
  return { counted, notCounted };
}

function meets({ approval, groups, isStale }: ValidApproval, requirement: Requirement): boolean {
  return (
    !isStale &&
    requirement.any_of.some((group) => groups.has(group)) &&
    isAtLeast(approval.approver.assurance, requirement.min_assurance ?? 'asserted') &&
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
  if (candidate.isStale || hadCounted) return STALE;
  const open = requirements.filter(({ any_of }) => any_of.some((group) => candidate.groups.has(group)));
  if (open.length === 0) return 'not_eligible';
  const { assurance } = candidate.approval.approver;
  const isSure = open.some(({ min_assurance: least = 'asserted' }) => isAtLeast(assurance, least));
  return isSure ? 'authentication_too_old' : 'assurance_too_low';
}

function isAtLeast(assurance: Assurance, least: Assurance): boolean {
  return ASSURANCES.indexOf(assurance) >= ASSURANCES.indexOf(least);
}

function inOrder(approvals: readonly Approval[]): Approval[] {
  return approvals.toSorted((a, b) => compare(a.at, b.at) || compare(a.id, b.id));
}

function byApproval(refusals: Refusal[]): Refusal[] {
  return refusals.toSorted((a, b) => compare(a.approval, b.approval));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function denied(tier: Tier, codes: string[], controls: string[], notCountedHere: Refusal[]): Decision {
  return {
    outcome: 'deny',
    tier,
    denials: [...new Set(codes)].sort().map((code) => ({ code })),
    satisfied: [],
    unmet: [],
    counted: [],
    not_counted: byApproval(notCountedHere),
    obligations: [],
    expires_at: null,
    review_by: null,
    controls,
  };
}

function notCounted(code: string): (approval: Approval) => Refusal {
  return (approval) => ({ approval: approval.id, code });
}

/** Adds seconds to an instant, in the form that records use. */
export function addSeconds(instant: string, seconds: number): string {
  return new Date(Date.parse(instant) + seconds * 1000).toISOString();
}
