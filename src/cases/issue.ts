import { AppError } from '../base/errors.ts';
import type { GrantEvent, IssuanceRequest } from '../contract/grant-event.ts';
import { isInForce, issued } from '../domain/grant.ts';
import type { CaseCall, CaseParts } from './case-parts.ts';
import {
  type Actor,
  dutiesOf,
  type Grant,
  type GrantEventResult,
  recordGrantEvent,
  refuseRevoked,
  requirePerson,
  requireRoom,
} from './grant-step.ts';

type Issuance = Extract<GrantEvent, { statement: 'issuance' }>;

/**
 * States which credential a grant led to. Rejects with AppError `grant_over` (also for a grant that expired),
 * `invalid_request`, `person_missing`, `case_full`, and as recordGrantEvent does.
 */
export function issue(parts: CaseParts, call: CaseCall<IssuanceRequest>): Promise<GrantEventResult> {
  const { body, caller } = call;
  return recordGrantEvent<Issuance, IssuanceRequest>(parts, { statement: 'issuance', call }, (grant) => {
    const { standing, at } = grant;
    refuseRevoked(grant);
    if (!isInForce(standing, at)) throw new AppError('grant_over', 'The grant has expired.');
    if (body.expires_at <= at) throw new AppError('invalid_request', 'The credential has already expired.');
    requireRoom(grant);
    const by = caller.principal === null ? beneficiary(grant) : requirePerson(caller, grant);
    return { statement: 'issuance', by, issuance: body, standing: issued(standing, body.expires_at) };
  });
}

/** An issuance by a machine is attributed to the person of the grant. Throws AppError `person_missing`. */
function beneficiary(grant: Grant): Actor {
  const { barred } = dutiesOf(grant);
  const person = barred[0]?.person;
  if (person === undefined) {
    throw new AppError('person_missing', 'No known person is behind the grant; send requested_by with the request.');
  }
  return { identity: person, person };
}
