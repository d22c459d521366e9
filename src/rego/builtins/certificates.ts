import type { KeyObject } from 'node:crypto';
import { numericValue, type RegoNumber, type RegoValue, regoEntries, regoTypeOf } from '../value.ts';
import type { Builtin, BuiltinTable, ClockBuiltin } from './builtin.ts';
import { type VerifyOptions, verifyChain } from './certificate-chain.ts';
import { parsePrivateKey, toGoPrivateKey } from './crypto.ts';
import { decodeBase64, decodePemBlocks, type PemBlock } from './go-encoding.ts';
import { objectOperand, stringOperand } from './operands.ts';
import { type GoCertificate, parseCertificateRequest, parseCertificates } from './x509.ts';

const SERVER_AUTH = 1;
const UNVERIFIED: RegoValue = [false, []];

const parse: Builtin = (text) => decodeCertificates(stringOperand(text as RegoValue, 1));

/** `[true, chain from leaf to root]`; the given order is root, intermediates, leaf. `[false, []]` for whatever is wrong. */
const parseAndVerify: ClockBuiltin = (nowNs, text) => {
  const certificates = tryDecode(stringOperand(text as RegoValue, 1));
  const options = { atNs: nowNs, keyUsages: [SERVER_AUTH], dnsName: '' };
  const chain = certificates && verifyChain(certificates, options);
  return chain === undefined ? UNVERIFIED : [true, chain];
};

const parseAndVerifyWithOptions: ClockBuiltin = (nowNs, text, optionsOperand) => {
  const pem = stringOperand(text as RegoValue, 1);
  const given = regoEntries(objectOperand(optionsOperand as RegoValue, 2));
  const certificates = tryDecode(pem);
  if (certificates === undefined) return UNVERIFIED;
  const chain = verifyChain(certificates, parseOptions(given, nowNs));
  return chain === undefined ? UNVERIFIED : [true, chain.map(withoutUriStrings)];
};

const parseRequest: Builtin = (text) => {
  const given = stringOperand(text as RegoValue, 1);
  const bytes = given.startsWith('-----BEGIN CERTIFICATE REQUEST-----') ? Buffer.from(given) : decodeBase64(given);
  const [block] = decodePemBlocks(bytes.toString());
  if (block !== undefined && block.type !== 'CERTIFICATE REQUEST') {
    throw new Error('invalid PEM-encoded certificate signing request');
  }
  return parseCertificateRequest(block?.bytes ?? bytes);
};

/** Go's tls.Certificate: certificates and the private key that belongs to the first of them. */
const parseKeyPair: Builtin = (certificate, key) => {
  const blocks = pemBlocks(stringOperand(certificate as RegoValue, 1), 'CERTIFICATE');
  const keyBlocks = pemBlocks(stringOperand(key as RegoValue, 1), 'PRIVATE KEY');
  const certificates = blocks.filter(({ type }) => type === 'CERTIFICATE');
  const [first] = certificates;
  if (first === undefined) throw new Error('tls: failed to find any PEM data in certificate input');
  const keyBlock = keyBlocks.find(({ type }) => /(?:^| )PRIVATE KEY$/.test(type));
  if (keyBlock === undefined) throw new Error('tls: failed to find any PEM data in key input');
  const [leaf, ...more] = parseCertificates(first.bytes);
  if (leaf === undefined || more.length > 0) throw new Error('x509: trailing data');
  const privateKey = toGoPrivateKey(tlsPrivateKey(keyBlock.bytes));
  if (!belongsTo(privateKey, leaf)) throw new Error('tls: private key does not match public key');
  return {
    Certificate: certificates.map(({ bytes }) => bytes.toString('base64')),
    PrivateKey: privateKey,
    SupportedSignatureAlgorithms: null,
    OCSPStaple: null,
    SignedCertificateTimestamps: null,
    Leaf: withoutUriStrings(leaf),
  };
};

export const certificateBuiltins: BuiltinTable = {
  'crypto.x509.parse_certificate_request': parseRequest,
  'crypto.x509.parse_certificates': parse,
  'crypto.x509.parse_keypair': parseKeyPair,
};

/** A chain is verified as of the instant of the evaluation, where OPA takes the time of its machine. */
export const certificateClockBuiltins: BuiltinTable<ClockBuiltin> = {
  'crypto.x509.parse_and_verify_certificates': parseAndVerify,
  'crypto.x509.parse_and_verify_certificates_with_options': parseAndVerifyWithOptions,
};

/** OPA forgets its addition in some of its answers. */
function withoutUriStrings({ URIStrings: _, ...certificate }: GoCertificate): RegoValue {
  return certificate;
}

/** PEM, base64 of PEM, or base64 of DER. */
function decodeCertificates(text: string): GoCertificate[] {
  if (text.startsWith('-----BEGIN')) return parsePem(text);
  const decoded = decodeBase64(text);
  return decoded.toString('latin1', 0, 10) === '-----BEGIN' ? parsePem(decoded.toString()) : parseCertificates(decoded);
}

function parsePem(text: string): GoCertificate[] {
  const blocks = decodePemBlocks(text);
  const foreign = blocks.find(({ type }) => type !== 'CERTIFICATE');
  if (foreign !== undefined) throw new Error(`PEM block type is '${foreign.type}', expected CERTIFICATE`);
  return parseCertificates(Buffer.concat(blocks.map(({ bytes }) => bytes)));
}

function tryDecode(text: string): GoCertificate[] | undefined {
  try {
    return decodeCertificates(text);
  } catch {
    return undefined;
  }
}

/** By Go's numbers of the usages. */
const KEY_USAGES = [
  ...[
    'Any',
    'ServerAuth',
    'ClientAuth',
    'CodeSigning',
    'EmailProtection',
    'IPSECEndSystem',
    'IPSECTunnel',
    'IPSECUser',
  ],
  ...['TimeStamping', 'OCSPSigning', 'MicrosoftServerGatedCrypto', 'NetscapeServerGatedCrypto'],
  ...['MicrosoftCommercialCodeSigning', 'MicrosoftKernelCodeSigning'],
].map((usage) => `KeyUsage${usage}`);

function parseOptions(given: readonly [key: RegoValue, value: RegoValue][], nowNs: bigint): VerifyOptions {
  const options: VerifyOptions = { atNs: nowNs, keyUsages: [SERVER_AUTH], dnsName: '' };
  for (const [key, value] of given) {
    if (typeof key !== 'string') continue;
    if (key === 'DNSName') options.dnsName = parseDnsName(value);
    else if (key === 'CurrentTime') options.atNs = parseInteger(key, value, 'valid int64 number');
    else if (key === 'KeyUsages') options.keyUsages = parseKeyUsages(value);
    // Go no longer counts them, and allowsNames has a bound of its own.
    else if (key === 'MaxConstraintComparisons') parseInteger(key, value, 'valid number');
    else throw new Error('invalid key option');
  }
  return options;
}

function parseDnsName(value: RegoValue): string {
  if (typeof value !== 'string') throw new Error("'DNSName' should be a string");
  return value.replace(/^"+|"+$/g, '');
}

function parseInteger(name: string, value: RegoValue, what: string): bigint {
  if (regoTypeOf(value) !== 'number') throw new Error(`'${name}' should be a number`);
  const number = numericValue(value as RegoNumber);
  const integer = Number.isInteger(Number(number)) ? BigInt(number) : undefined;
  if (integer === undefined || BigInt.asIntN(64, integer) !== integer) throw new Error(`'${name}' should be a ${what}`);
  return integer;
}

function parseKeyUsages(value: RegoValue): number[] {
  if (!Array.isArray(value) && !(value instanceof Set)) throw new Error("'KeyUsages' should be an Array or Set");
  const names = [...value].filter((name) => typeof name === 'string').map((name) => name.replace(/^"+|"+$/g, ''));
  const unknown = names.filter((name) => !KEY_USAGES.includes(name));
  if (unknown.length > 0) throw new Error(`invalid entries for 'KeyUsages' found: [${unknown.join(' ')}]`);
  return names.length === 0 ? [SERVER_AUTH] : names.map((name) => KEY_USAGES.indexOf(name));
}

/** The blocks of PEM, or of base64 of PEM; base64 of DER is one block. */
function pemBlocks(text: string, typeOfDer: string): PemBlock[] {
  if (text.startsWith('-----BEGIN ')) return decodePemBlocks(text);
  const bytes = decodeBase64(text);
  const isPem = bytes.toString('latin1', 0, 11) === '-----BEGIN ';
  return isPem ? decodePemBlocks(bytes.toString()) : [{ type: typeOfDer, bytes }];
}

/** Whatever the type of the PEM block says, as in Go. */
function tlsPrivateKey(der: Buffer): KeyObject {
  for (const encoding of ['pkcs1', 'pkcs8', 'sec1'] as const) {
    try {
      return parsePrivateKey(der, encoding);
    } catch {
      // The next encoding, then.
    }
  }
  throw new Error('tls: failed to parse private key');
}

function belongsTo(privateKey: RegoValue, { PublicKey }: GoCertificate): boolean {
  // Go writes an Ed25519 key as base64, the public half of the private key at its end.
  if (typeof privateKey === 'string' && typeof PublicKey === 'string') {
    return Buffer.from(privateKey, 'base64').subarray(32).equals(Buffer.from(PublicKey, 'base64'));
  }
  const [secret, open] = [privateKey, PublicKey] as Record<string, RegoValue>[];
  const fields = ['N', 'E', 'X', 'Y'].filter((field) => open?.[field] !== undefined);
  return fields.length > 0 && fields.every((field) => secret?.[field] === open?.[field]);
}
