import { expect, test } from 'vitest';
import { der } from '../../../test/policy/der.ts';
import { DER } from './der.ts';
import { NameChecks } from './name-constraints.ts';
import { parseAddress } from './net.ts';
import type { GoCertificate } from './x509.ts';

const MEMBERS = ['DNSNames', 'EmailAddresses', 'URIs'];
const CONSTRAINTS = ['DNSDomains', 'EmailAddresses', 'IPRanges', 'URIDomains'];

/** Addresses are given as the bytes that the certificate has them in. */
function certificate({ addresses = [], ...fields }: { addresses?: Buffer[] } & Record<string, unknown>): GoCertificate {
  const constraints = CONSTRAINTS.flatMap((kind) => [`Permitted${kind}`, `Excluded${kind}`]);
  const absent = Object.fromEntries([...MEMBERS, ...constraints].map((member) => [member, null]));
  const altNames = der(DER.SEQUENCE, ...addresses.map((address) => der(DER.context(7), address)));
  const extensions = [
    ...(addresses.length > 0 ? [{ Id: [2, 5, 29, 17], Value: altNames.toString('base64') }] : []),
    ...(constraints.some((kind) => kind in fields) ? [{ Id: [2, 5, 29, 30], Value: '' }] : []),
  ];
  return { ...absent, Extensions: extensions, ...fields } as unknown as GoCertificate;
}

/** The bytes of an address: four of IPv4, unless it is written as IPv6. */
function bytes(address: string): Buffer {
  const whole = Buffer.from((parseAddress(address) ?? 0n).toString(16).padStart(32, '0'), 'hex');
  return address.includes(':') ? whole : whole.subarray(-4);
}

function allowsNames(chain: GoCertificate[]): boolean {
  return new NameChecks().allows(chain);
}

function allows(leaf: object, authority: object): boolean {
  return allowsNames([certificate({ ...leaf }), certificate({ ...authority }), certificate({})]);
}

const MASK_16 = Buffer.from([255, 255, 0, 0]).toString('base64');
const MASK_V6_32 = Buffer.from('ffffffff'.padEnd(32, '0'), 'hex').toString('base64');
const MASK_V6_112 = Buffer.from('f'.repeat(28).padEnd(32, '0'), 'hex').toString('base64');

// What opa 1.22.4 answers for chains with such certificates.
test.each<[name: string, constraint: string, isWithin: boolean]>([
  ['example.com', 'example.com', true],
  ['WWW.example.com', 'Example.com', true],
  ['xexample.com', 'example.com', false],
  ['example.com', '.example.com', false],
  ['a.example.com', '.example.com', true],
  ['*.example.com', 'example.com', true],
  ['*.example.com', 'a.example.com', false],
  ['anything', '', true],
  ['bad.', '', false],
])('whether %s lies within %j: %s', (name, constraint, isWithin) => {
  expect(allows({ DNSNames: [name] }, { PermittedDNSDomains: [constraint] })).toBe(isWithin);
  expect(allows({ URIs: [{ Host: name }] }, { PermittedURIDomains: [constraint] })).toBe(isWithin);
  expect(allows({ EmailAddresses: [`joe@${name}`] }, { PermittedEmailAddresses: [constraint] })).toBe(isWithin);
});

test.each<[name: string, constraint: string, isAllowed: boolean]>([
  ['a.example.com', 'example.com', false],
  ['other.net', 'example.com', true],
  ['*.example.com', 'a.example.com', false],
  ['*.example.com', 'b.a.example.com', true],
  ['*.com', 'com', false],
])('whether %s is allowed where %j is excluded: %s', (name, constraint, isAllowed) => {
  expect(allows({ DNSNames: [name] }, { ExcludedDNSDomains: [constraint] })).toBe(isAllowed);
});

test.each<[address: string, constraint: string, isPermitted: boolean]>([
  ['joe@Example.com', 'joe@example.COM', true],
  ['Joe@example.com', 'joe@example.com', false],
  ['"joe"@example.com', 'joe@example.com', true],
  ['nobody', '', false],
])('whether the address %s is permitted by %j: %s', (address, constraint, isPermitted) => {
  expect(allows({ EmailAddresses: [address] }, { PermittedEmailAddresses: [constraint] })).toBe(isPermitted);
});

test.each<[address: string, isPermitted: boolean]>([
  ['10.1.2.3', true],
  ['10.2.0.1', false],
  ['2001:db8::1', true],
  ['::1', false],
])('whether the address %s is permitted: %s', (address, isPermitted) => {
  const ranges = [
    { IP: '10.1.0.0', Mask: MASK_16 },
    { IP: '2001:db8::', Mask: MASK_V6_32 },
  ];
  expect(allows({ addresses: [bytes(address)] }, { PermittedIPRanges: ranges })).toBe(isPermitted);
  expect(allows({ addresses: [bytes(address)] }, { ExcludedIPRanges: ranges })).toBe(!isPermitted);
});

// Go has the mapped addresses among those of IPv6, and compares them with networks as IPv4.
test.each<[address: string, network: string, mask: string, isWithin: boolean]>([
  ['::ffff:10.1.2.3', '10.1.0.0', MASK_16, false],
  ['10.1.2.3', '10.1.0.0', MASK_V6_112, false],
  ['::ffff:10.1.2.3', '10.1.0.0', MASK_V6_112, true],
  ['::ffff:10.2.2.3', '10.1.0.0', MASK_V6_112, false],
  ['::ffff:10.1.2.3', '::', Buffer.alloc(16).toString('base64'), false],
])('whether %s, as it is written, lies within %s/%s: %s', (address, IP, Mask, isWithin) => {
  expect(allows({ addresses: [bytes(address)] }, { PermittedIPRanges: [{ IP, Mask }] })).toBe(isWithin);
  expect(allows({ addresses: [bytes(address)] }, { ExcludedIPRanges: [{ IP, Mask }] })).toBe(!isWithin);
});

// Go looks no further than the last network that begins at or before the address.
test.each<[address: string, isWithin: boolean]>([
  ['10.1.2.4', true],
  ['10.1.2.2', false],
  ['10.0.0.9', true],
])('a range with an address for its network holds %s: %s', (address, isWithin) => {
  const ranges = ['10.1.2.3', '10.0.0.0'].map((IP) => ({ IP, Mask: MASK_16 }));
  expect(allows({ addresses: [bytes(address)] }, { PermittedIPRanges: ranges })).toBe(isWithin);
});

const MANY = Array.from({ length: 20_000 }, (_, index) => `h${index}.example.com`);

test.each<[kind: string, leaf: object, authority: object]>([
  ['hosts', { DNSNames: MANY }, { ExcludedDNSDomains: MANY }],
  [
    'mailboxes',
    { EmailAddresses: MANY.map((host) => `"${'j'.repeat(200)}"@${host}`) },
    { PermittedEmailAddresses: MANY.map((host) => `"${'j'.repeat(200)}"@x.${host}`) },
  ],
  [
    'addresses',
    { addresses: MANY.map((_, index) => bytes(`10.1.${index >> 8}.${index & 255}`)) },
    { PermittedIPRanges: MANY.map((_, index) => ({ IP: `10.${index >> 8}.${index & 255}.0`, Mask: MASK_16 })) },
  ],
])('more %s and constraints than there is time for are no answer, and soon', (_kind, leaf, authority) => {
  const chain = [certificate({ ...leaf }), certificate({ ...authority }), certificate({ ...authority })];
  const started = performance.now();
  const checks = new NameChecks();
  for (let index = 0; index < 100; index++) expect(() => checks.allows(chain)).toThrow('too many names');
  expect(performance.now() - started).toBeLessThan(1000);
});

test('as many names and constraints as a large organisation has are an answer', () => {
  const many = MANY.slice(0, 1000);
  expect(allows({ DNSNames: many.map((host) => `a.${host}`) }, { PermittedDNSDomains: many })).toBe(true);
});

// What opa 1.22.4 answers for chains with such certificates.
test.each(['', '10.0.0.1', '10.0.0.1:80', '[::1]', '[::1]:443', 'a:b:c', '[::1]x:80'])(
  'a URI with the host %j cannot be matched',
  (host) => {
    expect(allows({ URIs: [{ Host: host }] }, { ExcludedDNSDomains: ['example.com'] })).toBe(false);
    expect(allows({ URIs: [{ Host: host }] }, {})).toBe(true);
  },
);

test('a URI with a port and no host lies within no domain but the one that holds all', () => {
  const leaf = { URIs: [{ Host: ':80' }] };
  expect(allows(leaf, { ExcludedDNSDomains: ['example.com'] })).toBe(true);
  expect(allows(leaf, { ExcludedURIDomains: ['example.com'] })).toBe(true);
  expect(allows(leaf, { PermittedURIDomains: ['example.com'] })).toBe(false);
  expect(allows(leaf, { PermittedURIDomains: [''] })).toBe(true);
});

test('constraints bind what is below them, and only their kind of name', () => {
  const [bound, free] = [certificate({ DNSNames: ['other.net'] }), certificate({ addresses: [bytes('10.1.2.3')] })];
  const authority = certificate({ DNSNames: ['other.net'], PermittedDNSDomains: ['example.com'] });
  expect(allowsNames([bound, authority])).toBe(false);
  expect(allowsNames([free, authority])).toBe(true);
  expect(allowsNames([certificate({}), certificate({}), authority])).toBe(true);
  expect(allowsNames([free, bound, authority])).toBe(false);
});
