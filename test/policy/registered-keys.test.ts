import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkData } from '../../src/authoring/checks/data-check.ts';
import { listSources } from '../../src/authoring/policy-folder.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import { createDirectory, readDirectoryData } from '../../src/domain/directory.ts';
import { preparePolicy } from '../../src/evaluation/policy.ts';
import { bundleWith, copyPolicies } from '../support/bundles.ts';
import { newPersonKey } from '../support/signing.ts';
import { NON_CANONICAL_POINTS, SMALL_ORDER_POINTS } from '../support/small-order-points.ts';

const DATA = 'organisation/data.json';
const AT_AMARA = '/organisation/people/amara.okafor/keys';
const { kid, jwk } = newPersonKey('ES256');
const { jwk: edwards } = newPersonKey('EdDSA');
/** A point that is not on the curve, in the right form. */
const nowhere = { ...jwk, x: 'A'.repeat(43), y: 'A'.repeat(43) };
/** The last two bits of 43 characters mean nothing: another text, the same key. */
const sameBytes = { ...edwards, x: edwards.x.slice(0, -1) + String.fromCharCode(edwards.x.charCodeAt(42) + 1) };

let shipped: { people: Record<string, object> };
beforeAll(() => {
  shipped = JSON.parse(readFileSync(new URL(`../../policies/${DATA}`, import.meta.url), 'utf8'));
});

/** What the check of the shipped data with these keys finds, without the lines. */
async function faultsOf(keys: Record<string, unknown[]>): Promise<string[]> {
  const people = { ...shipped.people };
  for (const [person, own] of Object.entries(keys)) people[person] = { ...people[person], keys: own };
  const folder = await copyPolicies('policies', { [DATA]: JSON.stringify({ ...shipped, people }, null, 1) });
  const faults = await checkData(folder, await listSources(folder));
  for (const { file, line } of faults) expect([file, line > 1]).toEqual([DATA, true]);
  return faults.map(({ message }) => message);
}

describe('the keys of persons', () => {
  it('may be several, of both kinds', async () => {
    const other = newPersonKey();
    expect(await faultsOf({ 'amara.okafor': [jwk, edwards], 'ines.duarte': [other.jwk], 'kofi.mensah': [] })).toEqual(
      [],
    );
  });

  it.each<[string, object, string]>([
    ['a private key', { ...jwk, d: jwk.x }, `${AT_AMARA}/0/d: unknown member "d"; allowed: "kty", "crv", "x", "y"`],
    [
      'members beside the key',
      { ...jwk, kid: 'x' },
      `${AT_AMARA}/0/kid: unknown member "kid"; allowed: "kty", "crv", "x", "y"`,
    ],
    ['another curve', { ...jwk, crv: 'P-384' }, `${AT_AMARA}/0/crv: must be "P-256", not "P-384"`],
    ['another kind', { kty: 'RSA', n: 'AQAB', e: 'AQAB' }, `${AT_AMARA}/0/kty: must be one of "EC", "OKP", not "RSA"`],
    ['half a point', { kty: 'EC', crv: 'P-256', x: jwk.x }, `${AT_AMARA}/0: must have required property 'y'`],
    ['half a point too much', { ...edwards, y: jwk.x }, `${AT_AMARA}/0/y: must be absent`],
    ['a point off the curve', nowhere, `${AT_AMARA}/0: cannot identify its owner: it lies on no point of its curve`],
    [
      'bits that mean nothing',
      sameBytes,
      `${AT_AMARA}/0/x: must match pattern "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$" (32 bytes in base64url), and "${sameBytes.x}" does not`,
    ],
  ])('are not %s', async (_, key, fault) => {
    expect(await faultsOf({ 'amara.okafor': [key] })).toContain(fault);
  });

  it('are not points of small order, nor written in a second way', async () => {
    const points = [...SMALL_ORDER_POINTS, ...NON_CANONICAL_POINTS];
    const keys = points.map((point) => ({ ...edwards, x: point.toString('base64url') }));
    const faults = await faultsOf({ 'amara.okafor': keys });
    expect(faults).toHaveLength(points.length);
    expect(faults[0]).toBe(
      `${AT_AMARA}/0: cannot identify its owner: it is a point of small order: anybody can make signatures that verify by it`,
    );
    expect(faults.at(-1)).toContain('is a second way to write another key');
  });

  it('are of one person each', async () => {
    expect(await faultsOf({ 'amara.okafor': [edwards, jwk], 'ines.duarte': [jwk] })).toEqual([
      '/organisation/people/ines.duarte/keys/0: is already registered for amara.okafor',
    ]);
  });

  it.each<[string, object[], RegExp]>([
    ['a private key', [{ ...jwk, d: jwk.x }], /no policy that can be evaluated/],
    ['a point off the curve', [nowhere], /keys\/0 cannot identify its owner: it lies on no/],
    [
      'a point of small order',
      [{ ...edwards, x: `AQ${'A'.repeat(41)}` }],
      /keys\/0 cannot identify its owner.* small order/,
    ],
    ['one key twice', [jwk, jwk], /keys\/1 is already registered for amara\.okafor/],
    ['bits that mean nothing', [sameBytes], /no policy that can be evaluated/],
  ])('are checked where a bundle is opened, whoever built it: %s', async (_, keys, why) => {
    const bundle = await bundleWith(({ organisation: { people } }) =>
      Object.assign(people['amara.okafor'] ?? {}, { keys }),
    );
    await expect(preparePolicy(await readBundle(bundle))).rejects.toThrow(
      expect.objectContaining({ code: 'bundle_invalid', message: expect.stringMatching(why) }),
    );
  });

  it('lead to their persons by the thumbprint', () => {
    const people = { ann: { groups: [], keys: [jwk] }, bob: { groups: [], keys: [] } };
    const directory = createDirectory(readDirectoryData({ identities: {}, organisation: { people, groups: {} } }));
    expect(directory.signerOf(kid)).toEqual({ person: 'ann', jwk });
    for (const name of [newPersonKey().kid, 'toString', '__proto__', '']) expect(directory.signerOf(name)).toBeNull();
  });
});
