import type { Difference } from './compare.ts';

/** A kind of difference that stays, and why. */
export interface KnownDifference {
  builtins: readonly string[];
  /** What differs, for a person who writes policy. */
  what: string;
  why: string;
  isMeant: (difference: Difference) => boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [];
