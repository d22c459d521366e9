import type { Approval } from '../../contract/approval.ts';
import { ASSURANCES, type Assurance, type Requirement, TIERS } from '../../contract/evaluation.ts';
import type { ApprovalInCase } from './check.ts';

/** Whether an approval takes a place of a requirement as it stands: it meets the requirement, and nothing disqualifies it. */
export function canFill(given: ApprovalInCase, requirement: Requirement): boolean {
  return given.wasEntitled && !wasShownLowerRisk(given) && satisfies(given, requirement);
}

/** Whether an approval has the group, the assurance and the recent authentication that a requirement asks for. */
export function satisfies({ approval, groups }: ApprovalInCase, requirement: Requirement): boolean {
  return (
    isOpenTo(requirement, groups) &&
    isSureEnough(approval, requirement) &&
    isRecentlyAuthenticated(approval, requirement)
  );
}

/** The requirements that one of the groups of an approval can meet. */
export function requirementsAsking({ evaluation, groups }: ApprovalInCase): Requirement[] {
  return evaluation.requirements.filter((requirement) => isOpenTo(requirement, groups));
}

export function isSureEnough({ approver }: Approval, { min_assurance: least = 'asserted' }: Requirement): boolean {
  return strength(approver.assurance) >= strength(least);
}

/** Whether the approver was shown a lower risk than the current one. This does not weaken a reject. */
export function wasShownLowerRisk({ approval, evaluation }: ApprovalInCase): boolean {
  const { verdict, seen_tier: seen } = approval;
  return verdict === 'approve' && seen !== undefined && TIERS.indexOf(seen) < TIERS.indexOf(evaluation.tier);
}

function isOpenTo({ any_of }: Requirement, groups: ReadonlySet<string>): boolean {
  return any_of.some((group) => groups.has(group));
}

/** An authentication at an unknown time is too old. */
function isRecentlyAuthenticated({ at, authenticated_at: authenticatedAt }: Approval, asked: Requirement): boolean {
  const { max_authentication_age_seconds: maxAgeSeconds } = asked;
  if (maxAgeSeconds === undefined) return true;
  if (typeof authenticatedAt !== 'string') return false;
  return Date.parse(at) - Date.parse(authenticatedAt) <= maxAgeSeconds * 1000;
}

function strength(assurance: Assurance): number {
  return ASSURANCES.indexOf(assurance);
}
