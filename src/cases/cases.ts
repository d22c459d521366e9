import { approve } from './approve.ts';
import type { CaseParts } from './case-parts.ts';
import { expire } from './expire.ts';
import { issue } from './issue.ts';
import { openCase } from './open.ts';
import { redecide } from './redecide.ts';
import { review } from './review.ts';
import { revoke } from './revoke.ts';
import { withdraw } from './withdraw.ts';

const STORIES = { openCase, approve, redecide, review, revoke, issue, withdraw, expire };

/** The steps of cases with their dependencies; see the file of each. */
export type Cases = {
  [Name in keyof typeof STORIES]: (call: Parameters<(typeof STORIES)[Name]>[1]) => ReturnType<(typeof STORIES)[Name]>;
};

/** @example const cases = createCases(parts); await cases.openCase({ request, caller, key: null }); */
export function createCases(parts: CaseParts): Cases {
  return {
    openCase: (call) => openCase(parts, call),
    approve: (call) => approve(parts, call),
    redecide: (call) => redecide(parts, call),
    review: (call) => review(parts, call),
    revoke: (call) => revoke(parts, call),
    issue: (call) => issue(parts, call),
    withdraw: (call) => withdraw(parts, call),
    expire: (call) => expire(parts, call),
  };
}
