import { AppError } from '../base/errors.ts';
import type { Scope } from '../contract/scope.ts';

/** What a caller may pass on: its own scopes for its own principal, and those that it may grant to anybody. */
export interface Granting {
  scopes: readonly string[];
  mayGrant: readonly string[];
  principal: string | null;
}

/**
 * Throws AppError `forbidden` if a token would get more than its creator has: a scope that the creator neither holds nor may
 * grant, or the right to grant a scope that the creator may not grant. Holding a scope does not include the right to pass on
 * its granting, so no token can do more than the token that created it. A scope that the creator only holds is passed on for
 * the creator's own principal or for none: otherwise whoever may approve could make a token that approves as another person.
 */
export function requireGrantable(
  wanted: { scopes: readonly Scope[]; may_grant: readonly Scope[]; principal: string | null },
  { scopes, mayGrant, principal }: Granting,
): void {
  const missing = wanted.scopes.filter((scope) => !scopes.includes(scope) && !mayGrant.includes(scope));
  if (missing.length > 0) {
    throw new AppError('forbidden', `This token neither has nor may grant ${missing.join(', ')}.`);
  }
  const held = wanted.scopes.filter((scope) => !mayGrant.includes(scope));
  if (held.length > 0 && wanted.principal !== null && wanted.principal !== principal) {
    throw new AppError('forbidden', `This token may not grant ${held.join(', ')} to another principal than its own.`);
  }
  const beyond = wanted.may_grant.filter((scope) => !mayGrant.includes(scope));
  if (beyond.length > 0) {
    throw new AppError('forbidden', `This token may not grant ${beyond.join(', ')} or let another token grant it.`);
  }
}
