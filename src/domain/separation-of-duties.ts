import type { BarredPerson } from './decision.ts';
import type { Directory } from './directory.ts';
import type { Caller } from './record.ts';
import type { AccessRequest } from './request.ts';

export interface SeparatedDuties {
  barred: BarredPerson[];
  /** Why it cannot be told who asks: codes that deny above the lowest tier. */
  undetermined: ('requester_unknown' | 'caller_unknown' | 'requester_missing')[];
}

/**
 * Who can never approve a request, whatever policy says: its subject, the person behind the caller, and `requested_by`,
 * under any of their identities. An identity of theirs that is nobody's could hide the approver, and a request behind
 * which no person stands has nobody to tell approvers from: both are undetermined.
 */
export function separateDuties(request: AccessRequest, caller: Caller, directory: Directory): SeparatedDuties {
  const personOf = (identity: string | null | undefined) => (identity ? directory.personOf(identity) : null);
  const requestedBy = request.context?.requested_by;
  const callers = [caller.person, personOf(caller.principal)];
  const candidates = [
    { person: personOf(request.subject.id), code: 'approver_is_subject' as const },
    ...callers.map((person) => ({ person, code: 'approver_is_caller' as const })),
    { person: personOf(requestedBy), code: 'approver_is_requester' as const },
  ];
  const barred = candidates.filter((candidate): candidate is BarredPerson => candidate.person !== null);
  const undetermined: SeparatedDuties['undetermined'] = [];
  if (requestedBy !== undefined && personOf(requestedBy) === null) undetermined.push('requester_unknown');
  if (caller.principal !== null && personOf(caller.principal) === null) undetermined.push('caller_unknown');
  if (barred.length === 0) undetermined.push('requester_missing');
  return { barred, undetermined };
}
