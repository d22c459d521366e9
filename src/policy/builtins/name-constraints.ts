import { isIP } from 'node:net';
import type { RegoValue } from '../rego-value.ts';
import { splitHostPort } from './go-url.ts';
import { parseAddress } from './net.ts';
import type { GoCertificate } from './x509.ts';

/** An e-mail address: the part before the @ as it is meant, and the domain in lower case. */
interface Mailbox {
  local: string;
  domain: string;
}

type Matches<T> = (constraint: string, name: T) => boolean;

/** The networks of a certificate's constraints, as Go writes them. */
interface Range {
  IP: string;
  Mask: string;
}

/**
 * Whether the names of every certificate are such as those above it in the chain, which begins with the leaf, permit
 * (RFC 5280, 4.2.1.10, as Go does it). Throws Error for networks with an address for their own, of which Go's answer
 * depends on the others, and for more comparisons than honest certificates need.
 */
export function allowsNames(chain: readonly GoCertificate[]): boolean {
  return chain.every((certificate, index) => {
    const authorities = chain.slice(index + 1).filter(hasConstraints);
    if (authorities.length === 0) return true;
    refuseTooMany(certificate, authorities);
    return allowsNamesOf(certificate, authorities);
  });
}

/** Go sorts; here every name meets every constraint, and certificates can hold tens of thousands of each. */
const MAX_COMPARISONS = 250_000;

function refuseTooMany(certificate: GoCertificate, authorities: readonly GoCertificate[]): void {
  const names = count(certificate, ['DNSNames', 'EmailAddresses', 'IPAddresses', 'URIs']);
  const constraints = authorities.reduce((sum, authority) => sum + count(authority, CONSTRAINTS), 0);
  if (names * constraints > MAX_COMPARISONS) throw new Error('x509: too many names and name constraints');
}

function count(certificate: GoCertificate, members: readonly string[]): number {
  return members.reduce((sum, member) => sum + textsOf(certificate, member).length, 0);
}

const KINDS = ['DNSDomains', 'IPRanges', 'EmailAddresses', 'URIDomains'];
const CONSTRAINTS = KINDS.flatMap((names) => [`Permitted${names}`, `Excluded${names}`]);

function hasConstraints(certificate: GoCertificate): boolean {
  return CONSTRAINTS.some((names) => certificate[names] !== null);
}

function allowsNamesOf(certificate: GoCertificate, authorities: readonly GoCertificate[]): boolean {
  const hosts = textsOf(certificate, 'DNSNames');
  const domains = urisOf(certificate).map(domainOfUri);
  const mailboxes = textsOf(certificate, 'EmailAddresses').map(parseMailbox);
  const isUnknown = [...domains, ...mailboxes].includes(undefined);
  const names = [...hosts, ...domains, ...mailboxes.map((mailbox) => mailbox?.domain)];
  // What cannot be read cannot be matched.
  if (isUnknown || !names.every((name) => name !== undefined && isPlainName(name))) return false;
  return authorities.every((authority) => {
    const allows = <T>(kind: string, name: T, matches: Matches<T>, isExcluded: Matches<T>) =>
      isAllowed(textsOrNull(authority, `Permitted${kind}`), textsOf(authority, `Excluded${kind}`), name, {
        matches,
        isExcluded,
      });
    return (
      hosts.every((name) => allows('DNSDomains', name, isWithin, excludes)) &&
      domains.every((name) => allows('URIDomains', name ?? '', isWithin, excludes)) &&
      mailboxes.every((box) => allows('EmailAddresses', box ?? NOBODY, ofMailbox(isWithin), ofMailbox(excludes))) &&
      textsOf(certificate, 'IPAddresses').every((address) => allowsAddress(authority, address))
    );
  });
}

const NOBODY: Mailbox = { local: '', domain: '' };

function isAllowed<T>(
  permitted: readonly string[] | null,
  excluded: readonly string[],
  name: T,
  { matches, isExcluded }: { matches: Matches<T>; isExcluded: Matches<T> },
): boolean {
  if (permitted !== null && !permitted.some((constraint) => matches(constraint, name))) return false;
  return !excluded.some((constraint) => isExcluded(constraint, name));
}

/** `example.com` stands for itself and what is below, `.example.com` for what is below, and nothing for everything. */
function isWithin(constraint: string, name: string): boolean {
  if (constraint === '') return true;
  const [above, host] = [constraint.toLowerCase(), name.toLowerCase()];
  return host === above || host.endsWith(above.startsWith('.') ? above : `.${above}`);
}

/** A wildcard also stands for its neighbours: `*.example.com` for `a.example.com`. */
function excludes(constraint: string, name: string): boolean {
  if (isWithin(constraint, name)) return true;
  const parent = behindFirstLabel(constraint);
  return name.startsWith('*') && parent !== '' && parent === behindFirstLabel(name);
}

function behindFirstLabel(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot).toLowerCase();
}

/** A constraint with an @ is one address, another is a domain. */
function ofMailbox(matches: Matches<string>): Matches<Mailbox> {
  return (constraint, { local, domain }) => {
    if (!constraint.includes('@')) return matches(constraint, domain);
    const one = parseMailbox(constraint);
    return one?.local === local && one.domain === domain;
  };
}

/** As crypto/x509 asks of names that it matches: labels of printable characters, and no dot at the end. */
function isPlainName(name: string): boolean {
  return name === '' || /^[!-\-/-~]+(?:\.[!-\-/-~]+)*$/.test(name);
}

const ATOM = /^(?:[\w!#$%&'*+\-/=?^`{|}~.]|\\.)+(?=@)/s;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 2821 has them in quotes.
const QUOTED = /^"((?:[\x01-\x08\x0b\x0c\x0e-!#-[\]-\x7f]|\\[\x01-\x09\x0b\x0c\x0e-\x7f])*)"(?=@)/;

/** Undefined for what RFC 2821 does not take for an address. Behind the @, anything may stand for a domain. */
export function parseMailbox(address: string): Mailbox | undefined {
  const [whole, quoted] = QUOTED.exec(address) ?? ATOM.exec(address) ?? [];
  if (whole === undefined) return undefined;
  const local = (quoted ?? whole).replace(/\\(.)/gs, '$1');
  const domain = address.slice(whole.length + 1);
  if (quoted === undefined && /^\.|\.\.|\.$/.test(local)) return undefined;
  return domain === '' || isPlainName(domain) ? { local, domain: domain.toLowerCase() } : undefined;
}

function urisOf(certificate: GoCertificate): { Host: string }[] {
  return (certificate['URIs'] ?? []) as { Host: string }[];
}

/** Undefined where constraints say nothing: without a host, and for addresses. */
function domainOfUri({ Host }: { Host: string }): string | undefined {
  const host = Host.toLowerCase();
  const { hostname } = host.endsWith(']') ? { hostname: '' } : splitHostPort(host);
  return hostname === '' || hostname.includes(':') || isIP(hostname) !== 0 ? undefined : hostname;
}

function allowsAddress(authority: GoCertificate, address: string): boolean {
  const [permitted, excluded] = ['Permitted', 'Excluded'].map((side) => {
    return authority[`${side}IPRanges`] as unknown as Range[] | null;
  });
  if (permitted && !permitted.some((range) => isInRange(range, address))) return false;
  return !excluded?.some((range) => isInRange(range, address));
}

function isInRange({ IP, Mask }: Range, address: string): boolean {
  const mask = Buffer.from(Mask, 'base64');
  if (isIP(address) !== (mask.length === 4 ? 4 : 6)) return false;
  const [network, candidate] = [IP, address].map((text) => parseAddress(text) ?? 0n) as [bigint, bigint];
  const hosts = 2n ** BigInt(mask.length * 8) - 1n - BigInt(`0x${mask.toString('hex')}`);
  if ((network & hosts) !== 0n) throw new Error('x509: an IP constraint that is no network is not supported');
  return network === (candidate & ~hosts);
}

function textsOf(certificate: GoCertificate, member: string): readonly string[] {
  return textsOrNull(certificate, member) ?? [];
}

function textsOrNull(certificate: GoCertificate, member: string): readonly string[] | null {
  return certificate[member] as (RegoValue & readonly string[]) | null;
}
