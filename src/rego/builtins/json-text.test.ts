import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { jsonBuiltins } from './json.ts';
import { isJsonText, parseJsonText } from './json-text.ts';

// What opa 1.22.4 answers.
describe('the text of JSON', () => {
  it.each([
    ['json.unmarshal', '"{\\"b\\":[1,1.0,-0,1e2],\\"a\\":{}}"', '{"a":{},"b":[1,1.0,-0,1e2]}'],
    ['json.unmarshal', '" [ ] "', '[]'],
    ['json.unmarshal', '"{\\"a\\":1,\\"a\\":2}"', '{"a":2}'],
    ['json.unmarshal', '"\\"\\\\ud800x\\\\udc00\\\\ud83d\\\\ude00\\""', '"�x�😀"'],
    ['json.unmarshal', '"{\\"\\\\ud800\\":1,\\"\\\\udc00\\":2}"', '{"�":2}'],
    ['json.unmarshal', '"9007199254740993"', '9007199254740993'],
    ['json.unmarshal', '"1e400"', '1e400'],
    ['json.unmarshal', '"\\"\\\\u2028\\u2028\\\\/\\u007f\\""', '"\u2028\u2028/\u007f"'],
    ['json.unmarshal', '"{\\"__proto__\\":{\\"x\\":1}}"', '{"__proto__":{"x":1}}'],
    ['json.unmarshal', '"1 null"', '1'],
    ['json.unmarshal', '"1 nullx"', '1'],
    ['json.unmarshal', '"0e99999999"', '0e99999999'],
    ['json.is_valid', '"{\\"a\\":[1,2.0]}"', 'true'],
    ['json.is_valid', '"1 null"', 'false'],
    ['json.is_valid', '"1 "', 'true'],
    ['json.is_valid', '"01"', 'false'],
    ['json.is_valid', '"[1,]"', 'false'],
    ['json.is_valid', '"{1:2}"', 'false'],
    ['json.is_valid', '"1e99999"', 'true'],
    ['json.is_valid', '"\\"\\\\ud800\\""', 'true'],
    ['json.is_valid', '""', 'false'],
    ['json.is_valid', '"\\"\\u0001\\""', 'false'],
    ['json.is_valid', '1', 'false'],
    ['json.is_valid', '{}', 'false'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(jsonBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['json.unmarshal', '""', 'EOF'],
    ['json.unmarshal', '"  "', 'EOF'],
    ['json.unmarshal', '"{\\"a\\":1} x"', "invalid character 'x' looking for beginning of value"],
    ['json.unmarshal', '"{\\"a\\":1} \\"x\\""', "error: invalid character 'x' after top-level value"],
    ['json.unmarshal', '"1 ["', "error: invalid character '[' after top-level value"],
    ['json.unmarshal', '"1 }"', "invalid character '}' looking for beginning of value"],
    ['json.unmarshal', '"1 2.0"', "error: invalid character '2.0' after top-level value"],
    ['json.unmarshal', '"1 true"', "error: invalid character '%!s(bool=true)' after top-level value"],
    ['json.unmarshal', '"[1,]"', "invalid character ']' looking for beginning of value"],
    ['json.unmarshal', '"{\\"a\\":1,}"', "invalid character '}' looking for beginning of object key string"],
    ['json.unmarshal', '"{1:2}"', "invalid character '1' looking for beginning of object key string"],
    ['json.unmarshal', '"01"', "error: invalid character '1' after top-level value"],
    ['json.unmarshal', '"-"', 'unexpected EOF'],
    ['json.unmarshal', '"1."', 'unexpected EOF'],
    ['json.unmarshal', '"1.e2"', "invalid character 'e' after decimal point in numeric literal"],
    ['json.unmarshal', '"1e"', 'unexpected EOF'],
    ['json.unmarshal', '".5"', "invalid character '.' looking for beginning of value"],
    ['json.unmarshal', '"+1"', "invalid character '+' looking for beginning of value"],
    ['json.unmarshal', '"nul"', 'unexpected EOF'],
    ['json.unmarshal', '"tru"', 'unexpected EOF'],
    ['json.unmarshal', '"truth"', "invalid character 't' in literal true (expecting 'e')"],
    ['json.unmarshal', '"NaN"', "invalid character 'N' looking for beginning of value"],
    ['json.unmarshal', '"\\"a"', 'unexpected EOF'],
    ['json.unmarshal', '"\\"a\\n\\""', "invalid character '\\n' in string literal"],
    ['json.unmarshal', '"\\"\\\\x\\""', "invalid character 'x' in string escape code"],
    ['json.unmarshal', '"\\"\\\\u12g4\\""', "invalid character 'g' in \\u hexadecimal character escape"],
    ['json.unmarshal', '"[1 2]"', "invalid character '2' after array element"],
    ['json.unmarshal', '"{\\"a\\" 1}"', "invalid character '1' after object key"],
    ['json.unmarshal', '"{\\"a\\":1 \\"b\\"}"', "invalid character '\"' after object key:value pair"],
    ['json.unmarshal', '"\\ufeff1"', "invalid character 'ï' looking for beginning of value"],
    ['json.unmarshal', '"\'a\'"', "invalid character '\\'' looking for beginning of value"],
    ['json.unmarshal', '"\\u0001"', "invalid character '\\x01' looking for beginning of value"],
    ['json.unmarshal', '"[\\u00e9]"', "invalid character 'Ã' looking for beginning of value"],
    ['json.unmarshal', '"1e99999"', 'invalid number: number too big'],
    ['json.unmarshal', '"1e-99999"', 'invalid number: number too big'],
    ['json.unmarshal', '"1e99999999999"', 'invalid number: invalid float'],
    ['json.unmarshal', '"[1e99999"', 'unexpected EOF'],
    ['json.unmarshal', '"1e99999 2"', "error: invalid character '2' after top-level value"],
    ['json.unmarshal', '"["', 'unexpected EOF'],
    ['json.unmarshal', '[1]', 'operand 1 must be string but got array'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(jsonBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });
});

describe('a deep text', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  it('is read to the depth that Go reads', () => {
    expect(isJsonText(nested(10_000))).toBe(true);
    let [value, depth] = [parseJsonText(nested(10_000)), 1];
    while (Array.isArray(value) && value[0] !== undefined) [value, depth] = [value[0], depth + 1];
    expect(depth).toBe(10_000);
  });

  it('is refused beyond, however deep', () => {
    const objects = `${'{"a":'.repeat(10_001)}1${'}'.repeat(10_001)}`;
    expect(() => parseJsonText(nested(10_001))).toThrow("invalid character '[' exceeded max depth");
    expect(() => parseJsonText(objects)).toThrow("invalid character '{' exceeded max depth");
    expect(isJsonText('['.repeat(10_000_000))).toBe(false);
  });
});
