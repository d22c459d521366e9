import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AppError } from './errors.ts';
import { parseWith } from './parse.ts';

const schema = z
  .strictObject({
    state: z.string().optional(),
    rows: z.array(z.strictObject({ id: z.string() })).default([]),
    choice: z.union([z.strictObject({ a: z.string() }), z.null()]).default(null),
  })
  .refine(() => true);

function refusal(value: unknown): AppError {
  try {
    parseWith(schema, value, 'invalid_request', 'The query');
  } catch (error) {
    return error as AppError;
  }
  throw new Error('It is accepted.');
}

describe('a member that is not known', () => {
  it('is named, with those that are', () => {
    const { message, faults } = refusal({ stat: 'open' });
    const detail = '"stat" is not known here. Known are state, rows, choice.';
    expect(message).toBe(`The query is not valid: /: ${detail}`);
    expect(faults).toEqual([{ pointer: '', code: 'unrecognized_keys', detail }]);
  });

  it('is named with its place, in an item of a list', () => {
    expect(refusal({ rows: [{ id: 'x' }, { id: 'y', name: 1, kind: 2 }] }).faults).toEqual([
      {
        pointer: '/rows/1',
        code: 'unrecognized_keys',
        detail: '"name", "kind" are not known here. Known are id.',
      },
    ]);
  });

  it('is shortened and shown on one line, however long and many they are', () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`${index}\n${'x'.repeat(500)}`, 1]));
    const { message } = refusal(many);
    expect(message).not.toContain('\n');
    expect(message).toContain('and 1980 more are not known here.');
    expect(message.length).toBeLessThan(2000);
  });
});
