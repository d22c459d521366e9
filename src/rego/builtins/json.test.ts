import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { jsonBuiltins } from './json.ts';

// What opa 1.22.4 answers.
describe('jsonBuiltins', () => {
  it.each([
    [
      'json.marshal_with_options',
      '{"b": "<&>", "10": 1, "9": 1.0, "s": {3, 1}}, {}',
      '"{\\"10\\":1,\\"9\\":1.0,\\"b\\":\\"\\\\u003c\\\\u0026\\\\u003e\\",\\"s\\":[1,3]}"',
    ],
    [
      'json.marshal_with_options',
      '{"a": [1, {}], "c": []}, {"pretty": true}',
      '"{\\n\\t\\"a\\": [\\n\\t\\t1,\\n\\t\\t{}\\n\\t],\\n\\t\\"c\\": []\\n}"',
    ],
    [
      'json.marshal_with_options',
      '{"a": [1]}, {"indent": "  ", "prefix": "> "}',
      '"> {\\n>   \\"a\\": [\\n>     1\\n>   ]\\n> }"',
    ],
    ['json.marshal_with_options', '[1], {"pretty": false, "indent": " "}', '"[1]"'],
    ['json.patch', '{"a": 1}, [{"op": "add", "path": "/b", "value": 2}]', '{"a":1,"b":2}'],
    [
      'json.patch',
      '[1, 2], [{"op": "add", "path": "/-", "value": 3}, {"op": "add", "path": "/0", "value": 0}]',
      '[0,1,2,3]',
    ],
    ['json.patch', '{"a": {"b": 1}}, [{"op": "move", "from": "/a/b", "path": "/c"}]', '{"a":{},"c":1}'],
    ['json.patch', '{"a": {1, 2}}, [{"op": "remove", "path": ["a", 1]}]', '{"a":[2]}'],
    ['json.patch', '{"a": 1}, [{"op": "replace", "path": "", "value": 5}]', '5'],
    [
      'json.patch',
      '{"a/b": 1, "m~n": 2}, [{"op": "remove", "path": "/a~1b"}, {"op": "test", "path": "/m~0n", "value": 2}]',
      '{"m~n":2}',
    ],
    ['json.patch', '{"a": [1, 2, 3]}, [{"op": "copy", "from": "/a/0", "path": "/a/2"}]', '{"a":[1,2,1,3]}'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(jsonBuiltins, name, args)).toBe(want);
  });

  it.each([
    [
      'json.patch',
      '{"a": 1}, [{"op": "test", "path": "/a", "value": 2}]',
      'value from EditTree != patch value.\n\nExpected: 2\n\nFound: 1',
    ],
    ['json.patch', '{"a": 1}, [{"op": "x", "path": "/a"}]', "unrecognized op: 'x'"],
    ['json.patch', '[1], [{"op": "add", "path": "/5", "value": 2}]', 'index for array insertion out of bounds'],
    ['json.patch', '{"a": 1}, [{"op": "remove", "path": "/b"}]', 'cannot delete child key "b" that does not exist'],
    ['json.patch', '{}, [{"op": "add", "path": "/a"}]', "missing required attribute 'value'"],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(jsonBuiltins, name, args)).toThrow(message);
  });
});
