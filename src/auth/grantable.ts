import { AppError } from '../base/errors.ts';
import type { Scope } from '../contract/scope.ts';

/** What a caller may pass on: its own scopes, and those that it may grant in addition. */
export interface Granting {
  scopes: readonly string[];
  mayGrant: readonly string[];
}

/**
 * Throws AppError `forbidden` if a token would get more than its creator has: a scope that the creator neither holds nor may
 * grant, or the right to grant a scope that the creator may not grant. Holding a scope does not include the right to pass on
 * its granting, so no token can do more than the token that created it.
 */
export function requireGrantable(
  wanted: { scopes: readonly Scope[]; may_grant: readonly Scope[] },
  { scopes, mayGrant }: Granting,
): void {
  const missing = wanted.scopes.filter((scope) => !scopes.includes(scope) && !mayGrant.includes(scope));
  if (missing.length > 0) {
    throw new AppError('forbidden', `This token neither has nor may grant ${missing.join(', ')}.`);
  }
  const beyond = wanted.may_grant.filter((scope) => !mayGrant.includes(scope));
  if (beyond.length > 0) {
    throw new AppError('forbidden', `This token may not grant ${beyond.join(', ')} or let another token grant it.`);
  }
}
