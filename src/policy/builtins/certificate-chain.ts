import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { allowsNames } from './name-constraints.ts';
import type { GoCertificate } from './x509.ts';

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
  const search: Search = {
    root,
    intermediates: certificates.slice(1, -1),
    atNs: options.atNs,
    checksLeft: MAX_SIGNATURE_CHECKS,
  };
  const chains = leaf.Raw === root.Raw ? [[leaf]] : [...chainsFrom([leaf], search)];
  const chain = chains.find((candidate) => allowsUsage(candidate, options.keyUsages) && allowsNames(candidate));
  if (chain?.some(requiresPolicy)) throw new Error('x509: required policies of certificates are not supported');
  return chain;
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
  for (const parent of search.intermediates) {
    if (isIssuedBy(child, parent, chain, search)) yield* chainsFrom([...chain, parent], search);
  }
}

function isIssuedBy(
  child: GoCertificate,
  parent: GoCertificate,
  chain: readonly GoCertificate[],
  search: Search,
): boolean {
  if (parent.RawSubject !== child.RawIssuer || chain.some((known) => isSameEntity(known, parent))) return false;
  if (!isAuthority(parent, chain.length - 1) || !isUsable(parent, search.atNs)) return false;
  if (search.checksLeft-- <= 0) return false;
  return isSignedBy(child, parent);
}

function isSameEntity(one: GoCertificate, other: GoCertificate): boolean {
  return (
    one.RawSubject === other.RawSubject &&
    one['RawSubjectPublicKeyInfo'] === other['RawSubjectPublicKeyInfo'] &&
    JSON.stringify(altNamesOf(one)) === JSON.stringify(altNamesOf(other))
  );
}

function altNamesOf(certificate: GoCertificate): unknown[] {
  return [certificate.DNSNames, certificate['EmailAddresses'], certificate.IPAddresses, certificate['URIs']];
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
  if (REFUSED_SIGNATURE_ALGORITHMS.has(child.SignatureAlgorithm)) return false;
  try {
    return openSsl(child).verify(openSsl(parent).publicKey);
  } catch {
    // OpenSSL cannot read what Go's parser could: then nobody vouches for it.
    return false;
  }
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
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0) return (IPAddresses ?? []).some((known) => known === address.toLowerCase());
  const name = host.toLowerCase();
  return (DNSNames ?? []).some((pattern) => matchesHost(pattern.toLowerCase(), name));
}

function matchesHost(pattern: string, host: string): boolean {
  const isHost = /^(?:[a-z0-9_][a-z0-9_-]*\.)*[a-z0-9_][a-z0-9_-]*\.?$/.test(host);
  const isPattern = /^(?:\*\.)?(?:[a-z0-9_][a-z0-9_-]*\.)*[a-z0-9_][a-z0-9_-]*$/.test(pattern);
  if (!isHost || !isPattern) return pattern === host;
  const [patternLabels, hostLabels] = [pattern.split('.'), host.replace(/\.$/, '').split('.')];
  if (patternLabels.length !== hostLabels.length) return false;
  return patternLabels.every((label, index) => label === hostLabels[index] || (index === 0 && label === '*'));
}
