import type { BuiltinTable } from '../../src/rego/rego.ts';

/** What test/rego/policy calls and OPA does not have. */
export const builtins: BuiltinTable = {
  'acme.score': (amount) => {
    if (typeof amount !== 'number') throw new Error('operand 1 must be a small number');
    return amount > 1000 ? 90 : 10;
  },
};
