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
    ['base64.decode', '"w6k="', '"é"'],
    ['base64.decode', '"/+8="', '"��"'],
    ['base64.decode', '"4oI="', '"��"'],
    ['base64.decode', '""', '""'],
    ['base64.decode', '"YQ\\n=\\r=\\n"', '"a"'],
    ['base64.decode', '"YR=="', '"a"'],
    ['base64.encode', '"é>?"', '"w6k+Pw=="'],
    ['base64.encode', '""', '""'],
    ['base64.is_valid', '"YQ=="', 'true'],
    ['base64.is_valid', '""', 'true'],
    ['base64.is_valid', '"YQ"', 'false'],
    ['base64.is_valid', '"Y Q="', 'false'],
    ['base64.is_valid', '1', 'false'],
    ['base64url.decode', '"w6k_"', '"é?"'],
    ['base64url.decode', '"YQ"', '"a"'],
    ['base64url.decode', '"YQ=="', '"a"'],
    ['base64url.decode', '"YWJ"', '"ab"'],
    ['base64url.encode', '"é>?"', '"w6k-Pw=="'],
    ['base64url.encode', '"éé~?"', '"w6nDqX4_"'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(encodingBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['hex.decode', '"6g"', "encoding/hex: invalid byte: U+0067 'g'"],
    ['hex.decode', '"\\u007f"', 'encoding/hex: invalid byte: U+007F'],
    ['hex.decode', '"abc"', 'encoding/hex: odd length hex string'],
    ['urlquery.decode', '"%zz"', 'invalid URL escape "%zz"'],
    ['urlquery.encode_object', '{"a": 1}', 'operand 1 values must be string, array[string], or set[string]'],
    ['base64.decode', '"YQ"', 'illegal base64 data at input byte 0'],
    ['base64.decode', '"YQ="', 'illegal base64 data at input byte 3'],
    ['base64.decode', '"YQ=a"', 'illegal base64 data at input byte 2'],
    ['base64.decode', '"YQ==YQ=="', 'illegal base64 data at input byte 4'],
    ['base64.decode', '"Y-Q="', 'illegal base64 data at input byte 1'],
    ['base64.decode', '"YQé="', 'illegal base64 data at input byte 2'],
    ['base64.decode', '"=YQ="', 'illegal base64 data at input byte 0'],
    ['base64.decode', '1', 'operand 1 must be string but got number'],
    ['base64.encode', 'null', 'operand 1 must be string but got null'],
    ['base64url.decode', '"YQ="', 'illegal base64 data at input byte 3'],
    ['base64url.decode', '"Y"', 'illegal base64url string: Y'],
    ['base64url.decode', '"éaa"', 'illegal base64 data at input byte 0'],
    ['base64url.decode', '"a+aa"', 'illegal base64 data at input byte 1'],
    ['base64url.encode', '1', 'operand 1 must be string but got number'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(encodingBuiltins, name, args)).toThrow(message);
  });

  it('takes as many parameters as Go does', () => {
    const decode = encodingBuiltins['urlquery.decode_object'];
    expect(decode?.(`a=1${'&a=1'.repeat(9_999)}`)).toEqual({ a: Array(10_000).fill('1') });
    expect(() => decode?.(`a=1${'&a=1'.repeat(10_000)}`)).toThrow('number of URL query parameters exceeded limit');
  });

  it('reads long base64', () => {
    const long = Buffer.alloc(3_000_000, 'a').toString('base64');
    expect(encodingBuiltins['base64.decode']?.(long)).toHaveLength(3_000_000);
    expect(encodingBuiltins['base64.is_valid']?.(long)).toBe(true);
    expect(encodingBuiltins['base64.is_valid']?.(`${long}?`)).toBe(false);
  });
});
