import { describe, expect, it } from 'vitest';
import { findIdentityFaults } from './similar-identities.ts';

const faultsOf = (identities: Record<string, string>) =>
  findIdentityFaults({ identities }).map(({ pointer }) => pointer);

describe('identities of two persons', () => {
  it.each([
    ['differ in case only', 'Priya.Nair'],
    ['differ in case only, under an issuer', 'OIDC:https://id.example#10'],
    ['have a blank more', 'priya.nair '],
    ['have a character that cannot be seen', 'priya\u200b.nair'],
    ['differ in width', 'ｐｒｉｙａ.nair'],
    ['have a Cyrillic letter', '\u0440riya.nair'],
    ['have a Cyrillic capital', '\u0420RIYA.NAIR'],
    ['have a Greek capital that looks like ours', 'PR\u0399YA.NAIR'],
    ['have a Latin letter of another alphabet', 'pr\u0131ya.nair'],
    ['are of mathematical letters', '𝐩𝐫𝐢𝐲𝐚.nair'],
  ])('are a fault where they %s', (_, other) => {
    const first = { 'priya.nair': 'priya.nair', 'oidc:https://id.example#10': 'priya.nair' };
    expect(faultsOf({ ...first, [other]: 'tom.harris' })).toEqual([`/identities/${other.replaceAll('/', '~1')}`]);
  });

  it.each([
    ['the same person', { 'priya.nair': 'priya.nair', 'PRIYA.NAIR': 'priya.nair', '\u0440riya.nair': 'priya.nair' }],
    ['names that only read alike', { comer: 'a', corner: 'b', paul: 'c', pau1: 'd' }],
    ['letters with and without an accent', { jose: 'a', josé: 'b' }],
    ['names in another script', { иван: 'a', ирина: 'b', 'ivan.novak': 'c' }],
  ])('are none with %s', (_, identities) => {
    expect(faultsOf(identities)).toEqual([]);
  });

  it('names both, whichever comes first', () => {
    const identities = { '\u0440riya.nair': 'tom.harris', 'priya.nair': 'priya.nair' };
    expect(findIdentityFaults({ identities })).toEqual([
      {
        pointer: '/identities/\u0440riya.nair',
        message:
          'tom.harris could be mistaken for priya.nair: this identity has letters that look like those of "priya.nair"',
      },
    ]);
  });

  it('passes over what is no list of identities', () => {
    for (const data of [null, {}, { identities: [] }, { identities: { a: 1 } }])
      expect(findIdentityFaults(data)).toEqual([]);
  });
});
