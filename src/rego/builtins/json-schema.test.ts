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
    [
      'json.match_schema',
      '{}, {"enum": []}',
      '[false,[{"desc":"(Root) must be one of the following: ","error":"(Root): (Root) must be one of the following: ","field":"(Root)","type":"enum"}]]',
    ],
    ['json.match_schema', '{"n": 0.3}, {"properties": {"n": {"multipleOf": 0.1}}}', '[true,[]]'],
    [
      'json.match_schema',
      '{"n": 0.35}, {"properties": {"n": {"multipleOf": 0.1}}}',
      '[false,[{"desc":"Must be a multiple of 0.1","error":"n: Must be a multiple of 0.1","field":"n","type":"multiple_of"}]]',
    ],
    [
      'json.match_schema',
      '{"n": 9007199254740993}, {"properties": {"n": {"maximum": 9007199254740992}}}',
      '[false,[{"desc":"Must be less than or equal to 9.007199254740992e+15","error":"n: Must be less than or equal to 9.007199254740992e+15","field":"n","type":"number_lte"}]]',
    ],
    [
      'json.match_schema',
      '{"n": 5}, {"properties": {"n": {"minimum": 5, "exclusiveMinimum": true}}}',
      '[false,[{"desc":"Must be greater than 5","error":"n: Must be greater than 5","field":"n","type":"number_gt"}]]',
    ],
    [
      'json.match_schema',
      '{"constructor": 1}, {"properties": {"toString": {"type": "string"}}, "required": ["hasOwnProperty"]}',
      '[false,[{"desc":"hasOwnProperty is required","error":"(Root): hasOwnProperty is required","field":"(Root)","type":"required"}]]',
    ],
    [
      'json.match_schema',
      '{"__proto__": 1}, {"required": ["__proto__"], "additionalProperties": false}',
      '[false,[{"desc":"Additional property __proto__ is not allowed","error":"(Root): Additional property __proto__ is not allowed","field":"(Root)","type":"additional_property_not_allowed"}]]',
    ],
    [
      'json.match_schema',
      '{"e": "Name <a@b.com>", "t": "12:00:00", "u": "x", "h": "a_b"}, {"properties": {"e": {"format": "email"}, "t": {"format": "date-time"}, "u": {"format": "uri-reference"}, "h": {"format": "unknown"}}}',
      '[true,[]]',
    ],
    [
      'json.match_schema',
      '{"a": 1}, {"anyOf": [{"required": ["b"]}, {"properties": {"a": {"type": "string"}}}]}',
      '[false,[{"desc":"Must validate at least one schema (anyOf)","error":"(Root): Must validate at least one schema (anyOf)","field":"(Root)","type":"number_any_of"},{"desc":"b is required","error":"(Root): b is required","field":"(Root)","type":"required"}]]',
    ],
    [
      'json.match_schema',
      '{"a": [1, 2]}, {"properties": {"a": {"$ref": "#/definitions/texts"}}, "definitions": {"texts": {"items": {"type": "string"}}}}',
      '[false,[{"desc":"Invalid type. Expected: string, given: integer","error":"a.0: Invalid type. Expected: string, given: integer","field":"a.0","type":"invalid_type"},{"desc":"Invalid type. Expected: string, given: integer","error":"a.1: Invalid type. Expected: string, given: integer","field":"a.1","type":"invalid_type"}]]',
    ],
    [
      'json.match_schema',
      '{"a": true}, {"if": {"required": ["a"]}, "then": {"maxProperties": 0}}',
      '[false,[{"desc":"Must validate \\"then\\" as \\"if\\" was valid","error":"(Root): Must validate \\"then\\" as \\"if\\" was valid","field":"(Root)","type":"condition_then"},{"desc":"Must have at most 0 properties","error":"(Root): Must have at most 0 properties","field":"(Root)","type":"array_max_properties"}]]',
    ],
    [
      'json.match_schema',
      '{"a": {"b": {}}}, {"properties": {"a": {"$ref": "#"}}, "maxProperties": 0}',
      '[false,[{"desc":"Must have at most 0 properties","error":"(Root): Must have at most 0 properties","field":"(Root)","type":"array_max_properties"},{"desc":"Must have at most 0 properties","error":"a: Must have at most 0 properties","field":"a","type":"array_max_properties"}]]',
    ],
    ['json.verify_schema', '{"enum": [1, 1.0]}', '[false,"jsonschema: enum items must be unique"]'],
    ['json.verify_schema', '{"minLength": 1.0}', '[false,"jsonschema: minLength must be of an integer"]'],
    [
      'json.verify_schema',
      '{"minimum": 1, "$schema": "http://json-schema.org/draft-07/schema#", "exclusiveMinimum": true}',
      '[false,"jsonschema: Invalid type. Expected: number, given: exclusiveMinimum"]',
    ],
    [
      'json.verify_schema',
      '{"$ref": "#/definitions/missing"}',
      '[false,"jsonschema: Object has no key \'definitions\'"]',
    ],
    [
      'json.verify_schema',
      '{"properties": {"a": {"pattern": "(?=a)"}}}',
      '[false,"jsonschema: pattern must be a valid regex"]',
    ],
    ['json.verify_schema', '"0"', '[false,"jsonschema: schema is invalid"]'],
    [
      'json.match_schema',
      '{"type": 5}, {"$ref": "http://json-schema.org/draft-07/schema#"}',
      '[false,[{"desc":"Must validate at least one schema (anyOf)","error":"type: Must validate at least one schema (anyOf)","field":"type","type":"number_any_of"},{"desc":"type must be one of the following: \\"array\\", \\"boolean\\", \\"integer\\", \\"null\\", \\"number\\", \\"object\\", \\"string\\"","error":"type: type must be one of the following: \\"array\\", \\"boolean\\", \\"integer\\", \\"null\\", \\"number\\", \\"object\\", \\"string\\"","field":"type","type":"enum"}]]',
    ],
    [
      'json.match_schema',
      '{"a": [1]}, {"$id": "http://x.y/z", "properties": {"a": {"$ref": "#t"}}, "definitions": {"q": {"$id": "#t", "maxItems": 0}}}',
      '[false,[{"desc":"Array must have at most 0 items","error":"a: Array must have at most 0 items","field":"a","type":"array_max_items"}]]',
    ],
    [
      'json.match_schema',
      '{"a": [1]}, {"$id": "http://x.y/z", "properties": {"a": {"$ref": "w#/definitions/q"}}, "definitions": {"v": {"$id": "w", "definitions": {"q": {"maxItems": 0}}}}}',
      '[false,[{"desc":"Array must have at most 0 items","error":"a: Array must have at most 0 items","field":"a","type":"array_max_items"}]]',
    ],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(jsonSchemaBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['json.match_schema', '"{", "{}"', 'invalid JSON string'],
    ['json.match_schema', '{}, {"$ref": "#"}', 'the schema refers to itself without end'],
    [
      'json.match_schema',
      '{}, {"$ref": "http://example.com/s"}',
      'remote reference loading disabled: http://example.com/s',
    ],
    ['json.match_schema', '{"a": 1}, {"maximum": 1e400, "enum": [1e400]}', 'cannot unmarshal number 1e400'],
    [
      'json.match_schema',
      '{}, {"type": "x"}',
      'has a primitive type that is NOT VALID -- given: /x/ Expected valid values are:[array boolean integer number null object string]',
    ],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(jsonSchemaBuiltins, name, args)).toThrow(message);
  });
});
