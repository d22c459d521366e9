import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import type { RegoValue } from '../rego-value.ts';
import { walkBuiltins } from './walk.ts';

// What opa 1.22.4 answers.
describe('walkBuiltins', () => {
  it.each([
    [
      'walk',
      '{"b": [1, {2}], "a": {}}',
      '[[[],{"a":{},"b":[1,[2]]}],[["a"],{}],[["b"],[1,[2]]],[["b",0],1],[["b",1],[2]],[["b",1,2],2]]',
    ],
    ['walk', '1', '[[[],1]]'],
    ['walk', '{3: "x", "a": null}', '[[[],{"3":"x","a":null}],[[3],"x"],[["a"],null]]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(walkBuiltins, name, args)).toBe(want);
  });
});

it('refuses what has paths that are far longer than the value', () => {
  let value: RegoValue = 'end';
  for (let depth = 0; depth < 2500; depth++) value = [value];
  expect(() => walkBuiltins['walk']?.(value)).toThrow('more than 2000000 parts of paths');
});
