import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { membershipBuiltins } from './membership.ts';

// What opa 1.22.4 answers.
describe('membershipBuiltins', () => {
  it.each([
    ['internal.member_2', '1.0, [0, 1]', 'true'],
    ['internal.member_2', '1, {"a": 1}', 'true'],
    ['internal.member_2', '"a", {"a": 1}', 'false'],
    ['internal.member_2', '{"a": 1}, {{"a": 1.0}}', 'true'],
    ['internal.member_2', '"a", "abc"', 'false'],
    ['internal.member_2', '1, null', 'false'],
    ['internal.member_3', '1.0, "b", ["a", "b"]', 'true'],
    ['internal.member_3', '1e0, "b", ["a", "b"]', 'false'],
    ['internal.member_3', '-1, "b", ["a", "b"]', 'false'],
    ['internal.member_3', '"a", 1, {"a": 1.0}', 'true'],
    ['internal.member_3', '"a", null, {"b": null}', 'false'],
    ['internal.member_3', '"constructor", null, {}', 'false'],
    ['internal.member_3', '1, 1.0, {1}', 'true'],
    ['internal.member_3', '1, 2, {1, 2}', 'false'],
    ['internal.member_3', '0, "a", "abc"', 'false'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(membershipBuiltins, name, args)).toBe(want);
  });
});
