import { X509Certificate } from 'node:crypto';
import { NameChecks } from './name-constraints.ts';
import { parseAddress } from './net.ts';
import { extensionOf, type GoCertificate, SUBJECT_ALT_NAME } from './x509.ts';

export interface VerifyOptions {
  /** Nanoseconds since the epoch at which every certificate of the chain must be valid. */
  atNs: bigint;
  /** Go's numbers of extended key usages, of which one must be allowed all along the chain. */
  keyUsages: number[];
  /** A host name or IP address that the leaf must be for; empty for none. */
  dnsName: string;
}

const ANY_USAGE = 0;
const KEY_USAGE_CERT_SIGN = 32;
/** Go's numbers of public key algorithms. */
const [UNKNOWN, RSA] = [0, 1];
const MIN_RSA_BITS = 1024n;
/** As in Go, which calls certificates that need more of them an attack. */
const MAX_SIGNATURE_CHECKS = 100;
/** SHA-1 and MD5, which Go takes for insecure, and what it cannot verify. */
const REFUSED_SIGNATURE_ALGORITHMS = new Set([0, 1, 2, 3, 7, 8, 9]);

/**
 * A chain from the last certificate, the leaf, over any of those between to the first, which is trusted (RFC 5280, 6.1, as Go
 * does it). Undefined if there is none. Throws Error where an answer would depend on required policies, which are not checked
 * here: no answer is better than a wrong one, and a strict evaluation denies.
 */
export function verifyChain(
  certificates: readonly GoCertificate[],
  options: VerifyOptions,
): GoCertificate[] | undefined {
  const [root, leaf] = [certificates[0], certificates.at(-1)];
  if (certificates.length < 2 || root === undefined || leaf === undefined) return undefined;
  if (!isUsable(leaf, options.atNs) || !isForHost(leaf, options.dnsName)) return undefined;
  const intermediates = new Map(certificates.slice(1, -1).map((certificate) => [certificate.Raw, certificate]));
  const search: Search = {
    root,
    intermediates: [...intermediates.values()],
    atNs: options.atNs,
    checksLeft: MAX_SIGNATURE_CHECKS,
  };
  const chains = leaf.Raw === root.Raw ? [[leaf]] : [...chainsFrom([leaf], search)];
  return firstValid(chains, options.keyUsages);
}

/** A chain that cannot be judged is none, and its error the answer if no other chain is one. */
function firstValid(chains: readonly GoCertificate[][], keyUsages: readonly number[]): GoCertificate[] | undefined {
  const names = new NameChecks();
  const faults: unknown[] = [];
  for (const chain of chains) {
    try {
      if (isValid(chain, keyUsages, names)) return chain;
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
  return undefined;
}

function isValid(chain: readonly GoCertificate[], keyUsages: readonly number[], names: NameChecks): boolean {
  if (!allowsUsage(chain, keyUsages) || !names.allows(chain)) return false;
  if (chain.some(requiresPolicy)) throw new Error('x509: required policies of certificates are not supported');
  return true;
}

interface Search {
  root: GoCertificate;
  intermediates: readonly GoCertificate[];
  atNs: bigint;
  checksLeft: number;
}

function* chainsFrom(chain: readonly GoCertificate[], search: Search): Generator<GoCertificate[]> {
  const child = chain.at(-1);
  if (child === undefined) return;
  if (isIssuedBy(child, search.root, chain, search)) yield [...chain, search.root];
  for (const parent of byLikelihood(child, search.intermediates)) {
    // Unlike roots, these have to say that they are authorities.
    const isAuthority = parent.BasicConstraintsValid && parent.IsCA;
    if (isIssuedBy(child, parent, chain, search) && isAuthority) yield* chainsFrom([...chain, parent], search);
  }
}

/** In Go's order, which says which of several chains is the answer: those first whose key is the one that the child names. */
function byLikelihood(child: GoCertificate, parents: readonly GoCertificate[]): GoCertificate[] {
  const wanted = child['AuthorityKeyId'] || '';
  const rank = (parent: GoCertificate) => {
    const key = parent['SubjectKeyId'] || '';
    if (key === wanted) return 0;
    return key === '' || wanted === '' ? 1 : 2;
  };
  return parents.toSorted((a, b) => rank(a) - rank(b));
}

function isIssuedBy(
  child: GoCertificate,
  parent: GoCertificate,
  chain: readonly GoCertificate[],
  search: Search,
): boolean {
  if (parent.RawSubject !== child.RawIssuer || search.checksLeft-- <= 0) return false;
  if (parent.PublicKeyAlgorithm === UNKNOWN || isInChain(parent, chain)) return false;
  if (!isAuthority(parent, chain.length - 1) || !isUsable(parent, search.atNs)) return false;
  return isSignedBy(child, parent);
}

/** Whether a chain has the same entity already, as Go tells: by its name, its key, and its other names as they are written. */
function isInChain(candidate: GoCertificate, chain: readonly GoCertificate[]): boolean {
  const alike = chain.filter(({ RawSubject, RawSubjectPublicKeyInfo }) => {
    return RawSubject === candidate.RawSubject && RawSubjectPublicKeyInfo === candidate['RawSubjectPublicKeyInfo'];
  });
  if (alike.length === 0) return false;
  const names = extensionOf(candidate, SUBJECT_ALT_NAME);
  for (const certificate of alike) {
    const others = extensionOf(certificate, SUBJECT_ALT_NAME);
    // Go looks no further where only one of the two has other names.
    if (names === undefined || others === undefined) return names === others;
    if (names.equals(others)) return true;
  }
  return false;
}

function isAuthority(certificate: GoCertificate, intermediates: number): boolean {
  const { BasicConstraintsValid, IsCA, KeyUsage, MaxPathLen, Version } = certificate;
  if (BasicConstraintsValid ? !IsCA : Version === 3) return false;
  if (KeyUsage !== 0 && (KeyUsage & KEY_USAGE_CERT_SIGN) === 0) return false;
  return !BasicConstraintsValid || MaxPathLen < 0 || intermediates <= MaxPathLen;
}

function isUsable({ UnhandledCriticalExtensions, NotBefore, NotAfter }: GoCertificate, atNs: bigint): boolean {
  const [from, until] = [NotBefore, NotAfter].map((time) => BigInt(Date.parse(time)) * 1_000_000n) as [bigint, bigint];
  return UnhandledCriticalExtensions === null && from <= atNs && atNs <= until;
}

function isSignedBy(child: GoCertificate, parent: GoCertificate): boolean {
  if (REFUSED_SIGNATURE_ALGORITHMS.has(child.SignatureAlgorithm) || isRefusedKey(parent)) return false;
  try {
    return openSsl(child).verify(openSsl(parent).publicKey);
  } catch {
    // OpenSSL cannot read what Go's parser could: then nobody vouches for it.
    return false;
  }
}

/** RSA keys that Go takes for insecure or for mistaken, and OpenSSL does not. */
function isRefusedKey({ PublicKeyAlgorithm, PublicKey }: GoCertificate): boolean {
  if (PublicKeyAlgorithm !== RSA) return false;
  const { N, E } = PublicKey as { N: bigint; E: bigint };
  return N < 2n ** (MIN_RSA_BITS - 1n) || N % 2n === 0n || E % 2n === 0n || E < 2n || E >= 2n ** 31n;
}

function openSsl({ Raw }: GoCertificate): X509Certificate {
  return new X509Certificate(Buffer.from(Raw, 'base64'));
}

/** A certificate that names no usages allows all of them. */
function allowsUsage(chain: readonly GoCertificate[], wanted: readonly number[]): boolean {
  if (wanted.includes(ANY_USAGE)) return true;
  const allowed = (usage: number) => (certificate: GoCertificate) => {
    const { ExtKeyUsage, UnknownExtKeyUsage } = certificate;
    if (ExtKeyUsage === null) return UnknownExtKeyUsage === null;
    return ExtKeyUsage.includes(ANY_USAGE) || ExtKeyUsage.includes(usage);
  };
  return wanted.some((usage) => chain.every(allowed(usage)));
}

function requiresPolicy(certificate: GoCertificate): boolean {
  return certificate['RequireExplicitPolicy'] !== 0 || certificate['RequireExplicitPolicyZero'] === true;
}

/** RFC 6125: the names in the certificate count, its common name does not. */
function isForHost({ DNSNames, IPAddresses }: GoCertificate, host: string): boolean {
  if (host === '') return true;
  const address = parseAddress(host.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return (IPAddresses ?? []).some((known) => parseAddress(known) === address);
  const name = lowerCased(host);
  return (DNSNames ?? []).some((pattern) => matchesHost(lowerCased(pattern), name));
}

/** JavaScript's lower case has letters beyond ASCII that become those of ASCII. */
function lowerCased(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function matchesHost(pattern: string, host: string): boolean {
  const isHost = /^(?:[a-z0-9_][a-z0-9_-]*\.)*[a-z0-9_][a-z0-9_-]*\.?$/.test(host);
  const isPattern = /^(?:\*\.)?(?:[a-z0-9_][a-z0-9_-]*\.)*[a-z0-9_][a-z0-9_-]*$/.test(pattern);
  if (!isHost || !isPattern) return pattern === host && host !== '.';
  const [patternLabels, hostLabels] = [pattern.split('.'), host.replace(/\.$/, '').split('.')];
  if (patternLabels.length !== hostLabels.length) return false;
  return patternLabels.every((label, index) => label === hostLabels[index] || (index === 0 && label === '*'));
}
