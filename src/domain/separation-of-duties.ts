import type { BarredPerson } from './decision.ts';
import type { Directory } from './directory.ts';
import type { Caller } from './record.ts';
import type { AccessRequest } from './request.ts';

/**
 * Who can never approve a request, whatever policy says: its subject, the person behind the caller, and `requested_by`,
 * each under all of their identities (those
 * of today, and the caller's as recorded). `requesterKnown` is false where `requested_by` is an identity of nobody we know.
 */
export function separateDuties(
  request: AccessRequest,
  caller: Caller,
  directory: Directory,
): { barred: BarredPerson[]; requesterKnown: boolean } {
  const requestedBy = request.context?.requested_by;
  const requester = requestedBy === undefined ? null : directory.personOf(requestedBy);
  const candidates = [
    { person: directory.personOf(request.subject.id), code: 'approver_is_subject' as const },
    { person: caller.person, code: 'approver_is_caller' as const },
    { person: caller.principal && directory.personOf(caller.principal), code: 'approver_is_caller' as const },
    { person: requester, code: 'approver_is_requester' as const },
  ];
  return {
    barred: candidates.filter((candidate): candidate is BarredPerson => candidate.person !== null),
    requesterKnown: requestedBy === undefined || requester !== null,
  };
}
