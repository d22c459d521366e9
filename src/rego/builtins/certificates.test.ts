import { createHash, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RegoValue } from '../value.ts';
import { toJsonText } from '../value.ts';
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

// Made with OpenSSL: authorities of the same name and key, of which the first requires policies and the last is of version 1.
const TWINS = {
  root: [
    'MIIBLDCB06ADAgECAhRtwrqJePx/pPbzVO22W9DmZUDz/jAKBggqhkjOPQQDAjAMMQowCAYDVQQDDAFyMB4XDTI2MTEyMjIyMzYxNloXDTM2MDkz',
    'MDIyMzYxNlowDDEKMAgGA1UEAwwBcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABO9yZGZgzThzrT0AWzdR8aLNcILzWd19qrlcl97MNrSru8h1',
    'jcMg9LdGcAFnqLUFuCFdP2YeECuDZEvM6VopZLyjEzARMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAMnoffKfaBCeIWETX5dK',
    'GW9M/8t+3Ab3a0DrGXLZAdpFAiBLRtWAaERVvGP5c1Y3Y0KJxd6Nx9MDihfelUuYS4fffQ==',
  ].join(''),
  requiring: [
    'MIIBKjCB0aADAgECAgECMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAXIwHhcNMjYxMTIyMjIzNjE2WhcNMzYwOTMwMjIzNjE2WjAMMQowCAYDVQQD',
    'DAFtMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDkp6Yc1RpFZEvTOQgqzXM4v2UtU5xt+s0ddPIc59GkrJmWl75F/uPgXeSwBE3howwn/M7nXn',
    'he/5WRYHprSPaaMkMCIwDwYDVR0TAQH/BAUwAwEB/zAPBgNVHSQBAf8EBTADgAEAMAoGCCqGSM49BAMCA0gAMEUCIQDLHAQwtkUf4q4knETXe1L/',
    'dL9H0g1PIlQozJYNTjHzCQIgXJLgh7CaBd1OMXAcOks3KjjV+GuyYvzXWdsmQZQOaW0=',
  ].join(''),
  free: [
    'MIIBGDCBwKADAgECAgEDMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAXIwHhcNMjYxMTIyMjIzNjE2WhcNMzYwOTMwMjIzNjE2WjAMMQowCAYDVQQD',
    'DAFtMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDkp6Yc1RpFZEvTOQgqzXM4v2UtU5xt+s0ddPIc59GkrJmWl75F/uPgXeSwBE3howwn/M7nXn',
    'he/5WRYHprSPaaMTMBEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAU8YE8Y04PjP8aSe2Ol1dF46Wo4LKes1vGjCdD+JkI1AIg',
    'XBo5ShiPC5tO+V9SRdd6J1Gj/DnmLP6DRpw90YDpbR8=',
  ].join(''),
  version1: [
    'MIH+MIGmAgEFMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAXIwHhcNMjYxMTIyMjIzNjE2WhcNMzYwOTMwMjIzNjE2WjAMMQowCAYDVQQDDAFtMFkw',
    'EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDkp6Yc1RpFZEvTOQgqzXM4v2UtU5xt+s0ddPIc59GkrJmWl75F/uPgXeSwBE3howwn/M7nXnhe/5WRYH',
    'prSPaTAKBggqhkjOPQQDAgNHADBEAiAOp1YQR4EmFJ1ocP1O3Zg8RPILzS1+Qs3fU0mBeXcS+AIgJFXv4ywWHRjw6Rbt5LFG1GhS1YczkDf5HCYp',
    'FKFWhbc=',
  ].join(''),
  leaf: [
    'MIIBBDCBq6ADAgECAgEEMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAW0wHhcNMjYxMTIyMjIzNjE2WhcNMzYwOTMwMjIzNjE2WjAMMQowCAYDVQQD',
    'DAFsMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEngdECPu1iz1FvOiwtWQqQPtT4zPJYuPW4KD+1ZWHCPRTVw+a+n9yr13hbrwThsR6r8H2Bjai',
    'iC1CMhz/ZIJBHjAKBggqhkjOPQQDAgNIADBFAiBYDwZObjni4D6MvDJLDNEyx3dCewPWuyGMtBtY5xI3fQIhANxh3oqRKuaFTsUGAigpdw4GIQ8w',
    'tcQS4iQy9kg7eZ/6',
  ].join(''),
};

// Roots with keys that Go does not take: RSA with 512 bits, and RSA for PSS alone.
const REFUSED = {
  weak: [
    'MIIBLjCB2aADAgECAhRrnWEF7qq//0Qx9CypaLtxMmQByDANBgkqhkiG9w0BAQsFADAMMQowCAYDVQQDDAF3MB4XDTI2MTEyMjIyMzYxNloXDTM2',
    'MDkzMDIyMzYxNlowDDEKMAgGA1UEAwwBdzBcMA0GCSqGSIb3DQEBAQUAA0sAMEgCQQCdumU+8eyYH/0RkQVv6mRd3jbZdBmiHYTbpVuM2rK8aFG+',
    'TQ64+TM8Y94IY8Im+UFDrWR2f9zYWk+vZLBuEK+ZAgMBAAGjEzARMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADQQCagm2O/r+VjQrr',
    'sH91egby1wTfzH5+kKO+9L7fDTBjy0kqniBc3ervPTdXbhFBnoaCsnJSVb1MrxLrI00NCqRc',
  ].join(''),
  weakLeaf: [
    'MIIBAzCBrqADAgECAgEGMA0GCSqGSIb3DQEBCwUAMAwxCjAIBgNVBAMMAXcwHhcNMjYxMTIyMjIzNjE2WhcNMzYwOTMwMjIzNjE2WjAMMQowCAYD',
    'VQQDDAFsMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEngdECPu1iz1FvOiwtWQqQPtT4zPJYuPW4KD+1ZWHCPRTVw+a+n9yr13hbrwThsR6r8H2',
    'BjaiiC1CMhz/ZIJBHjANBgkqhkiG9w0BAQsFAANBAGQt13nWlkDlsV9qZ1/1KLPOUiFIs+YWV7Juh1AuaPCq8RU+C9XHi52Ob1Q3IdfvgvsZznvq',
    'adOveGSH+anwnKA=',
  ].join(''),
  pss: [
    'MIICGjCCAU+gAwIBAgIUA+gsJncluEitqDqxCdUa7YWrINcwQQYJKoZIhvcNAQEKMDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDAN',
    'BglghkgBZQMEAgEFAKIDAgFeMAwxCjAIBgNVBAMMAXAwHhcNMjYxMTIyMjIzNjE2WhcNMzYwOTMwMjIzNjE2WjAMMQowCAYDVQQDDAFwMIGdMAsG',
    'CSqGSIb3DQEBCgOBjQAwgYkCgYEAwQg6RU5iC+XflC5cGDlrYzxkR8xQJSl9QIAr2KV612i0+v0ZoRibY/GOJMZLeXLdrneFxyzX+n4FKQRj/QdZ',
    'nDGe4uqjBpb3yz6JnrDrPxHLBXct8xf6BdKH08hbhkkpY1upfgQ/9R5hbGOcM98x91uD89jKvJl6M6ffbhaIym8CAwEAAaMTMBEwDwYDVR0TAQH/',
    'BAUwAwEB/zBBBgkqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQCAQUAoRwwGgYJKoZIhvcNAQEIMA0GCWCGSAFlAwQCAQUAogMCAV4DgYEAhhnrIMym',
    'UNNwepmZ7JfATc5qsHJ8Kr7A8cMSBJvVfX8UqeV+hcNzyDDE/uvTkhdgEl3MtONwVe5kIw4bRxqYhrzBanSmumNoBs9KN9gfusagx4HgcKK7Vubh',
    'hwjJYAfHzP2hG5VIgPODqXWo15KxnuBu3g8TTMGo7SqxmIb/EOA=',
  ].join(''),
  pssLeaf: [
    'MIIBrDCB4qADAgECAgEHMEEGCSqGSIb3DQEBCjA0oA8wDQYJYIZIAWUDBAIBBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIBBQCiAwIBIDAM',
    'MQowCAYDVQQDDAFwMB4XDTI2MTEyMjIyMzYxNloXDTM2MDkzMDIyMzYxNlowDDEKMAgGA1UEAwwBbDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA',
    'BJ4HRAj7tYs9RbzosLVkKkD7U+MzyWLj1uCg/tWVhwj0U1cPmvp/cq9d4W68E4bEeq/B9gY2oogtQjIc/2SCQR4wQQYJKoZIhvcNAQEKMDSgDzAN',
    'BglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgA4GBABsiWF4yuEoRUaw1VWDtTw3lZva/Cx5JjHbaUyh5KUTf',
    'egbeoH6sycfmr1dqRMRRqMntTtwas8tsy1IS9cs9JjBrZZqbL1u0U7DH5m33NrJVJlgQQhEbefNc9GHSWxs5puzkJn+UotTr7cJljBBcO/JOkQkv',
    '1SSIJ3/iGChIHAGe',
  ].join(''),
};

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

test('a chain that cannot be judged hides no other', () => {
  const { root, requiring, free, leaf } = TWINS;
  expect(verify(pem(root, requiring, free, leaf), {})).toMatchObject([true, [{}, { SerialNumber: 3n }, {}]]);
  expect(() => verify(pem(root, requiring, leaf), {})).toThrow('required policies');
});

// What opa 1.22.4 answers, though OpenSSL takes the signatures.
test.each<[string, string[]]>([
  ['an authority of version 1', [TWINS.root, TWINS.version1, TWINS.leaf]],
  ['a short key', [REFUSED.weak, REFUSED.weakLeaf]],
  ['a key for PSS', [REFUSED.pss, REFUSED.pssLeaf]],
])('%s vouches for nobody', (_what, chain) => {
  expect(verify(pem(...chain), {})).toEqual([false, []]);
});

test.each<[string, boolean]>([
  ['[10.1.2.3]', true],
  ['::ffff:10.1.2.3', true],
  ['10.1.2.4', false],
  ['k.w.example.com', true],
  // The sign of the kelvin, which JavaScript's lower case makes a k.
  ['\u212a.w.example.com', false],
])('whether the leaf is for %s: %s', (DNSName, verified) => {
  expect(verify(pem(ROOT, LEAF), { DNSName })).toMatchObject([verified, verified ? [{}, {}] : []]);
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
