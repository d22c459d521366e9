import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf, keyOfPerson, namedBy } from './case-keys.ts';

describe('keys of cases', () => {
  it('tell persons, subjects and resources apart, whatever their ids hold', () => {
    const name = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(name, name, name, (person, type, id) => {
        expect(namedBy(keyOfPerson(person))).toEqual({ person });
        expect(namedBy(keyOf({ type, id }))).toEqual({ type, id });
        expect(keyOf({ type, id })).not.toBe(keyOfPerson(person));
      }),
    );
  });

  it('do not run type and id together', () => {
    expect(keyOf({ type: 'a', id: 'b,c' })).not.toBe(keyOf({ type: 'a,b', id: 'c' }));
  });
});
