import type { Sha256 } from '../../base/canonical-json.ts';
import { compareText } from '../../base/text.ts';
import type { Approval } from '../../contract/approval.ts';
import type { Decision } from '../../contract/decision.ts';
import type { Evaluation } from '../../contract/evaluation.ts';
import { type ApprovalInCase, type Candidate, firstRefusal } from './check.ts';
import { APPROVAL_CHECKS } from './check-table.ts';
import { APPROVAL_REASONS } from './codes.ts';
import { placePersons } from './placing.ts';
import { NOT_ELIGIBLE, NOT_ELIGIBLE_WHEN_GIVEN, STALE } from './reasons.ts';
import type { BarredPerson } from './separation-of-duties.ts';
import { UNPLACED_CHECKS } from './unplaced.ts';

/** An approval that does not count, and the code that says why. */
export interface Refusal {
  approval: string;
  code: string;
}

/** Which approvals counted in the previous decision, and why others did not; null if all are treated as given now. */
export type PreviousCount = Pick<Decision, 'counted' | 'not_counted'> | null;

export interface CountingInput {
  approvals: readonly Approval[];
  barred: readonly BarredPerson[];
  before: PreviousCount;
  /** The id of the approval that is given now; null where there is none. */
  given: string | null;
  /** Null while the case has no record yet. */
  case: string | null;
  requestDigest: Sha256;
  now: string;
}

/** Approvals after the checks, from oldest to newest. */
export interface Screened {
  /** Rejects that count. */
  rejects: Candidate[];
  /** Approvals that count if they find a place. */
  candidates: Candidate[];
  refused: Refusal[];
}

/** Used instead of a code if an approval counted. */
const COUNTED = 'counted';

/**
 * The previous count without the approvals whose identity belongs to a different person now (`current`) than in the previous
 * decision (`recorded`): an approval of one person never counts for another, so it has to be given again.
 */
export function withoutReassigned(
  before: NonNullable<PreviousCount>,
  recorded: readonly Approval[],
  current: readonly Approval[],
): NonNullable<PreviousCount> {
  const personNow = new Map(current.map(({ id, approver }) => [id, approver.person]));
  const reassigned = new Set(
    recorded
      .filter(({ id, approver: { person } }) => person !== null && person !== personNow.get(id))
      .map(({ id }) => id),
  );
  const isSamePerson = ({ approval }: { approval: string }) => !reassigned.has(approval);
  return { counted: before.counted.filter(isSamePerson), not_counted: before.not_counted.filter(isSamePerson) };
}

/** Walks the checks for each approval. */
export function screen(input: CountingInput, evaluation: Evaluation): Screened {
  const screened: Screened = { rejects: [], candidates: [], refused: [] };
  for (const approval of oldestFirst(input.approvals)) {
    const inCase = inCaseOf(input, evaluation, approval);
    const code = firstRefusal(APPROVAL_CHECKS, inCase);
    const { person } = approval.approver;
    if (code !== null || person === null) {
      screened.refused.push({ approval: approval.id, code: code ?? NOT_ELIGIBLE.code });
    } else {
      (approval.verdict === 'reject' ? screened.rejects : screened.candidates).push({ ...inCase, person });
    }
  }
  return screened;
}

/** Fills the places of the requirements, and gives the reason for each approval that took none. */
export function fillPlaces(
  { requirements }: Evaluation,
  candidates: readonly Candidate[],
  given: string | null,
): { counted: Decision['counted']; refused: Refusal[] } {
  const counted = placePersons(requirements, candidates, given);
  const approvals = new Set(counted.map(({ approval }) => approval));
  const persons = new Set(counted.map(({ person }) => person));
  const refused = candidates
    .filter(({ approval }) => !approvals.has(approval.id))
    .map((candidate) => {
      const unplaced = { ...candidate, isPersonPlaced: persons.has(candidate.person) };
      const code = firstRefusal(UNPLACED_CHECKS, unplaced) ?? NOT_ELIGIBLE.code;
      return { approval: candidate.approval.id, code };
    });
  return { counted, refused };
}

function inCaseOf(input: CountingInput, evaluation: Evaluation, approval: Approval): ApprovalInCase {
  const before = codeBefore(approval, input);
  return {
    evaluation,
    case: input.case,
    requestDigest: input.requestDigest,
    barred: input.barred,
    now: input.now,
    approval,
    groups: new Set(evaluation.eligible.filter((each) => each.approval === approval.id).map(({ group }) => group)),
    hadCounted: before === COUNTED || before === STALE.code,
    wasEntitled: before === null || before === COUNTED || APPROVAL_REASONS.get(before)?.wasEntitled === true,
  };
}

/** The code of an approval in the decision before, or COUNTED; null for one that is given now. */
function codeBefore({ id }: Approval, { before, given }: CountingInput): string | null {
  if (before === null || id === given) return null;
  if (before.counted.some(({ approval }) => approval === id)) return COUNTED;
  return before.not_counted.find(({ approval }) => approval === id)?.code ?? NOT_ELIGIBLE_WHEN_GIVEN.code;
}

function oldestFirst(approvals: readonly Approval[]): Approval[] {
  return approvals.toSorted((a, b) => compareText(a.at, b.at) || compareText(a.id, b.id));
}
