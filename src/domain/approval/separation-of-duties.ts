import type { Caller, Persons } from '../../contract/record.ts';
import type { AccessRequest } from '../../contract/request.ts';
import type { Directory } from '../directory.ts';

/** A person whom no policy may let approve, and the code that says why. */
export interface BarredPerson {
  person: string;
  code: 'approver_is_subject' | 'approver_is_caller' | 'approver_is_requester';
}

/** Why the requester or the beneficiary cannot be determined: codes that deny above the lowest tier. */
export const UNDETERMINED = ['requester_unknown', 'caller_unknown', 'subject_unknown', 'requester_missing'] as const;
/** Codes that deny at every tier. */
export const FORBIDDEN = ['identity_changed', 'caller_inactive', 'requester_inactive'] as const;

export interface SeparatedDuties {
  barred: BarredPerson[];
  undetermined: (typeof UNDETERMINED)[number][];
  forbidden: (typeof FORBIDDEN)[number][];
}

const ROLES = ['subject', 'caller', 'requester'] as const;
type Role = (typeof ROLES)[number];

/** The persons behind a request by the current data. */
export function personsOf(request: AccessRequest, caller: Caller, directory: Directory): Persons {
  const personOf = (identity: string | null | undefined) => (identity ? directory.personOf(identity) : null);
  return {
    subject: personOf(request.subject.id),
    caller: personOf(caller.principal),
    requester: personOf(request.context?.requested_by),
  };
}

/**
 * Who can never approve a request, independently of the policy: its subject, the person behind the caller, and
 * `requested_by`, under any of their identities. `opened` are the persons that the first record of the case pinned: a person
 * who was one of them, or is one of them by the current data, is barred. If an identity belongs to a different person than
 * when the case was opened, the case cannot be allowed. An unknown identity could hide the approver, and if no known person
 * is behind a request, approvers cannot be distinguished from the requester: both are undetermined.
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

/** The persons behind a request with their roles in it, by the data of any of several times. */
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
