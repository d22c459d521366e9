import { expect, it } from 'vitest';
import { parseRego } from '../../src/rego/value.ts';
import { isSameAnswer, valueAnswer } from './answer.ts';
import { casesOf } from './cases.ts';

const value = (text: string) => valueAnswer(parseRego(text));

it.each([
  ['1', '1.0'],
  ['1e-7', '1e-07'],
  ['[1, 2]', '[2, 1]'],
  ['[1, 2]', '{1, 2}'],
  ['{"a": []}', '{"a": set()}'],
  ['null', 'false'],
])('tells %s from %s', (ours, theirs) => {
  expect(isSameAnswer(value(ours), value(theirs))).toBe(false);
});

it.each([
  ['{2, 1, {"b": {1}}}', '{1, 2, {"b": {1}}}'],
  ['{"b": 1, "a": 2}', '{"a": 2, "b": 1}'],
  ['{1, 1.0}', '{1}'],
])('takes %s for %s', (ours, theirs) => {
  expect(isSameAnswer(value(ours), value(theirs))).toBe(true);
});

it('tells a value, an error and undefined apart, and takes no lost answer for one', () => {
  const error = { outcome: 'error', message: 'a' } as const;
  const lost = { outcome: 'lost', reason: 'trap' } as const;
  expect(isSameAnswer(error, { outcome: 'error', message: 'b' })).toBe(true);
  expect(isSameAnswer(error, { outcome: 'undefined' })).toBe(false);
  expect(isSameAnswer(value('null'), { outcome: 'undefined' })).toBe(false);
  expect(isSameAnswer(lost, lost)).toBe(false);
});

it('draws the same cases for the same seed, whatever else is drawn', () => {
  const builtin = { name: 'count', args: [{ type: 'any' }] };
  expect(casesOf(builtin, 20, 1)).toEqual(casesOf(builtin, 50, 1).slice(0, 20));
  expect(casesOf(builtin, 20, 2)).not.toEqual(casesOf(builtin, 20, 1));
});
