import { describe, expect, it } from 'vitest';
import { positionAt, positionOfPointer } from './json-position.ts';

const TEXT = `{
  "a": { "b/c": [10, {"d~": "x, } y"}, [1, 2]], "": null },
  "e\\u0066": true
}
`;

describe('positionOfPointer', () => {
  it.each([
    ['', 1, 1],
    ['/a', 2, 8],
    ['/a/b~1c', 2, 17],
    ['/a/b~1c/0', 2, 18],
    ['/a/b~1c/1', 2, 22],
    ['/a/b~1c/1/d~0', 2, 29],
    ['/a/b~1c/2/1', 2, 44],
    ['/a/', 2, 53],
    ['/ef', 3, 14],
  ])('finds %j', (pointer, line, column) => {
    expect(positionOfPointer(TEXT, pointer)).toEqual({ line, column });
  });

  it.each(['/x', '/a/b~1c/3', '/a/b~1c/0/y', '/ef/0'])('finds no %j', (pointer) => {
    expect(positionOfPointer(TEXT, pointer)).toBeUndefined();
  });

  it('finds a value that is no object', () => {
    expect(positionOfPointer('  7', '')).toEqual({ line: 1, column: 3 });
    expect(positionOfPointer('[]', '/0')).toBeUndefined();
    expect(positionOfPointer('{}', '/a')).toBeUndefined();
  });
});

it('counts lines and columns from 1', () => {
  expect(positionAt('ab\ncd', 0)).toEqual({ line: 1, column: 1 });
  expect(positionAt('ab\ncd', 4)).toEqual({ line: 2, column: 2 });
});
