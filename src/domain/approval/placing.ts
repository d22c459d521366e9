import { compareText } from '../../base/text.ts';
import type { Requirement } from '../../contract/evaluation.ts';
import type { Candidate } from './check.ts';
import { canFill } from './requirement-fit.ts';

/** A place of a requirement, and the person and approval that fill it. */
export interface FilledPlace {
  approval: string;
  person: string;
  requirement: string;
}

/**
 * Places distinct persons on the requirements: a maximum bipartite matching by augmenting paths (Kuhn), so that a person who
 * fits two places takes the one that the others cannot fill. The person who gives an approval now (`given`, its id) comes
 * first: any eligible approver can confirm what others have approved. `candidates` are ordered from oldest to newest; of one
 * person's approvals the newest that fits is taken.
 */
export function placePersons(
  requirements: readonly Requirement[],
  candidates: readonly Candidate[],
  given: string | null,
): FilledPlace[] {
  const byPerson = Map.groupBy(candidates, ({ person }) => person);
  const giver = candidates.find(({ approval }) => approval.id === given)?.person;
  const people = [...byPerson.keys()].sort((a, b) => Number(b === giver) - Number(a === giver) || compareText(a, b));
  const placed = new Map(requirements.map(({ id }) => [id, [] as string[]]));

  const approvalFor = (person: string, requirement: Requirement) =>
    byPerson.get(person)?.findLast((candidate) => canFill(candidate, requirement))?.approval;

  function place(person: string, tried: Set<string>): boolean {
    for (const requirement of requirements) {
      if (tried.has(requirement.id) || approvalFor(person, requirement) === undefined) continue;
      tried.add(requirement.id);
      const persons = placed.get(requirement.id) ?? [];
      if (persons.length < requirement.count) {
        persons.push(person);
        return true;
      }
      const moved = persons.findIndex((other) => place(other, tried));
      if (moved >= 0) {
        persons[moved] = person;
        return true;
      }
    }
    return false;
  }
  for (const person of people) place(person, new Set());

  return requirements.flatMap((requirement) =>
    (placed.get(requirement.id) ?? []).toSorted().map((person) => ({
      approval: approvalFor(person, requirement)?.id ?? '',
      person,
      requirement: requirement.id,
    })),
  );
}
