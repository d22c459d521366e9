import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { templateStringBuiltins } from './template-string.ts';

// What opa 1.22.4 answers.
describe('templateStringBuiltins', () => {
  it.each([
    ['internal.template_string', '["a", {1}, "b", {"x"}, {true}, {null}]', '"a1bxtruenull"'],
    ['internal.template_string', '["a", set()]', '"a<undefined>"'],
    ['internal.template_string', '[{[1, "x\\u0000\\u007f\\"é", 1.50]}]', '"[1, \\"x\\\\x00\\\\x7f\\\\\\"é\\", 1.50]"'],
    ['internal.template_string', '[{{"b": 1, "a": {3, 1, 2}}}, {set()}]', '"{\\"a\\": {1, 2, 3}, \\"b\\": 1}set()"'],
    ['internal.template_string', '[]', '""'],
    ['internal.template_string', '[1, "a", null]', '"1anull"'],
    ['internal.template_string', '["a", 1e2, {12345678901234567890}]', '"a1e212345678901234567890"'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(templateStringBuiltins, name, args)).toBe(want);
  });

  it.each([['internal.template_string', '"a"', 'operand 1 must be array but got string']])(
    '%s(%s) is an error',
    (name, args, message) => {
      expect(() => callBuiltin(templateStringBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
    },
  );

  it.each([
    ['["a", {1, 2}]', 'template-strings must not produce multiple outputs'],
    ['["a", [1]]', 'illegal argument type: array'],
    ['[{1, 2}, {"a": 1}]', 'illegal argument type: object'],
  ])('of %s is an error, which ends the query in OPA', (args, message) => {
    expect(() => callBuiltin(templateStringBuiltins, 'internal.template_string', args)).toThrow(
      expect.objectContaining({ message }),
    );
  });
});
