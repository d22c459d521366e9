import type fc from 'fast-check';
import type { RegoValue } from '../../../src/rego/value.ts';

/** For a builtin whose answers by arguments of its declared types alone would mostly be errors: likelier arguments. */
export type Strategies = Readonly<Record<string, fc.Arbitrary<readonly RegoValue[]>>>;
