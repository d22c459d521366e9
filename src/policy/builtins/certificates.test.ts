import { createHash, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RegoValue } from '../rego-value.ts';
import { toJsonText } from '../rego-value.ts';
import { certificateBuiltins, certificateClockBuiltins } from './certificates.ts';
import { cryptoBuiltins } from './crypto.ts';

// Made with OpenSSL for these tests: a root (P-256) with a leaf (Ed25519), and a constrained authority with a leaf of its own.
const ROOT = [
  'MIIBhTCCASygAwIBAgIURHnsKALHBnMsil7XImiXbCLeQP4wCgYIKoZIzj0EAwIwITEQMA4GA1UECgwHRXhhbXBsZTENMAsGA1UE',
  'AwwEUm9vdDAeFw0yNjExMjIxODE4MzhaFw0zNjExMTkxODE4MzhaMCExEDAOBgNVBAoMB0V4YW1wbGUxDTALBgNVBAMMBFJvb3Qw',
  'WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATmF/RB9SzrBlYQL4BuaZQ5nsPx7JGwoklUBFJjp3xcOG63iajJWFFzR0vN/+tGmnko',
  'dEf/pmHBkx7W+yFIdctNo0IwQDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwICBDAdBgNVHQ4EFgQUnMZ30YsFxkyCbajF',
  '8OHUKK+O4LYwCgYIKoZIzj0EAwIDRwAwRAIgPG9CI5yE58UiA1LAk3Nw5aw4CpAuhSdt7A94vGEDwvECIB77U1L99bKWl9x0kvlM',
  'TG75XVi7Hud54b5LygPbGvQF',
].join('');
const LEAF = [
  'MIIBrzCCAVSgAwIBAgIJf/////////8BMAoGCCqGSM49BAMCMCExEDAOBgNVBAoMB0V4YW1wbGUxDTALBgNVBAMMBFJvb3QwHhcN',
  'MjYxMTIyMTgxODM4WhcNMzYxMTE5MTgxODM4WjAuMQswCQYDVQQGEwJERTEQMA4GA1UECgwHRXhhbXBsZTENMAsGA1UEAwwEbGVh',
  'ZjAqMAUGAytlcAMhAPcLQXThWu9262XLu+18hSaB9r+d5ePvp0SBP8u+Y2yto4GWMIGTMAkGA1UdEwQCMAAwMQYDVR0RBCowKIIP',
  'd3d3LmV4YW1wbGUuY29tgg8qLncuZXhhbXBsZS5jb22HBAoBAgMwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFHBDjWCN',
  'EkUE1vkLNps+SSbwOONPMB8GA1UdIwQYMBaAFJzGd9GLBcZMgm2oxfDh1CivjuC2MAoGCCqGSM49BAMCA0kAMEYCIQDcPVQB7gkn',
  'WLpS8gSrqLajPX3NWgdpNOfrKPiTiSD8RwIhALIXkj2px6+4Kp236pBZGLVIBINUunWw4y/AlsFmxToC',
].join('');
const LEAF_KEY = ['MC4CAQAwBQYDK2VwBCIEID/QGVg2IuihXV1LTzG/aaq59UXhF6PA//EpxnCPEKI6'].join('');
const CONSTRAINED = [
  'MIIBbDCCARGgAwIBAgIBAjAKBggqhkjOPQQDAjAhMRAwDgYDVQQKDAdFeGFtcGxlMQ0wCwYDVQQDDARSb290MB4XDTI2MTEyMjE4',
  'MTgzOFoXDTM2MTExOTE4MTgzOFowDTELMAkGA1UEAwwCbmMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATmF/RB9SzrBlYQL4Bu',
  'aZQ5nsPx7JGwoklUBFJjp3xcOG63iajJWFFzR0vN/+tGmnkodEf/pmHBkx7W+yFIdctNo04wTDAPBgNVHRMBAf8EBTADAQH/MBoG',
  'A1UdHgQTMBGgDzANggtleGFtcGxlLmNvbTAdBgNVHQ4EFgQUnMZ30YsFxkyCbajF8OHUKK+O4LYwCgYIKoZIzj0EAwIDSQAwRgIh',
  'AMHppJtW8Ia5fnn/a0ltItpUWwX3S/njVFMxRrf4hNYeAiEAxpCA+qAzdcchtlEltG9PKGoJJCL4s4F5lHMCrEaFUGQ=',
].join('');
const CONSTRAINED_LEAF = [
  'MIIBcjCCARigAwIBAgIBAzAKBggqhkjOPQQDAjANMQswCQYDVQQDDAJuYzAeFw0yNjExMjIxODE4MzhaFw0zNjExMTkxODE4Mzha',
  'MA4xDDAKBgNVBAMMA25jbDAqMAUGAytlcAMhAPcLQXThWu9262XLu+18hSaB9r+d5ePvp0SBP8u+Y2yto4GWMIGTMAkGA1UdEwQC',
  'MAAwMQYDVR0RBCowKIIPd3d3LmV4YW1wbGUuY29tgg8qLncuZXhhbXBsZS5jb22HBAoBAgMwEwYDVR0lBAwwCgYIKwYBBQUHAwEw',
  'HQYDVR0OBBYEFHBDjWCNEkUE1vkLNps+SSbwOONPMB8GA1UdIwQYMBaAFJzGd9GLBcZMgm2oxfDh1CivjuC2MAoGCCqGSM49BAMC',
  'A0gAMEUCIFRvCFP42V0Tqq/w2+AHmG+NcXRzA65O1YSX9SSTCzeTAiEAi9Qq7Emvash2tKVqhkfJGvi5yUmDMi3IWqGHyknjUI4=',
].join('');

// Made with Go: the authority between requires policies, of which the leaf has none.
const REQUIRING_POLICY = [
  [
    'MIIBPjCB5aADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMTBHJvb3QwHhcNMjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAP',
    'MQ0wCwYDVQQDEwRyb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3UZyC2i44OvdlToNOhEAwzEdlAn7mNwBLCzLQmUYOJLCpbjV',
    'DPmYtzZiH6nX4rfLDLiD/CeX8+5girP3PMGxAqMyMDAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUokZwdqCFzbdwA2Lpxu+6ACxy',
    'ufIwCgYIKoZIzj0EAwIDSAAwRQIhAKQ8VCY6g5zBy7kcRixt1Dcfs2YJTcPLL7GE5PfSHC0iAiBNu/qjlgZKbxUgyIE8OGd1FW+ubudH',
    '6f+NAduBmYhv1A==',
  ].join(''),
  [
    'MIIBTTCB9aADAgECAgECMAoGCCqGSM49BAMCMA8xDTALBgNVBAMTBHJvb3QwHhcNMjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAO',
    'MQwwCgYDVQQDEwNtaWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATdRnILaLjg692VOg06EQDDMR2UCfuY3AEsLMtCZRg4ksKluNUM',
    '+Zi3NmIfqdfit8sMuIP8J5fz7mCKs/c8wbECo0MwQTAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBSiRnB2oIXNt3ADYunG77oALHK5',
    '8jAPBgNVHSQBAf8EBTADgAEAMAoGCCqGSM49BAMCA0cAMEQCIBUqHjM2xkhsbMFideX7GF+6Wq+t1rOoZ+RWtBVYkKGSAiBmV4278xVo',
    '6POIws7EX40pb4SYd1gRA1rvuL7Grc/tcQ==',
  ].join(''),
  [
    'MIIBCTCBsKADAgECAgEDMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMTA21pZDAeFw0yNjAxMDEwMDAwMDBaFw0zNjAxMDEwMDAwMDBaMA8x',
    'DTALBgNVBAMTBGxlYWYwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATdRnILaLjg692VOg06EQDDMR2UCfuY3AEsLMtCZRg4ksKluNUM',
    '+Zi3NmIfqdfit8sMuIP8J5fz7mCKs/c8wbECMAoGCCqGSM49BAMCA0gAMEUCIE0tkTRq562qtMSSf3/fFhZtpdq+jyAfPOvYUuLuldIk',
    'AiEAjbmGdAgWvtB+EuGUkd+bGwEME6vvuZNb9C/06wkbtLI=',
  ].join(''),
];

const NOW = BigInt(Date.parse('2027-01-01T00:00:00Z')) * 1_000_000n;
const LATER = BigInt(Date.parse('2047-01-01T00:00:00Z')) * 1_000_000n;

function pem(...certificates: string[]): string {
  return certificates.map((der) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`).join('');
}

function verify(text: string, options: RegoValue, nowNs = NOW): RegoValue | undefined {
  return certificateClockBuiltins['crypto.x509.parse_and_verify_certificates_with_options']?.(nowNs, text, options);
}

test('a certificate is the JSON that OPA makes of it', () => {
  const parsed = certificateBuiltins['crypto.x509.parse_certificates']?.(LEAF);
  expect(
    createHash('sha256')
      .update(toJsonText((parsed as RegoValue[])[0] ?? null))
      .digest('hex'),
  ).toBe('e2a8ef7e69ad538bdc0c330e242965884b0e15a12a2fd7fcf706b37c2fa36237');
  expect(parsed).toMatchObject([
    {
      SerialNumber: 0x7fff_ffff_ffff_ffff_01n,
      Subject: { Country: ['DE'], CommonName: 'leaf' },
      IPAddresses: ['10.1.2.3'],
    },
  ]);
  expect(certificateBuiltins['crypto.x509.parse_certificates']?.(pem(LEAF))).toEqual(parsed);
});

test.each([
  ['AAAA', 'x509: malformed certificate'],
  ['AAAA!', 'illegal base64 data at input byte 4'],
  ['-----BEGIN X-----\nAAAA\n-----END X-----\n', "PEM block type is 'X', expected CERTIFICATE"],
])('%j is no certificate', (text, message) => {
  expect(() => certificateBuiltins['crypto.x509.parse_certificates']?.(text)).toThrow(message);
});

test.each<[RegoValue, boolean]>([
  [{}, true],
  [{ DNSName: 'WWW.example.com.' }, true],
  [{ DNSName: 'a.w.example.com' }, true],
  [{ DNSName: 'a.b.w.example.com' }, false],
  [{ DNSName: '10.1.2.3' }, true],
  [{ DNSName: 'leaf' }, false],
  [{ KeyUsages: ['KeyUsageClientAuth'] }, false],
  [{ KeyUsages: new Set(['KeyUsageAny']) }, true],
  [{ CurrentTime: 1_000 }, false],
])('with the options %j the chain is verified: %s', (options, verified) => {
  expect(verify(pem(ROOT, LEAF), options)).toMatchObject([verified, verified ? [{}, {}] : []]);
});

test('a chain is verified as of the instant of the evaluation', () => {
  expect(verify(pem(ROOT, LEAF), {}, LATER)).toEqual([false, []]);
});

test.each<[string, string]>([
  ['nobody signed it', pem(LEAF, ROOT)],
  ['it is alone', pem(ROOT)],
  ['it is no certificate', 'AAAA'],
])('a chain is not verified when %s', (_why, text) => {
  expect(verify(text, {})).toEqual([false, []]);
});

test('a chain is verified where its names are permitted', () => {
  expect(verify(pem(ROOT, CONSTRAINED, CONSTRAINED_LEAF), {})).toMatchObject([true, [{}, {}, {}]]);
});

test('a chain with required policies is no answer rather than a wrong one', () => {
  expect(() => verify(pem(...REQUIRING_POLICY), {})).toThrow('required policies');
});

test.each<[RegoValue, string]>([
  [{ KeyUsages: ['Nope', 'X'] }, "invalid entries for 'KeyUsages' found: [Nope X]"],
  [{ CurrentTime: 1.5 }, "'CurrentTime' should be a valid int64 number"],
  [{ Foo: 1 }, 'invalid key option'],
])('the options %j fail as in OPA', (options, message) => {
  expect(() => verify(pem(ROOT, LEAF), options)).toThrow(message);
});

test('a key pair is a certificate with its key and no other', () => {
  const keyPair = certificateBuiltins['crypto.x509.parse_keypair'];
  expect(keyPair?.(LEAF, LEAF_KEY)).toMatchObject({ Certificate: [LEAF], Leaf: { Version: 3 }, OCSPStaple: null });
  expect(() => keyPair?.(ROOT, LEAF_KEY)).toThrow('private key does not match public key');
});

test('private keys are the JSON of Go and of JWK', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = privateKey.export({ format: 'pem', type: 'sec1' }).toString();
  const jwk = privateKey.export({ format: 'jwk' });
  expect(cryptoBuiltins['crypto.x509.parse_rsa_private_key']?.(text)).toEqual(jwk);
  expect(cryptoBuiltins['crypto.parse_private_keys']?.(text)).toMatchObject([
    { Curve: {}, X: BigInt(`0x${Buffer.from(jwk.x ?? '', 'base64url').toString('hex')}`) },
  ]);
  expect(cryptoBuiltins['crypto.parse_private_keys']?.('')).toBeNull();
});
