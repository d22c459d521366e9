import { AppError } from '../base/errors.ts';
import type { Scope } from '../contract/scope.ts';

/** What somebody may hand on: the scopes that they use themselves, and those that they may grant besides. */
export interface Granting {
  scopes: readonly string[];
  mayGrant: readonly string[];
}

/**
 * Throws AppError `forbidden` where a token would get more than whoever makes it has: a scope that they neither hold nor may
 * grant, or the right to grant a scope that they may not grant themselves. To hold a scope is not to pass on its granting, so
 * that each step away from the first token can do at most as much as the one before.
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
