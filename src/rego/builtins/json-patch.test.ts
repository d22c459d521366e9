import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { jsonBuiltins } from './json.ts';

// What opa 1.22.4 answers.
describe('json.patch', () => {
  it.each([
    ['json.patch', '[1, 2, 3], [{"op": "remove", "path": [1.0]}]', '[1,3]'],
    ['json.patch', '[1, 2, 3], [{"op": "remove", "path": "1.0"}]', '[1,3]'],
    ['json.patch', '[1, 2, 3], [{"op": "replace", "path": "+1", "value": 9}]', '[1,9,3]'],
    ['json.patch', '{"a": 1}, [{"op": "move", "from": "", "path": ""}]', '{"a":1}'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(jsonBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['json.patch', '[1, 2, 3], [{"op": "add", "path": [1e0], "value": 9}]', 'invalid number type for indexing'],
    [
      'json.patch',
      '[1, 2, 3], [{"op": "add", "path": "01", "value": 9}]',
      'leading zeros are not allowed in JSON paths',
    ],
    ['json.patch', '[1], [{"op": "add", "path": "x", "value": 9}]', 'invalid string for indexing'],
    ['json.patch', '[1], [{"op": "add", "path": [null], "value": 9}]', 'invalid type for indexing'],
    [
      'json.patch',
      '{"a": 1}, [{"op": "move", "from": "", "path": "/b"}]',
      'deleted node encountered during insert operation',
    ],
    [
      'json.patch',
      '{"a": 1}, [{"op": "add", "path": "/a/b", "value": 1}]',
      'expected composite type, found value: 1 (type: ast.Number)',
    ],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(jsonBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });
});
