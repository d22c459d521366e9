import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { semverBuiltins } from './semver.ts';

// What opa 1.22.4 answers.
describe('semverBuiltins', () => {
  it.each([
    ['semver.compare', '"1.2.3", "v1.2.3"', '0'],
    ['semver.compare', '"1.2.3-a", "1.2.3"', '-1'],
    ['semver.compare', '"1.2.3-1", "1.2.3-a"', '-1'],
    ['semver.compare', '"1.2.3-a.1", "1.2.3-a"', '1'],
    ['semver.compare', '"1.2.3-10", "1.2.3-9"', '1'],
    ['semver.compare', '"1.2.3+x", "1.2.3+y"', '0'],
    ['semver.compare', '"1.10.0", "1.9.0"', '1'],
    ['semver.is_valid', '"1.2.3"', 'true'],
    ['semver.is_valid', '"1.2"', 'false'],
    ['semver.is_valid', '"1.02.3"', 'false'],
    ['semver.is_valid', '"1.2.3-01"', 'false'],
    ['semver.is_valid', '"1.2.3-0a"', 'true'],
    ['semver.is_valid', '"99999999999999999999.1.1"', 'false'],
    ['semver.is_valid', '"1.2.3\\n"', 'false'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(semverBuiltins, name, args)).toBe(want);
  });

  it.each([['semver.compare', '"1", "1.2.3"', 'operand 1: string "1" is not a valid SemVer']])(
    '%s(%s) is an error',
    (name, args, message) => {
      expect(() => callBuiltin(semverBuiltins, name, args)).toThrow(message);
    },
  );
});
