import { describe, expect, it } from 'vitest';
import { der } from '../../../test/policy/der.ts';
import { DER } from './der.ts';
import { addressesOf, parseCertificates } from './x509.ts';

const ALT_NAMES = [85, 29, 17];
const NAME_CONSTRAINTS = [85, 29, 30];
const POLICIES = [85, 29, 32];

function oid(bytes: number[]): Buffer {
  return der(DER.OID, Buffer.from(bytes));
}

function extension(id: number[], value: Buffer): Buffer {
  return der(DER.SEQUENCE, oid(id), der(DER.OCTET_STRING, value));
}

/** With a key of no known algorithm and without a signature: for the parser, which asks for neither. */
function certificate(...extensions: Buffer[]): Buffer {
  const algorithm = der(DER.SEQUENCE, oid([42, 3, 4]));
  const [one, two] = [1, 2].map((number) => der(DER.INTEGER, Buffer.from([number]))) as [Buffer, Buffer];
  const time = der(DER.UTC_TIME, Buffer.from('260101000000Z'));
  const name = der(DER.SEQUENCE);
  const noBits = der(DER.BIT_STRING, Buffer.from([0]));
  const body = der(
    DER.SEQUENCE,
    ...[der(DER.constructed(0), two), one, algorithm, name, der(DER.SEQUENCE, time, time), name],
    ...[der(DER.SEQUENCE, algorithm, noBits), der(DER.constructed(3), der(DER.SEQUENCE, ...extensions))],
  );
  return der(DER.SEQUENCE, body, algorithm, noBits);
}

function constrained(tag: number, constraint: string): Buffer {
  const tree = der(DER.SEQUENCE, der(DER.context(tag), Buffer.from(constraint)));
  return certificate(extension(NAME_CONSTRAINTS, der(DER.SEQUENCE, der(DER.constructed(0), tree))));
}

// What opa 1.22.4 answers.
describe('parseCertificates', () => {
  it.each([
    [6, '10.0.0.1', 'failed to parse URI constraint "10.0.0.1": cannot be IP address'],
    [6, '::1', 'cannot be IP address'],
    [2, '.', 'failed to parse dnsName constraint "."'],
    [2, 'a.', 'failed to parse dnsName constraint "a."'],
  ])('refuses the constraint of kind %s on %j', (tag, constraint, message) => {
    expect(() => parseCertificates(constrained(tag, constraint))).toThrow(message);
  });

  it.each([
    [2, '', 'PermittedDNSDomains'],
    [2, '10.0.0.1', 'PermittedDNSDomains'],
    [6, `${'x'.repeat(64)}.${'y'.repeat(250)}`, 'PermittedURIDomains'],
  ])('takes the constraint of kind %s on %j', (tag, constraint, member) => {
    expect(parseCertificates(constrained(tag, constraint))).toMatchObject([{ [member]: [constraint] }]);
  });

  it('keeps the bytes of addresses, whose texts do not tell them', () => {
    const addresses = ['0a000001', '00000000000000000000ffff0a000001'].map((hex) => Buffer.from(hex, 'hex'));
    const names = der(DER.SEQUENCE, ...addresses.map((address) => der(DER.context(7), address)));
    const [parsed] = parseCertificates(certificate(extension(ALT_NAMES, names)));
    expect(parsed).toMatchObject({ IPAddresses: ['10.0.0.1', '10.0.0.1'] });
    expect(parsed && addressesOf(parsed)).toEqual(addresses);
  });

  it('takes no longer for many extensions and policies than for few', () => {
    const ids = Array.from({ length: 30_000 }, (_, index) => [
      42,
      129 + (index >> 13),
      128 | (index >> 7),
      index & 127,
    ]);
    const policies = der(DER.SEQUENCE, ...ids.map((id) => der(DER.SEQUENCE, oid(id))));
    const many = ids.map((id) => extension(id, Buffer.alloc(0)));
    const started = performance.now();
    parseCertificates(certificate(extension(POLICIES, policies), ...many));
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('refuses numbers of an object identifier that take forever', () => {
    const id = [42, ...Array<number>(200_000).fill(0xff), 1];
    expect(() => parseCertificates(certificate(extension(id, Buffer.alloc(0))))).toThrow(
      'malformed extension OID field',
    );
  });
});
