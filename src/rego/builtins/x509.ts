import type { RegoValue } from '../value.ts';
import { toInteger } from './crypto.ts';
import { DER, DerReader } from './der.ts';
import { formatTime, parseTime } from './go-layout.ts';
import { isDomainName, parseGoUrl } from './go-url.ts';
import { parseMailbox } from './mailbox.ts';
import { formatAddress, parseAddress } from './net.ts';

/**
 * Certificates and requests as Go's crypto/x509 parses them and encoding/json writes them: field names, nulls, numbers and
 * messages are Go's, so that a policy reads the same document here and in OPA. Input is untrusted.
 */
export interface GoCertificate {
  [field: string]: RegoValue;
  Raw: string;
  RawSubject: string;
  RawIssuer: string;
  SignatureAlgorithm: number;
  PublicKeyAlgorithm: number;
  Version: number;
  NotBefore: string;
  NotAfter: string;
  KeyUsage: number;
  ExtKeyUsage: number[] | null;
  UnknownExtKeyUsage: RegoValue[] | null;
  UnhandledCriticalExtensions: RegoValue[] | null;
  BasicConstraintsValid: boolean;
  IsCA: boolean;
  MaxPathLen: number;
  MaxPathLenZero: boolean;
  DNSNames: string[] | null;
  IPAddresses: string[] | null;
  /** The URIs as texts, which OPA adds to what Go has. */
  URIStrings: string[] | null;
}

/** Certificates one after another, without anything between them. */
export function parseCertificates(der: Buffer): GoCertificate[] {
  const reader = new DerReader(der);
  const certificates: GoCertificate[] = [];
  while (!reader.isEmpty) certificates.push(parseCertificate(reader));
  return certificates;
}

function parseCertificate(reader: DerReader): GoCertificate {
  const certificate = need(reader.element(DER.SEQUENCE), 'malformed certificate');
  const outer = new DerReader(certificate.content);
  const tbs = need(outer.element(DER.SEQUENCE), 'malformed tbs certificate');
  const body = new DerReader(tbs.content);

  const version = parseVersion(body);
  const serial = need(body.integer(), 'malformed serial number');
  if (serial < 0n) throw fault('negative serial number');
  const algorithm = need(body.content(DER.SEQUENCE), 'malformed signature algorithm identifier');
  const outerAlgorithm = need(outer.content(DER.SEQUENCE), 'malformed algorithm identifier');
  if (!algorithm.equals(outerAlgorithm)) throw fault("inner and outer signature algorithm identifiers don't match");
  const signatureAlgorithm = signatureAlgorithmOf(algorithm);
  const issuer = need(body.element(DER.SEQUENCE), 'malformed issuer');
  const issuerName = parseName(issuer.content);
  const validity = need(body.inside(DER.SEQUENCE), 'malformed validity');
  const [notBefore, notAfter] = [parseDerTime(validity), parseDerTime(validity)];
  const subject = need(body.element(DER.SEQUENCE), 'malformed issuer');
  const subjectName = parseName(subject.content);
  const keyInfo = need(body.element(DER.SEQUENCE), 'malformed spki');
  const publicKey = parsePublicKeyInfo(keyInfo.content);

  const certificateFields: GoCertificate = {
    ...EMPTY_CERTIFICATE,
    Raw: base64(certificate.whole),
    RawTBSCertificate: base64(tbs.whole),
    RawSubjectPublicKeyInfo: base64(keyInfo.whole),
    RawSubject: base64(subject.whole),
    RawIssuer: base64(issuer.whole),
    SignatureAlgorithm: signatureAlgorithm,
    ...publicKey,
    Version: version,
    SerialNumber: serial,
    Issuer: issuerName,
    Subject: subjectName,
    NotBefore: notBefore,
    NotAfter: notAfter,
  };
  const extensions = version > 1 ? parseCertificateExtensions(body, version) : [];
  for (const extension of extensions) processExtension(certificateFields, extension);
  const signature = need(outer.bitString(), 'malformed signature');
  certificateFields['Extensions'] = orNull(extensions.map(toGoExtension));
  certificateFields['Signature'] = base64(signature.bits);
  return certificateFields;
}

/** What Go leaves at zero if a certificate does not say it. */
const EMPTY_CERTIFICATE: GoCertificate = {
  Raw: '',
  RawSubject: '',
  RawIssuer: '',
  SignatureAlgorithm: 0,
  PublicKeyAlgorithm: 0,
  Version: 0,
  NotBefore: '',
  NotAfter: '',
  KeyUsage: 0,
  Extensions: null,
  ExtraExtensions: null,
  UnhandledCriticalExtensions: null,
  ExtKeyUsage: null,
  UnknownExtKeyUsage: null,
  BasicConstraintsValid: false,
  IsCA: false,
  MaxPathLen: 0,
  MaxPathLenZero: false,
  SubjectKeyId: null,
  AuthorityKeyId: null,
  OCSPServer: null,
  IssuingCertificateURL: null,
  DNSNames: null,
  EmailAddresses: null,
  IPAddresses: null,
  URIs: null,
  URIStrings: null,
  PermittedDNSDomainsCritical: false,
  PermittedDNSDomains: null,
  ExcludedDNSDomains: null,
  PermittedIPRanges: null,
  ExcludedIPRanges: null,
  PermittedEmailAddresses: null,
  ExcludedEmailAddresses: null,
  PermittedURIDomains: null,
  ExcludedURIDomains: null,
  CRLDistributionPoints: null,
  PolicyIdentifiers: null,
  Policies: null,
  InhibitAnyPolicy: 0,
  InhibitAnyPolicyZero: false,
  InhibitPolicyMapping: 0,
  InhibitPolicyMappingZero: false,
  RequireExplicitPolicy: 0,
  RequireExplicitPolicyZero: false,
  PolicyMappings: null,
};

function parseVersion(body: DerReader): number {
  if (!body.peek(DER.constructed(0))) return 1;
  const version = need(body.inside(DER.constructed(0))?.integer(), 'malformed version');
  if (version < 0n) throw fault('malformed version');
  if (version > 2n) throw fault('invalid version');
  return Number(version) + 1;
}

interface Extension {
  oid: bigint[];
  /** The OID in dots, by which extensions are told apart. */
  id: string;
  critical: boolean;
  value: Buffer;
}

function parseCertificateExtensions(body: DerReader, version: number): Extension[] {
  // The unique ids of issuer and subject, which nobody uses.
  for (const tag of [DER.context(1), DER.context(2)]) body.element(tag);
  if (version < 3 || body.isEmpty) return [];
  const extensions = need(body.inside(DER.constructed(3))?.inside(DER.SEQUENCE), 'malformed extensions');
  const parsed = new Map<string, Extension>();
  while (!extensions.isEmpty) {
    const extension = parseExtension(need(extensions.inside(DER.SEQUENCE), 'malformed extension'));
    const { id } = extension;
    if (parsed.has(id)) throw fault(`certificate contains duplicate extension with OID "${id}"`);
    parsed.set(id, extension);
  }
  return [...parsed.values()];
}

function parseExtension(reader: DerReader): Extension {
  const oid = need(reader.oid(), 'malformed extension OID field');
  const critical = reader.peek(DER.BOOLEAN) && need(reader.boolean(), 'malformed extension critical field');
  const value = need(reader.content(DER.OCTET_STRING), 'malformed extension value field');
  return { oid, id: oid.join('.'), critical, value };
}

/** The bytes of an extension that a certificate has. */
export function extensionOf(certificate: GoCertificate, id: string): Buffer | undefined {
  const extensions = (certificate['Extensions'] ?? []) as { Id: number[]; Value: string }[];
  const found = extensions.find(({ Id }) => Id.join('.') === id);
  return found && Buffer.from(found.Value, 'base64');
}

/** The addresses that a certificate names, of four bytes or of sixteen, which their texts do not tell where IPv4 is mapped. */
export function addressesOf(certificate: GoCertificate): Buffer[] {
  const names = extensionOf(certificate, SUBJECT_ALT_NAME);
  const reader = names && new DerReader(names).inside(DER.SEQUENCE);
  const addresses: Buffer[] = [];
  for (let name = reader?.element(); name !== undefined; name = reader?.element()) {
    if (name.tag === DER.context(7)) addresses.push(name.content);
  }
  return addresses;
}

function toGoExtension({ oid, critical, value }: Extension): RegoValue {
  return { Id: goOid(oid), Critical: critical, Value: base64(value) };
}

/** Says true if the extension has nothing that could be understood; then, if it is critical, the certificate is not for us. */
type ProcessExtension = (certificate: GoCertificate, extension: Extension) => boolean;

function processExtension(certificate: GoCertificate, extension: Extension): void {
  const isUnhandled = EXTENSIONS.get(extension.id)?.(certificate, extension) ?? true;
  if (!extension.critical || !isUnhandled) return;
  certificate.UnhandledCriticalExtensions ??= [];
  certificate.UnhandledCriticalExtensions.push(goOid(extension.oid));
}

const subjectKeyIdentifier: ProcessExtension = (certificate, { critical, value }) => {
  if (critical) throw fault('subject key identifier incorrectly marked critical');
  const id = need(new DerReader(value).content(DER.OCTET_STRING), 'invalid subject key identifier');
  certificate['SubjectKeyId'] = base64(id);
  return false;
};

const keyUsage: ProcessExtension = (certificate, { value }) => {
  const { bits } = need(new DerReader(value).bitString(), 'invalid key usage');
  for (let bit = 0; bit < 9; bit++) {
    if (((bits[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) certificate.KeyUsage |= 1 << bit;
  }
  return false;
};

const subjectAltName: ProcessExtension = (certificate, { value }) => {
  const names = parseAltNames(value);
  Object.assign(certificate, names);
  return Object.values(names).every((list) => list === null);
};

const basicConstraints: ProcessExtension = (certificate, { value }) => {
  const reader = need(new DerReader(value).inside(DER.SEQUENCE), 'invalid basic constraints');
  certificate.IsCA = reader.peek(DER.BOOLEAN) && need(reader.boolean(), 'invalid basic constraints');
  const length = reader.peek(DER.INTEGER) ? need(reader.integer(), 'invalid basic constraints') : -1n;
  if (length > MAX_INT || length < -1n) throw fault('invalid basic constraints');
  certificate.MaxPathLen = Number(length);
  certificate.BasicConstraintsValid = true;
  certificate.MaxPathLenZero = length === 0n;
  return false;
};

const nameConstraints: ProcessExtension = (certificate, { critical, value }) => {
  const message = 'invalid NameConstraints extension';
  const whole = new DerReader(value);
  const reader = need(whole.inside(DER.SEQUENCE), message);
  const permitted = reader.content(DER.constructed(0));
  const excluded = reader.content(DER.constructed(1));
  if (!whole.isEmpty || !reader.isEmpty) throw fault(message);
  if (!permitted?.length && !excluded?.length) throw fault('empty name constraints extension');
  const isUnhandled = [
    constrainNames(certificate, 'Permitted', permitted),
    constrainNames(certificate, 'Excluded', excluded),
  ].includes(true);
  certificate['PermittedDNSDomainsCritical'] = critical;
  return isUnhandled;
};

const distributionPoints: ProcessExtension = (certificate, { value }) => {
  const points = need(new DerReader(value).inside(DER.SEQUENCE), 'invalid CRL distribution points');
  const uris: string[] = [];
  while (!points.isEmpty) {
    const point = need(points.inside(DER.SEQUENCE), 'invalid CRL distribution point');
    if (!point.peek(DER.constructed(0))) continue;
    const name = need(point.inside(DER.constructed(0))?.inside(DER.constructed(0)), 'invalid CRL distribution point');
    for (let uri = name.content(DER.context(6)); uri !== undefined; uri = name.content(DER.context(6))) {
      uris.push(uri.toString());
    }
  }
  certificate['CRLDistributionPoints'] = orNull(uris);
  return false;
};

const certificatePolicies: ProcessExtension = (certificate, { value }) => {
  const policies = need(new DerReader(value).inside(DER.SEQUENCE), 'invalid certificate policies');
  const oids = new Map<string, bigint[]>();
  while (!policies.isEmpty) {
    const oid = need(policies.inside(DER.SEQUENCE)?.oid(), 'invalid certificate policies');
    if (oids.has(oid.join('.'))) throw fault('invalid certificate policies');
    oids.set(oid.join('.'), oid);
  }
  certificate['Policies'] = orNull([...oids.keys()]);
  certificate['PolicyIdentifiers'] = [...oids.values()]
    .filter((oid) => oid.every((arc) => arc <= MAX_OID_ARC))
    .map(goOid);
  return false;
};

const policyMappings: ProcessExtension = (certificate, { value }) => {
  const message = 'invalid policy mappings extension';
  const mappings = need(new DerReader(value).inside(DER.SEQUENCE), message);
  const parsed: RegoValue[] = [];
  while (!mappings.isEmpty) {
    const mapping = need(mappings.inside(DER.SEQUENCE), message);
    const [issuer, subject] = [need(mapping.oid(), message), need(mapping.oid(), message)];
    parsed.push({ IssuerDomainPolicy: issuer.join('.'), SubjectDomainPolicy: subject.join('.') });
  }
  certificate['PolicyMappings'] = orNull(parsed);
  return false;
};

const authorityKeyIdentifier: ProcessExtension = (certificate, { critical, value }) => {
  if (critical) throw fault('authority key identifier incorrectly marked critical');
  const reader = need(new DerReader(value).inside(DER.SEQUENCE), 'invalid authority key identifier');
  const id = reader.content(DER.context(0));
  certificate['AuthorityKeyId'] = id === undefined ? null : base64(id);
  return false;
};

const policyConstraints: ProcessExtension = (certificate, { value }) => {
  const message = 'invalid policy constraints extension';
  const reader = need(new DerReader(value).inside(DER.SEQUENCE), message);
  for (const [tag, field] of [
    [0, 'RequireExplicitPolicy'],
    [1, 'InhibitPolicyMapping'],
  ] as const) {
    if (!reader.peek(DER.context(tag))) continue;
    const skipped = need(reader.integer(DER.context(tag)), message);
    certificate[field] = Number(skipped);
    certificate[`${field}Zero`] = skipped === 0n;
  }
  return false;
};

const extendedKeyUsage: ProcessExtension = (certificate, { value }) => {
  const usages = need(new DerReader(value).inside(DER.SEQUENCE), 'invalid extended key usages');
  const [known, unknown]: [number[], RegoValue[]] = [[], []];
  while (!usages.isEmpty) {
    const oid = need(usages.oid(), 'invalid extended key usages');
    const usage = EXT_KEY_USAGES.indexOf(oid.join('.'));
    if (usage >= 0) known.push(usage);
    else unknown.push(goOid(oid));
  }
  certificate.ExtKeyUsage = orNull(known);
  certificate.UnknownExtKeyUsage = orNull(unknown);
  return false;
};

const inhibitAnyPolicy: ProcessExtension = (certificate, { value }) => {
  const skipped = need(new DerReader(value).integer(), 'invalid inhibit any policy extension');
  certificate['InhibitAnyPolicy'] = Number(skipped);
  certificate['InhibitAnyPolicyZero'] = skipped === 0n;
  return false;
};

const authorityInfoAccess: ProcessExtension = (certificate, { critical, value }) => {
  if (critical) throw fault('authority info access incorrectly marked critical');
  const message = 'invalid authority info access';
  const accesses = need(new DerReader(value).inside(DER.SEQUENCE), message);
  const found: Record<string, string[]> = { OCSPServer: [], IssuingCertificateURL: [] };
  while (!accesses.isEmpty) {
    const access = need(accesses.inside(DER.SEQUENCE), message);
    const method = need(access.oid(), message).join('.');
    const uri = access.content(DER.context(6));
    const field = ACCESS_METHODS.get(method);
    if (uri !== undefined && field !== undefined) found[field]?.push(uri.toString());
  }
  for (const [field, uris] of Object.entries(found)) certificate[field] = orNull(uris);
  return false;
};

export const SUBJECT_ALT_NAME = '2.5.29.17';

/** RFC 5280, 4.2. */
const EXTENSIONS: ReadonlyMap<string, ProcessExtension> = new Map([
  ['2.5.29.14', subjectKeyIdentifier],
  ['2.5.29.15', keyUsage],
  [SUBJECT_ALT_NAME, subjectAltName],
  ['2.5.29.19', basicConstraints],
  ['2.5.29.30', nameConstraints],
  ['2.5.29.31', distributionPoints],
  ['2.5.29.32', certificatePolicies],
  ['2.5.29.33', policyMappings],
  ['2.5.29.35', authorityKeyIdentifier],
  ['2.5.29.36', policyConstraints],
  ['2.5.29.37', extendedKeyUsage],
  ['2.5.29.54', inhibitAnyPolicy],
  ['1.3.6.1.5.5.7.1.1', authorityInfoAccess],
]);

const ACCESS_METHODS = new Map([
  ['1.3.6.1.5.5.7.48.1', 'OCSPServer'],
  ['1.3.6.1.5.5.7.48.2', 'IssuingCertificateURL'],
]);

/** At the index that Go numbers them by. */
const EXT_KEY_USAGES = [
  '2.5.29.37.0',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((usage) => `1.3.6.1.5.5.7.3.${usage}`),
  '1.3.6.1.4.1.311.10.3.3',
  '2.16.840.1.113730.4.1',
  '1.3.6.1.4.1.311.2.1.22',
  '1.3.6.1.4.1.311.61.1.1',
];

const MAX_INT = 2n ** 63n - 1n;
const MAX_OID_ARC = 2n ** 31n - 1n;

interface AltNames {
  DNSNames: string[] | null;
  EmailAddresses: string[] | null;
  IPAddresses: string[] | null;
  URIs: RegoValue[] | null;
  URIStrings: string[] | null;
}

function parseAltNames(value: Buffer): AltNames {
  const reader = need(new DerReader(value).inside(DER.SEQUENCE), 'invalid subject alternative names');
  const [dns, email, ip, uris]: [string[], string[], string[], string[]] = [[], [], [], []];
  while (!reader.isEmpty) {
    const { tag, content } = need(reader.element(), 'invalid subject alternative name');
    if (tag === DER.context(1)) email.push(ia5(content, 'SAN rfc822Name is malformed'));
    if (tag === DER.context(2)) dns.push(ia5(content, 'SAN dNSName is malformed'));
    if (tag === DER.context(6)) uris.push(ia5(content, 'SAN uniformResourceIdentifier is malformed'));
    if (tag === DER.context(7)) ip.push(ipAddress(content));
  }
  const urls = uris.map((uri) => parseGoUrl(uri));
  return {
    DNSNames: orNull(dns),
    EmailAddresses: orNull(email),
    IPAddresses: orNull(ip),
    URIs: orNull(urls.map(({ url }) => url)),
    URIStrings: orNull(urls.map(({ text }) => text)),
  };
}

function ipAddress(bytes: Buffer): string {
  if (bytes.length !== 4 && bytes.length !== 16) throw fault(`cannot parse IP address of length ${bytes.length}`);
  return formatAddress(toInteger(bytes) + (bytes.length === 4 ? 0xffff_0000_0000n : 0n));
}

/** Says true if there is a kind of name that Go does not constrain. */
function constrainNames(
  certificate: GoCertificate,
  side: 'Permitted' | 'Excluded',
  trees: Buffer | undefined,
): boolean {
  const [dns, email, uris, ranges]: [string[], string[], string[], RegoValue[]] = [[], [], [], []];
  let isUnhandled = false;
  const reader = new DerReader(trees ?? Buffer.alloc(0));
  while (!reader.isEmpty) {
    const name = reader.inside(DER.SEQUENCE)?.element();
    const { tag, content } = need(name, 'invalid NameConstraints extension');
    if (tag === DER.context(1)) email.push(constrainedEmail(content));
    else if (tag === DER.context(2)) dns.push(constrainedDomain(content, 'dnsName'));
    else if (tag === DER.context(6)) uris.push(constrainedDomain(content, 'URI'));
    else if (tag === DER.context(7)) ranges.push(constrainedRange(content));
    else isUnhandled = true;
  }
  certificate[`${side}DNSDomains`] = orNull(dns);
  certificate[`${side}EmailAddresses`] = orNull(email);
  certificate[`${side}URIDomains`] = orNull(uris);
  certificate[`${side}IPRanges`] = orNull(ranges);
  return isUnhandled;
}

function constrainedDomain(content: Buffer, kind: string): string {
  const domain = ia5(content, 'invalid constraint value');
  if (kind === 'URI' && parseAddress(domain) !== undefined) {
    throw fault(`failed to parse URI constraint ${JSON.stringify(domain)}: cannot be IP address`);
  }
  if (domain === '.' || !isDomainName(domain.replace(/^\./, ''))) {
    throw fault(`failed to parse ${kind} constraint ${JSON.stringify(domain)}`);
  }
  return domain;
}

function constrainedEmail(content: Buffer): string {
  const email = ia5(content, 'invalid constraint value');
  if (!email.includes('@')) return constrainedDomain(content, 'rfc822Name');
  if (parseMailbox(email) === undefined) throw fault(`failed to parse rfc822Name constraint ${JSON.stringify(email)}`);
  return email;
}

function constrainedRange(content: Buffer): RegoValue {
  if (content.length !== 8 && content.length !== 32) {
    throw fault(`IP constraint contained value of length ${content.length}`);
  }
  const [address, mask] = [content.subarray(0, content.length / 2), content.subarray(content.length / 2)];
  if (
    !/^1*0*$/.test(
      toInteger(mask)
        .toString(2)
        .padStart(mask.length * 8, '0'),
    )
  ) {
    throw fault(`IP constraint contained invalid mask ${mask.toString('hex')}`);
  }
  return { IP: ipAddress(address), Mask: base64(mask) };
}

/** A certificate signing request: DER, nothing after it. */
export function parseCertificateRequest(der: Buffer): RegoValue {
  const malformed = 'asn1: structure error: malformed certificate request';
  const reader = new DerReader(der);
  const request = need(reader.element(DER.SEQUENCE), malformed, '');
  if (!reader.isEmpty) throw new Error('asn1: syntax error: trailing data');
  const outer = new DerReader(request.content);
  const info = need(outer.element(DER.SEQUENCE), malformed, '');
  const body = new DerReader(info.content);
  const version = need(body.integer(), malformed, '');
  const subject = need(body.element(DER.SEQUENCE), malformed, '');
  const keyInfo = need(body.element(DER.SEQUENCE), malformed, '');
  const attributes = need(body.content(DER.constructed(0)), malformed, '');
  const algorithm = need(outer.content(DER.SEQUENCE), malformed, '');
  const signature = need(outer.bitString(), malformed, '');

  const extensions = requestedExtensions(attributes);
  const altNames = extensions.find(({ id }) => id === SUBJECT_ALT_NAME);
  const { URIStrings: _, ...names } = parseAltNames(altNames?.value ?? EMPTY_SEQUENCE);
  return {
    Raw: base64(request.whole),
    RawTBSCertificateRequest: base64(info.whole),
    RawSubjectPublicKeyInfo: base64(keyInfo.whole),
    RawSubject: base64(subject.whole),
    Version: Number(version),
    Signature: base64(signature.bits),
    SignatureAlgorithm: signatureAlgorithmOf(algorithm),
    ...parsePublicKeyInfo(keyInfo.content),
    Subject: parseName(subject.content),
    Attributes: orNull(requestAttributes(attributes)),
    Extensions: orNull(extensions.map(toGoExtension)),
    ExtraExtensions: null,
    ...names,
  };
}

const EMPTY_SEQUENCE = Buffer.from([DER.SEQUENCE, 0]);
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

function* attributesIn(attributes: Buffer): Generator<{ oid: bigint[]; values: DerReader }> {
  const reader = new DerReader(attributes);
  while (!reader.isEmpty) {
    const attribute = need(reader.inside(DER.SEQUENCE), 'malformed attribute');
    yield {
      oid: need(attribute.oid(), 'malformed attribute'),
      values: need(attribute.inside(DER.SET), 'malformed attribute'),
    };
  }
}

function requestedExtensions(attributes: Buffer): Extension[] {
  const extensions: Extension[] = [];
  for (const { oid, values } of attributesIn(attributes)) {
    if (oid.join('.') !== EXTENSION_REQUEST) continue;
    const list = need(values.inside(DER.SEQUENCE), 'malformed extensions');
    while (!list.isEmpty) extensions.push(parseExtension(need(list.inside(DER.SEQUENCE), 'malformed extension')));
    if (new Set(extensions.map(({ id }) => id)).size !== extensions.length) {
      throw fault('certificate request contains duplicate requested extensions');
    }
  }
  return extensions;
}

/** Go reads attributes as if each value were a list of types and values, which holds of requested extensions only. */
function requestAttributes(attributes: Buffer): RegoValue[] {
  const found: RegoValue[] = [];
  for (const { oid, values } of attributesIn(attributes)) {
    const lists: RegoValue[] = [];
    for (let list = values.inside(DER.SEQUENCE); list !== undefined; list = values.inside(DER.SEQUENCE)) {
      const pairs: RegoValue[] = [];
      for (let pair = list.inside(DER.SEQUENCE); pair !== undefined; pair = list.inside(DER.SEQUENCE)) {
        pairs.push({ Type: goOid(need(pair.oid(), 'malformed attribute')), Value: firstValue(pair) });
      }
      if (!list.isEmpty) break;
      lists.push(pairs);
    }
    if (values.isEmpty) found.push({ Type: goOid(oid), Value: lists });
  }
  return found;
}

function firstValue(pair: DerReader): RegoValue {
  if (pair.peek(DER.BOOLEAN)) return need(pair.boolean(), 'malformed attribute');
  const value = need(pair.element(), 'malformed attribute');
  return value.tag === DER.OCTET_STRING ? base64(value.content) : parseString(value.tag, value.content);
}

function parsePublicKeyInfo(der: Buffer): { PublicKeyAlgorithm: number; PublicKey: RegoValue } {
  const reader = new DerReader(der);
  const algorithm = need(reader.inside(DER.SEQUENCE), 'malformed public key algorithm identifier');
  const oid = need(algorithm.oid(), 'malformed OID').join('.');
  const { bits } = need(reader.bitString(), 'malformed subjectPublicKey');
  const known = PUBLIC_KEYS.get(oid);
  return known === undefined
    ? { PublicKeyAlgorithm: 0, PublicKey: null }
    : { PublicKeyAlgorithm: known.number, PublicKey: known.parse(algorithm, bits) };
}

type ParsePublicKey = (parameters: DerReader, bits: Buffer) => RegoValue;

const parseRsaKey: ParsePublicKey = (parameters, bits) => {
  if (parameters.content(DER.NULL)?.length !== 0) throw fault('RSA key missing NULL parameters');
  const key = need(new DerReader(bits).inside(DER.SEQUENCE), 'invalid RSA public key');
  const modulus = need(key.integer(), 'invalid RSA modulus');
  const exponent = need(key.integer(), 'invalid RSA public exponent');
  if (exponent > MAX_INT) throw fault('invalid RSA public exponent');
  if (modulus <= 0n) throw fault('RSA modulus is not a positive number');
  if (exponent <= 0n) throw fault('RSA public exponent is not a positive number');
  return { N: modulus, E: exponent };
};

/** Bytes of a coordinate by the OID of the curve: P-224, P-256, P-384, P-521. */
const CURVES = new Map([
  ['1.3.132.0.33', 28],
  ['1.2.840.10045.3.1.7', 32],
  ['1.3.132.0.34', 48],
  ['1.3.132.0.35', 66],
]);

const parseEcdsaKey: ParsePublicKey = (parameters, bits) => {
  const width = CURVES.get(need(parameters.oid(), 'invalid ECDSA parameters').join('.'));
  if (width === undefined) throw fault('unsupported elliptic curve');
  if (bits[0] !== 4 || bits.length !== 1 + 2 * width) throw fault('failed to unmarshal elliptic curve point');
  return { Curve: {}, X: toInteger(bits.subarray(1, 1 + width)), Y: toInteger(bits.subarray(1 + width)) };
};

const parseEd25519Key: ParsePublicKey = (parameters, bits) => {
  if (!parameters.isEmpty) throw fault('Ed25519 key encoded with illegal parameters');
  if (bits.length !== 32) throw fault('wrong Ed25519 public key size');
  return base64(bits);
};

const parseDsaKey: ParsePublicKey = (parameters, bits) => {
  const y = need(new DerReader(bits).integer(), 'invalid DSA public key');
  const group = need(parameters.inside(DER.SEQUENCE), 'invalid DSA parameters');
  const [p, q, g] = [group.integer(), group.integer(), group.integer()].map((n) => need(n, 'invalid DSA parameters'));
  if ([y, p, q, g].some((n) => n === undefined || n <= 0n)) throw fault('zero or negative DSA parameter');
  return { P: p as bigint, Q: q as bigint, G: g as bigint, Y: y };
};

/** By OID, with Go's number of the algorithm. */
const PUBLIC_KEYS: ReadonlyMap<string, { number: number; parse: ParsePublicKey }> = new Map([
  ['1.2.840.113549.1.1.1', { number: 1, parse: parseRsaKey }],
  ['1.2.840.10040.4.1', { number: 2, parse: parseDsaKey }],
  ['1.2.840.10045.2.1', { number: 3, parse: parseEcdsaKey }],
  ['1.3.101.112', { number: 4, parse: parseEd25519Key }],
]);

/** Go's numbers of signature algorithms, by OID. */
const SIGNATURE_ALGORITHMS = new Map([
  ['1.2.840.113549.1.1.4', 2],
  ['1.2.840.113549.1.1.5', 3],
  ['1.3.14.3.2.29', 3],
  ['1.2.840.113549.1.1.11', 4],
  ['1.2.840.113549.1.1.12', 5],
  ['1.2.840.113549.1.1.13', 6],
  ['1.2.840.10040.4.3', 7],
  ['2.16.840.1.101.3.4.3.2', 8],
  ['1.2.840.10045.4.1', 9],
  ['1.2.840.10045.4.3.2', 10],
  ['1.2.840.10045.4.3.3', 11],
  ['1.2.840.10045.4.3.4', 12],
]);
const ED25519 = { oid: '1.3.101.112', number: 16 };
const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

/** For RSA-PSS the hash (of the message and of the mask) and the length of the salt make the algorithm. */
const PSS_ALGORITHMS = new Map([
  ['2.16.840.1.101.3.4.2.1 32', 13],
  ['2.16.840.1.101.3.4.2.2 48', 14],
  ['2.16.840.1.101.3.4.2.3 64', 15],
]);

/** Zero for an algorithm that Go does not know. */
function signatureAlgorithmOf(identifier: Buffer): number {
  const reader = new DerReader(identifier);
  const oid = need(reader.oid(), 'malformed OID').join('.');
  if (oid === ED25519.oid) return reader.isEmpty ? ED25519.number : 0;
  if (oid === RSA_PSS) return pssAlgorithm(reader.inside(DER.SEQUENCE));
  return SIGNATURE_ALGORITHMS.get(oid) ?? 0;
}

function pssAlgorithm(parameters: DerReader | undefined): number {
  const hash = parameters?.inside(DER.constructed(0))?.inside(DER.SEQUENCE)?.oid()?.join('.');
  const mask = parameters?.inside(DER.constructed(1))?.inside(DER.SEQUENCE);
  const isMgf1 = mask?.oid()?.join('.') === MGF1;
  const maskHash = mask?.inside(DER.SEQUENCE)?.oid()?.join('.');
  const salt = parameters?.inside(DER.constructed(2))?.integer();
  // The trailer field may only have its default value, which DER leaves out.
  const isDefault = parameters?.isEmpty || parameters?.inside(DER.constructed(3))?.integer() === 1n;
  return isMgf1 && hash === maskHash && isDefault ? (PSS_ALGORITHMS.get(`${hash} ${salt}`) ?? 0) : 0;
}

/** The last number of the OIDs 2.5.4.n of a name's attributes, by the field of Go that collects their values. */
const NAME_LISTS = new Map([
  [6n, 'Country'],
  [10n, 'Organization'],
  [11n, 'OrganizationalUnit'],
  [7n, 'Locality'],
  [8n, 'Province'],
  [9n, 'StreetAddress'],
  [17n, 'PostalCode'],
]);
const NAME_TEXTS = new Map([
  [5n, 'SerialNumber'],
  [3n, 'CommonName'],
]);

function parseName(der: Buffer): RegoValue {
  const lists: Record<string, string[]> = Object.fromEntries([...NAME_LISTS.values()].map((field) => [field, []]));
  const texts: Record<string, string> = { SerialNumber: '', CommonName: '' };
  const names: RegoValue[] = [];
  for (const { oid, value } of nameAttributes(der)) {
    names.push({ Type: goOid(oid), Value: value });
    const [, , , attribute] = oid.length === 4 && oid.slice(0, 3).join('.') === '2.5.4' ? oid : [];
    const [list, text] = [NAME_LISTS.get(attribute ?? -1n), NAME_TEXTS.get(attribute ?? -1n)];
    if (list !== undefined) lists[list]?.push(value);
    if (text !== undefined) texts[text] = value;
  }
  const collected = Object.entries(lists).map(([field, values]) => [field, orNull(values)] as const);
  return { ...Object.fromEntries(collected), ...texts, Names: orNull(names), ExtraNames: null };
}

function* nameAttributes(der: Buffer): Generator<{ oid: bigint[]; value: string }> {
  const reader = new DerReader(der);
  while (!reader.isEmpty) {
    const set = need(reader.inside(DER.SET), 'invalid RDNSequence');
    while (!set.isEmpty) {
      const attribute = need(set.inside(DER.SEQUENCE), 'invalid RDNSequence: invalid attribute');
      const oid = need(attribute.oid(), 'invalid RDNSequence: invalid attribute type');
      const { tag, content } = need(attribute.element(), 'invalid RDNSequence: invalid attribute value');
      yield { oid, value: parseString(tag, content) };
    }
  }
}

function parseString(tag: number, content: Buffer): string {
  const problem = (what: string) => fault(`invalid RDNSequence: invalid attribute value: ${what}`);
  switch (tag) {
    case DER.T61_STRING:
      return content.toString('latin1');
    case DER.PRINTABLE_STRING:
      return checked(content, /^[A-Za-z0-9'()+,\-./ :=?*&]*$/, problem('invalid PrintableString'));
    case DER.NUMERIC_STRING:
      return checked(content, /^[0-9 ]*$/, problem('invalid NumericString'));
    case DER.IA5_STRING:
      return checked(content, IA5, problem('invalid IA5String'));
    case DER.UTF8_STRING:
      if (Buffer.from(content.toString()).equals(content)) return content.toString();
      throw problem('invalid UTF-8 string');
    case DER.BMP_STRING:
      return bmpString(content, problem('invalid BMPString'));
    default:
      throw problem(`unsupported string type: ${tag}`);
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: IA5 is ASCII, control characters included.
const IA5 = /^[\u0000-\u007f]*$/;

function checked(content: Buffer, pattern: RegExp, problem: Error): string {
  const text = content.toString('latin1');
  if (!pattern.test(text)) throw problem;
  return text;
}

function ia5(content: Buffer, message: string): string {
  return checked(content, IA5, fault(message));
}

/** UCS-2, big-endian, without what UTF-16 has beyond it. A zero at the end is dropped. */
function bmpString(content: Buffer, problem: Error): string {
  if (content.length % 2 !== 0) throw problem;
  const text = Buffer.from(content).swap16().toString('utf16le').replace(/\0$/, '');
  if (/[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/.test(text)) throw problem;
  return text;
}

function parseDerTime(reader: DerReader): string {
  if (reader.peek(DER.UTC_TIME)) return derTime(reader, DER.UTC_TIME, 'UTCTime');
  if (reader.peek(DER.GENERALIZED_TIME)) return derTime(reader, DER.GENERALIZED_TIME, 'GeneralizedTime');
  throw fault('unsupported time format');
}

/** RFC 3339, in the offset of the certificate, which RFC 5280 wants to be Z. */
function derTime(reader: DerReader, tag: number, name: string): string {
  const text = reader.content(tag)?.toString('latin1') ?? '';
  const [, year = '', rest = '', sign = '', hours = '0', minutes = '0'] =
    /^(\d{2}|\d{4})(\d{8}(?:\d\d)?)(?:Z|([-+])(\d\d)(\d\d))$/.exec(text) ?? [];
  const isShort = tag === DER.UTC_TIME;
  // Only a UTCTime may leave out the seconds. Its years are those from 1950 to 2049 (RFC 5280, 4.1.2.5.1).
  if (year.length !== (isShort ? 2 : 4) || (!isShort && rest.length !== 10)) throw fault(`malformed ${name}`);
  const century = isShort ? (Number(year) < 50 ? '20' : '19') : '';
  const offset = (sign === '-' ? -60 : 60) * (Number(hours) * 60 + Number(minutes));
  try {
    const { unixSeconds } = parseTime(`${century}${year}${rest.padEnd(10, '0')}`, '20060102150405');
    return formatTime({ localSeconds: unixSeconds, nanoseconds: 0, zoneName: '', offset }, 'RFC3339');
  } catch (cause) {
    throw new Error(`x509: malformed ${name}`, { cause });
  }
}

/** The numbers of an OID as Go's asn1 package holds it. */
function goOid(oid: readonly bigint[]): RegoValue[] {
  if (oid.some((arc) => arc > MAX_OID_ARC)) throw fault('malformed OID');
  return oid.map(Number);
}

/** Go's lists are nil, JSON's null, until something is appended to them. */
function orNull<T>(list: T[]): T[] | null {
  return list.length === 0 ? null : list;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}

function need<T>(value: T | undefined, message: string, prefix = 'x509: '): T {
  if (value === undefined) throw new Error(`${prefix}${message}`);
  return value;
}

function fault(message: string): Error {
  return new Error(`x509: ${message}`);
}
