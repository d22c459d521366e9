import type { Caller, Persons } from '../../contract/record.ts';
import type { AccessRequest } from '../../contract/request.ts';
import type { Directory } from '../directory.ts';

/** A person whom no policy may let approve, and the code that says why. */
export interface BarredPerson {
  person: string;
  code: 'approver_is_subject' | 'approver_is_caller' | 'approver_is_requester';
}

/** Why nobody can tell who asks, or for whom: codes that deny above the lowest tier. */
export const UNDETERMINED = ['requester_unknown', 'caller_unknown', 'subject_unknown', 'requester_missing'] as const;
/** Codes of what denies at every tier. */
export const FORBIDDEN = ['identity_changed', 'caller_inactive', 'requester_inactive'] as const;

export interface SeparatedDuties {
  barred: BarredPerson[];
  undetermined: (typeof UNDETERMINED)[number][];
  forbidden: (typeof FORBIDDEN)[number][];
}

const ROLES = ['subject', 'caller', 'requester'] as const;
type Role = (typeof ROLES)[number];

/** The persons behind a request by the data of today. */
export function personsOf(request: AccessRequest, caller: Caller, directory: Directory): Persons {
  const personOf = (identity: string | null | undefined) => (identity ? directory.personOf(identity) : null);
  return {
    subject: personOf(request.subject.id),
    caller: personOf(caller.principal),
    requester: personOf(request.context?.requested_by),
  };
}

/**
 * Who can never approve a request, whatever policy says: its subject, the person behind the caller, and `requested_by`,
 * under any of their identities. `opened` are the persons that the first record of the case pinned: whoever was one of them,
 * or is one of them by the data of today, is barred. An identity that leads to somebody else than it did when the case was
 * opened makes the case unfit to be allowed. An identity of theirs that is nobody's could hide the approver, and a request
 * behind which no person stands has nobody to tell approvers from: both are undetermined.
 */
export function separateDuties(
  request: AccessRequest,
  caller: Caller,
  opened: Persons,
  directory: Directory,
): SeparatedDuties {
  const now = personsOf(request, caller, directory);
  const barred = barredBy(opened, now);
  return { barred, undetermined: undeterminedBy(request, caller, now, directory), forbidden: forbiddenBy(opened, now) };

  function forbiddenBy(before: Persons, after: Persons): SeparatedDuties['forbidden'] {
    const hasLeft = (role: Role) => after[role] !== null && !directory.isActive(after[role]);
    const codes: SeparatedDuties['forbidden'] = [];
    if (ROLES.some((role) => before[role] !== after[role])) codes.push('identity_changed');
    if (hasLeft('caller')) codes.push('caller_inactive');
    if (hasLeft('requester')) codes.push('requester_inactive');
    return codes;
  }
}

/** The persons behind a request, each as who they are in it, by what was known at any of several times. */
export function barredBy(...known: readonly Persons[]): BarredPerson[] {
  return ROLES.flatMap((role) =>
    [...new Set(known.map((persons) => persons[role]))].flatMap((person) =>
      person === null ? [] : [{ person, code: `approver_is_${role}` as const }],
    ),
  );
}

function undeterminedBy(
  { subject, context }: AccessRequest,
  { principal }: Caller,
  persons: Persons,
  directory: Directory,
): SeparatedDuties['undetermined'] {
  const codes: SeparatedDuties['undetermined'] = [];
  if (context?.requested_by !== undefined && persons.requester === null) codes.push('requester_unknown');
  if (principal !== null && persons.caller === null) codes.push('caller_unknown');
  // A kind of somebody's own may forget to ask who the subject is; then the subject could approve under another name.
  if (persons.subject === null && !directory.isWorkloadType(subject.type)) codes.push('subject_unknown');
  if (ROLES.every((role) => persons[role] === null)) codes.push('requester_missing');
  return codes;
}
