import type { GrantEvent, RevocationRequest } from '../contract/grant-event.ts';
import { revoked } from '../domain/grant.ts';
import type { CaseCall, CaseParts } from './case-parts.ts';
import { type GrantEventResult, recordGrantEvent, refuseRevoked, requirePerson } from './grant-step.ts';

type Revocation = Extract<GrantEvent, { statement: 'revocation' }>;

/** Revokes a grant permanently. Rejects with AppError `grant_over`, `person_missing`, and as recordGrantEvent does. */
export function revoke(parts: CaseParts, call: CaseCall<RevocationRequest>): Promise<GrantEventResult> {
  const { body, caller } = call;
  return recordGrantEvent<Revocation, RevocationRequest>(parts, { statement: 'revocation', call }, (grant) => {
    refuseRevoked(grant);
    const by = requirePerson(caller, grant);
    return { statement: 'revocation', by, revocation: body, standing: revoked(grant.standing, grant.at) };
  });
}
