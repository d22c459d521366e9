import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { jsonSchemaBuiltins } from './json-schema.ts';

// What opa 1.22.4 answers.
describe('jsonSchemaBuiltins', () => {
  it.each([
    [
      'json.match_schema',
      '{"id": "x"}, {"properties": {"id": {"type": "integer"}}}',
      '[false,[{"desc":"Invalid type. Expected: integer, given: string","error":"id: Invalid type. Expected: integer, given: string","field":"id","type":"invalid_type"}]]',
    ],
    [
      'json.match_schema',
      '{"b": {"c": [1, {"d": "x"}]}}, {"properties": {"b": {"properties": {"c": {"items": [{}, {"properties": {"d": {"minLength": 2}}}]}}}}}',
      '[false,[{"desc":"String length must be greater than or equal to 2","error":"b.c.1.d: String length must be greater than or equal to 2","field":"b.c.1.d","type":"string_gte"}]]',
    ],
    [
      'json.match_schema',
      '"{\\"a\\":1}", "{\\"required\\":[\\"b\\"]}"',
      '[false,[{"desc":"b is required","error":"(Root): b is required","field":"(Root)","type":"required"}]]',
    ],
    [
      'json.match_schema',
      '{"e": 3}, {"properties": {"e": {"enum": [1, "x"]}}}',
      '[false,[{"desc":"e must be one of the following: 1, \\"x\\"","error":"e: e must be one of the following: 1, \\"x\\"","field":"e","type":"enum"}]]',
    ],
    [
      'json.match_schema',
      '{"x": 1}, {"additionalProperties": false}',
      '[false,[{"desc":"Additional property x is not allowed","error":"(Root): Additional property x is not allowed","field":"(Root)","type":"additional_property_not_allowed"}]]',
    ],
    [
      'json.match_schema',
      '{"n": 1.5}, {"properties": {"n": {"type": ["integer", "null"]}}}',
      '[false,[{"desc":"Invalid type. Expected: [integer,null], given: number","error":"n: Invalid type. Expected: [integer,null], given: number","field":"n","type":"invalid_type"}]]',
    ],
    [
      'json.match_schema',
      '{"u": [1, 1]}, {"properties": {"u": {"uniqueItems": true}}}',
      '[false,[{"desc":"array items[0,1] must be unique","error":"u: array items[0,1] must be unique","field":"u","type":"unique"}]]',
    ],
    ['json.match_schema', '{}, {}', '[true,[]]'],
    [
      'json.verify_schema',
      '{"type": "x"}',
      '[false,"jsonschema: has a primitive type that is NOT VALID -- given: /x/ Expected valid values are:[array boolean integer number null object string]"]',
    ],
    ['json.verify_schema', '"x"', '[false,"jsonschema: invalid JSON string"]'],
    ['json.verify_schema', '{"type": "string", "pattern": "^a$"}', '[true,null]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(jsonSchemaBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['json.match_schema', '"{", "{}"', 'invalid JSON string'],
    [
      'json.match_schema',
      '{}, {"type": "x"}',
      'has a primitive type that is NOT VALID -- given: /x/ Expected valid values are:[array boolean integer number null object string]',
    ],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(jsonSchemaBuiltins, name, args)).toThrow(message);
  });
});
