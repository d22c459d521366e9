import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { encodingBuiltins } from './encoding.ts';

// What opa 1.22.4 answers.
describe('encodingBuiltins', () => {
  it.each([
    ['hex.encode', '"é hi"', '"c3a9206869"'],
    ['hex.decode', '"c3a9206869"', '"é hi"'],
    ['hex.decode', '"e282ff41"', '"\ufffd\ufffd\ufffdA"'],
    ['base64url.encode_no_pad', '"é>?"', '"w6k-Pw"'],
    ['urlquery.encode', '"a b&c=é!\'()*~-_."', '"a+b%26c%3D%C3%A9%21%27%28%29%2A~-_."'],
    ['urlquery.decode', '"a+b%26%C3%A9"', '"a b&é"'],
    ['urlquery.decode', '"%e2%82"', '"\ufffd\ufffd"'],
    ['urlquery.encode_object', '{"b": ["2", "1"], "a": "x y", "c": {"q", "p"}}', '"a=x+y&b=2&b=1&c=p&c=q"'],
    ['urlquery.decode_object', '"a=1&b=2&a=3&c&&=x&d=%20+"', '{"":["x"],"a":["1","3"],"b":["2"],"c":[""],"d":["  "]}'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(encodingBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['hex.decode', '"6g"', "encoding/hex: invalid byte: U+0067 'g'"],
    ['hex.decode', '"abc"', 'encoding/hex: odd length hex string'],
    ['urlquery.decode', '"%zz"', 'invalid URL escape "%zz"'],
    ['urlquery.encode_object', '{"a": 1}', 'operand 1 values must be string, array[string], or set[string]'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(encodingBuiltins, name, args)).toThrow(message);
  });

  it('takes as many parameters as Go does', () => {
    const decode = encodingBuiltins['urlquery.decode_object'];
    expect(decode?.(`a=1${'&a=1'.repeat(9_999)}`)).toEqual({ a: Array(10_000).fill('1') });
    expect(() => decode?.(`a=1${'&a=1'.repeat(10_000)}`)).toThrow('number of URL query parameters exceeded limit');
  });
});
