import { expect, it } from 'vitest';
import { measureJson } from './json-measure.ts';

it.each([
  ['1', 1, 0],
  ['{}', 2, 1],
  ['[1,2,[3]]', 5, 2],
  ['{"a":[{},{}],"b":"x"}', 7, 3],
  ['"[[[,,,\\"[[["', 1, 0],
  ['"\\\\",[1]', 3, 1],
  ['"never ends, [', 1, 0],
])('measures %s as at most %i values, %i deep', (text, values, depth) => {
  expect(measureJson(Buffer.from(text))).toEqual({ values, depth });
});
