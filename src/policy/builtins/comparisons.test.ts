import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { comparisonBuiltins, typeBuiltins } from './comparisons.ts';

// What opa 1.22.4 answers.
describe('comparisonBuiltins', () => {
  it.each([
    ['equal', '1, 1.0', 'true'],
    ['equal', '0.1, 0.10000000000000000001', 'false'],
    ['equal', '1e400, 10e399', 'true'],
    ['equal', '{1, 2}, {2, 1}', 'true'],
    ['neq', '"1", 1', 'true'],
    ['equal', '9007199254740993, 9007199254740992', 'false'],
    ['gt', '9007199254740993, 9007199254740992.5', 'true'],
    ['lt', '1e-400, 1e-399', 'true'],
    ['lt', '-1e400, -1e399', 'true'],
    ['lt', '{"a": 1, "c": 1}, {"a": 2, "b": 1}', 'true'],
    ['lt', '{"a": 1}, {"a": 1, "b": 0}', 'true'],
    ['lt', '[1, 2], [1, 2, 0]', 'true'],
    ['lte', 'null, false', 'true'],
    ['gte', 'set(), {}', 'true'],
    ['lt', '"～", "😀"', 'true'],
    ['equal', '0, -0.0', 'true'],
    ['lt', '{1, 3}, {2}', 'true'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(comparisonBuiltins, name, args)).toBe(want);
  });
});

describe('typeBuiltins', () => {
  it.each([
    ['is_array', '[]', 'true'],
    ['is_array', 'set()', 'false'],
    ['is_set', '{1}', 'true'],
    ['is_object', '{}', 'true'],
    ['is_null', 'null', 'true'],
    ['is_number', '1e400', 'true'],
    ['is_string', '"a"', 'true'],
    ['is_boolean', 'false', 'true'],
    ['is_boolean', 'null', 'false'],
    ['type_name', 'null', '"null"'],
    ['type_name', 'true', '"boolean"'],
    ['type_name', '1.0', '"number"'],
    ['type_name', '"a"', '"string"'],
    ['type_name', '[1]', '"array"'],
    ['type_name', '{"a": 1}', '"object"'],
    ['type_name', '{1}', '"set"'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(typeBuiltins, name, args)).toBe(want);
  });
});
