import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { jsonBuiltins } from './json.ts';

// What opa 1.22.4 answers.
describe('json.marshal', () => {
  it.each([
    [
      'json.marshal',
      '{"b": {3, 1.0}, "a": "<&>\\u2028\\u0008\\u000c\\u007f\\u0001\\"\\\\/é😀"}',
      '"{\\"a\\":\\"\\\\u003c\\\\u0026\\\\u003e\\\\u2028\\\\b\\\\f\u007f\\\\u0001\\\\\\"\\\\\\\\/é😀\\",\\"b\\":[1.0,3]}"',
    ],
    [
      'json.marshal',
      '{1: "a", "1": "b", [1, "<"]: {null}, {"x"}: 0, true: 1}',
      '"{\\"1\\":\\"b\\",\\"[\\\\\\"x\\\\\\"]\\":0,\\"[1,\\\\\\"\\\\\\\\u003c\\\\\\"]\\":[null],\\"true\\":1}"',
    ],
    ['json.marshal', '-0', '"-0"'],
    ['json.marshal', '[1e2, 1.50, 18446744073709551616]', '"[1e2,1.50,18446744073709551616]"'],
    ['json.marshal', '"\\ufffd"', '"\\"�\\""'],
    ['json.marshal', '{"__proto__": 1}', '"{\\"__proto__\\":1}"'],
    [
      'json.marshal_with_options',
      '{["<"]: "<"}, {"pretty": true}',
      '"{\\n\\t\\"[\\\\\\"\\\\\\\\u003c\\\\\\"]\\": \\"\\\\u003c\\"\\n}"',
    ],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(jsonBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['{"indent": 1}', 'operand 2 key "indent" failed cast to string: operand 0 must be string but got number'],
    ['{"pretty": "x"}', 'operand 2 key "pretty" failed cast to bool'],
    ['{"a": 1, {2}: 3}', 'operand 2 object contained unknown key "a"'],
    ['{1: 2}', 'operand 2 failed to stringify key 1 at index 0: operand 0 must be string but got number'],
  ])('with the options %s is an error', (options, message) => {
    const call = () => callBuiltin(jsonBuiltins, 'json.marshal_with_options', `1, ${options}`);
    expect(call).toThrow(expect.objectContaining({ message }));
  });

  it('refuses a number that is none of JSON, as to_number gives them', () => {
    expect(() => callBuiltin(jsonBuiltins, 'json.marshal', '[1.]')).toThrow(
      'json: invalid number literal, trying to marshal "1."',
    );
  });
});
