import { expect, test } from 'vitest';
import { allowsNames, parseMailbox } from './name-constraints.ts';
import type { GoCertificate } from './x509.ts';

const MEMBERS = ['DNSNames', 'EmailAddresses', 'IPAddresses', 'URIs'];
const CONSTRAINTS = ['DNSDomains', 'EmailAddresses', 'IPRanges', 'URIDomains'];

function certificate(fields: object): GoCertificate {
  const constraints = CONSTRAINTS.flatMap((kind) => [`Permitted${kind}`, `Excluded${kind}`]);
  const absent = Object.fromEntries([...MEMBERS, ...constraints].map((member) => [member, null]));
  return { ...absent, ...fields } as unknown as GoCertificate;
}

function allows(leaf: object, authority: object): boolean {
  return allowsNames([certificate(leaf), certificate(authority), certificate({})]);
}

const MASK_16 = Buffer.from([255, 255, 0, 0]).toString('base64');
const MASK_V6_32 = Buffer.from('ffffffff'.padEnd(32, '0'), 'hex').toString('base64');

// What opa 1.22.2 answers for chains with such certificates.
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
  expect(allows({ IPAddresses: [address] }, { PermittedIPRanges: ranges })).toBe(isPermitted);
  expect(allows({ IPAddresses: [address] }, { ExcludedIPRanges: ranges })).toBe(!isPermitted);
});

test('a range with an address for its network is no answer', () => {
  const ranges = [{ IP: '10.1.2.3', Mask: MASK_16 }];
  expect(() => allows({ IPAddresses: ['10.1.2.4'] }, { PermittedIPRanges: ranges })).toThrow('not supported');
});

test('more names and constraints than there is time for are no answer', () => {
  const many = Array.from({ length: 501 }, (_, index) => `h${index}.example.com`);
  expect(() => allows({ DNSNames: many }, { ExcludedDNSDomains: many })).toThrow('too many names');
});

test.each(['', '10.0.0.1', '[::1]', '[::1]:443'])('a URI with the host %j cannot be matched', (host) => {
  expect(allows({ URIs: [{ Host: host }] }, { ExcludedDNSDomains: ['example.com'] })).toBe(false);
  expect(allows({ URIs: [{ Host: host }] }, {})).toBe(true);
});

test('constraints bind what is below them, and only their kind of name', () => {
  const [bound, free] = [certificate({ DNSNames: ['other.net'] }), certificate({ IPAddresses: ['10.1.2.3'] })];
  const authority = certificate({ DNSNames: ['other.net'], PermittedDNSDomains: ['example.com'] });
  expect(allowsNames([bound, authority])).toBe(false);
  expect(allowsNames([free, authority])).toBe(true);
  expect(allowsNames([certificate({}), certificate({}), authority])).toBe(true);
  expect(allowsNames([free, bound, authority])).toBe(false);
});

test.each([
  ['joe@Example.com', { local: 'joe', domain: 'example.com' }],
  ['"a \\"b"@x', { local: 'a "b', domain: 'x' }],
  ['j\\@e@x', { local: 'j@e', domain: 'x' }],
  ['joe@', { local: 'joe', domain: '' }],
  ['@x', undefined],
  ['a..b@x', undefined],
  ['.a@x', undefined],
  ['a b@x', undefined],
  ['joe@x.', undefined],
])('the mailbox %j', (address, mailbox) => {
  expect(parseMailbox(address)).toEqual(mailbox);
});
