import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { letterCaseBuiltins } from './letter-case.ts';

// What opa 1.22.4 answers.
describe('letterCaseBuiltins', () => {
  it.each([
    ['lower', '"ÀÉİΑΣΣ ǅẞꟊA"', '"àéiασσ ǆßꟊa"'],
    ['lower', '"ΑΣ"', '"ασ"'],
    ['upper', '"aßŉǆᾳᾀﬁéıſ"', '"AßŉǄᾼᾈﬁÉIS"'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(letterCaseBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['lower', '1', 'operand 1 must be string but got number'],
    ['upper', '["a"]', 'operand 1 must be string but got array'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(letterCaseBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });

  // What strings.ToLower and strings.ToUpper of Go 1.26 map, over all characters, whatever Unicode this Node has.
  it.each([
    ['lower', '0a60af2a572c09c894ea7a121f1eb8fe084b67bdcb105eec2af32ee88424fb71'],
    ['upper', '46b9914cd78e25efadd6a3747bfaa3f700a0cef7ea8283e00cf1e28cf8488454'],
  ])('%s maps each character as Go does', (name, digest) => {
    const mapped: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const rune = String.fromCodePoint(code);
      const other = letterCaseBuiltins[name]?.(rune) as string;
      const isSurrogate = code >= 0xd800 && code <= 0xdfff;
      if (!isSurrogate && other !== rune) mapped.push(`${code.toString(16)}:[${other.codePointAt(0)?.toString(16)}]`);
    }
    expect(createHash('sha256').update(mapped.join(' ')).digest('hex')).toBe(digest);
  });
});
