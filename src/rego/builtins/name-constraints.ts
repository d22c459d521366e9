import { isIP } from 'node:net';
import { isDomainName } from './go-url.ts';
import { type Mailbox, parseMailbox } from './mailbox.ts';
import { parseAddress } from './net.ts';
import { addressesOf, extensionOf, type GoCertificate } from './x509.ts';

/**
 * Far more than honest certificates need and less than a quarter of a second: characters that are read or compared. Go has
 * no such bound.
 */
const MAX_WORK = 4_000_000;
const NAME_CONSTRAINTS = '2.5.29.30';

/**
 * Whether the names in chains of certificates are such as the authorities above them permit (RFC 5280, 4.2.1.10, as Go's
 * crypto/x509 does it in constraints.go). One of these serves one verification: its chains share certificates, and the time.
 */
export class NameChecks {
  readonly #names = new Map<GoCertificate, Names | undefined>();
  readonly #constraints = new Map<GoCertificate, Constraints>();
  readonly #work = new Work();

  /** The chain begins with the leaf. Throws Error where there is more to compare than there is time for. */
  allows(chain: readonly GoCertificate[]): boolean {
    this.#work.spend(chain.length);
    return chain.every((certificate, index) => {
      const authorities = chain.slice(index + 1).filter((authority) => extensionOf(authority, NAME_CONSTRAINTS));
      if (authorities.length === 0) return true;
      const names = once(this.#names, certificate, () => namesOf(certificate, this.#work));
      // What cannot be read cannot be matched.
      if (names === undefined) return false;
      return authorities.every((authority) => {
        return permits(
          once(this.#constraints, authority, () => constraintsOf(authority, this.#work)),
          names,
        );
      });
    });
  }
}

function once<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key);
  if (value !== undefined || known.has(key)) return value as V;
  const made = make();
  known.set(key, made);
  return made;
}

class Work {
  #left = MAX_WORK;

  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw new Error('x509: too many names and name constraints');
  }
}

interface Names {
  hosts: readonly string[];
  uriHosts: readonly string[];
  mailboxes: readonly Mailbox[];
  addresses: readonly Buffer[];
}

/** Undefined if there is one that cannot be matched. */
function namesOf(certificate: GoCertificate, work: Work): Names | undefined {
  const hosts = textsOf(certificate, 'DNSNames');
  const uris = ((certificate['URIs'] ?? []) as { Host: string }[]).map(({ Host }) => Host);
  const emails = textsOf(certificate, 'EmailAddresses');
  work.spend(lengthOf([...hosts, ...uris, ...emails]) * COST_OF_READING);
  const uriHosts = uris.map(hostOfUri);
  const mailboxes = emails.map(parseMailbox);
  if (![...hosts, ...uriHosts].every((name) => name !== undefined && isDomainName(name))) return undefined;
  if (mailboxes.includes(undefined)) return undefined;
  const addresses = addressesOf(certificate);
  work.spend(addresses.length * COST_OF_AN_ADDRESS);
  return { hosts, uriHosts: uriHosts as string[], mailboxes: mailboxes as Mailbox[], addresses };
}

/** In characters that are compared, about. */
const COST_OF_READING = 4;
const COST_OF_AN_ADDRESS = 16;

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length + 1, 0);
}

/** Undefined where constraints say nothing: without a host or a port behind a colon, and for addresses. */
function hostOfUri(host: string): string | undefined {
  const name = host.includes(':') && !host.endsWith(']') ? hostBeforePort(host) : host;
  const isAddress = name !== undefined && (isIP(name) !== 0 || /^\[.*\]$/.test(name));
  return host === '' || isAddress ? undefined : name;
}

/** Go's net.SplitHostPort: undefined for what it refuses. Before a port the host may be empty. */
function hostBeforePort(host: string): string | undefined {
  const [, bracketed, name] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):[^:[\]]*$/.exec(host) ?? [];
  return bracketed ?? name;
}

interface Constraints {
  dns: Sides<string>;
  uri: Sides<string>;
  email: Sides<Mailbox>;
  ip: Sides<Buffer>;
}

/** What is permitted and what is excluded; without an answer where there are no such constraints. */
interface Sides<Name> {
  permitted: Covers<Name> | undefined;
  excluded: Covers<Name> | undefined;
}

type Covers<Name> = (name: Name) => boolean;

function permits({ dns, uri, email, ip }: Constraints, names: Names): boolean {
  return (
    names.addresses.every((address) => isAllowed(ip, address)) &&
    names.hosts.every((host) => isAllowed(dns, host)) &&
    names.uriHosts.every((host) => isAllowed(uri, host)) &&
    names.mailboxes.every((mailbox) => isAllowed(email, mailbox))
  );
}

function isAllowed<Name>({ permitted, excluded }: Sides<Name>, name: Name): boolean {
  return permitted?.(name) !== false && excluded?.(name) !== true;
}

function constraintsOf(authority: GoCertificate, work: Work): Constraints {
  const sides = <T, Name>(kind: string, covers: (constraints: readonly T[], side: Side) => Covers<Name>) => {
    const [permitted, excluded] = (['Permitted', 'Excluded'] as const).map((side) => {
      const constraints = authority[`${side}${kind}`] as readonly T[] | null;
      return constraints === null ? undefined : covers(constraints, side);
    });
    return { permitted, excluded };
  };
  return {
    dns: sides('DNSDomains', (domains: readonly string[], side) => coversDomains(domains, side, work)),
    uri: sides('URIDomains', (domains: readonly string[], side) => coversDomains(domains, side, work)),
    email: sides('EmailAddresses', (emails: readonly string[], side) => coversMailboxes(emails, side, work)),
    ip: sides('IPRanges', (ranges: readonly Range[]) => coversAddresses(ranges, work)),
  };
}

type Side = 'Permitted' | 'Excluded';

/** `example.com` stands for itself and what is below, `.example.com` for what is below, and nothing for everything. */
function coversDomains(domains: readonly string[], side: Side, work: Work): Covers<string> {
  work.spend(lengthOf(domains) * (COST_OF_READING + depthOf(domains.length)));
  if (domains.includes('')) return () => true;
  const sorted = pruned(domains.map(sortKey).sort(), isBelow);
  const depth = depthOf(sorted.length);
  // A wildcard also stands for its neighbours: `*.example.com` for `a.example.com`.
  const parents = new Set(side === 'Permitted' ? [] : sorted.map((key) => behindFirstLabel(sortKey(key))));
  parents.delete('');
  return (name) => {
    work.spend((name.length + 1) * (COST_OF_READING + depth));
    const key = sortKey(name);
    const at = lowerBound(sorted, (constraint) => constraint < key);
    const nearest = sorted[at] === key ? key : sorted[Math.max(at - 1, 0)];
    if (nearest !== undefined && isBelow(nearest, key)) return true;
    return name.startsWith('*') && parents.has(behindFirstLabel(name.toLowerCase().replaceAll('.', '\0')));
  };
}

/** Backwards, in lower case, and with the dot before all other characters, so that what is below a domain follows it. */
function sortKey(domain: string): string {
  return Array.from(domain.toLowerCase()).reverse().join('').replaceAll('.', '\0');
}

/** Whether a name lies within a constraint, both as `sortKey` writes them. */
function isBelow(constraint: string, name: string): boolean {
  if (!name.startsWith(constraint)) return false;
  return constraint.endsWith('\0') || name.length === constraint.length || name[constraint.length] === '\0';
}

function behindFirstLabel(name: string): string {
  const dot = name.indexOf('\0');
  return dot < 0 ? '' : name.slice(dot);
}

/** A constraint with an @ is one address, another is a domain. */
function coversMailboxes(constraints: readonly string[], side: Side, work: Work): Covers<Mailbox> {
  work.spend(lengthOf(constraints) * COST_OF_READING);
  const one = constraints.filter((constraint) => constraint.includes('@')).map(parseMailbox);
  const known = new Set(one.map((mailbox) => mailbox && keyOf(mailbox)));
  const domains = constraints.filter((constraint) => !constraint.includes('@'));
  const coversDomain = domains.length === 0 ? () => false : coversDomains(domains, side, work);
  return (mailbox) => {
    work.spend((mailbox.local.length + mailbox.domain.length) * COST_OF_READING);
    return known.has(keyOf(mailbox)) || coversDomain(mailbox.domain);
  };
}

/** A domain has no blanks. */
function keyOf({ local, domain }: Mailbox): string {
  return `${domain} ${local}`;
}

/** A network of a certificate's constraints, as Go writes it. */
interface Range {
  IP: string;
  Mask: string;
}

/** With as many bytes as the certificate has for it. */
interface Network {
  address: Buffer;
  mask: Buffer;
}

/**
 * Go keeps what has four bytes from what has sixteen, even where these are IPv4 mapped into IPv6, and takes a network by its
 * address, also where that is not the first of the network.
 */
function coversAddresses(ranges: readonly Range[], work: Work): Covers<Buffer> {
  work.spend(ranges.length * COST_OF_AN_ADDRESS * (COST_OF_READING + depthOf(ranges.length)));
  const networks = ranges.map(parseNetwork);
  const families = new Map([4, 16].map((bytes) => [bytes, sortedNetworks(networks, bytes)]));
  const cost = COST_OF_AN_ADDRESS * (1 + depthOf(ranges.length));
  return (address) => {
    work.spend(cost);
    const family = families.get(address.length) ?? [];
    const at = lowerBound(family, (network) => network.address.compare(address) < 0);
    if (family[at]?.address.equals(address)) return true;
    const nearest = family[Math.max(at - 1, 0)];
    return nearest !== undefined && contains(nearest, address);
  };
}

function sortedNetworks(networks: readonly Network[], bytes: number): Network[] {
  const family = networks.filter(({ address }) => address.length === bytes);
  family.sort((a, b) => a.address.compare(b.address) || a.mask.compare(b.mask));
  return pruned(family, (outer, inner) => {
    const last = inner.address.map((byte, index) => byte | ~(inner.mask[index] ?? 0));
    return contains(outer, inner.address) && contains(outer, Buffer.from(last));
  });
}

function parseNetwork({ IP, Mask }: Range): Network {
  const mask = Buffer.from(Mask, 'base64');
  const address = Buffer.from((parseAddress(IP) ?? 0n).toString(16).padStart(32, '0'), 'hex');
  return { address: address.subarray(-mask.length), mask };
}

/** Go's IPNet.Contains, to which mapped addresses are IPv4. */
function contains({ address, mask }: Network, candidate: Buffer): boolean {
  const [network, other] = [unmapped(address), unmapped(candidate)];
  if (network.length !== other.length) return false;
  const bits = mask.subarray(-network.length);
  return network.every((byte, index) => ((byte ^ (other[index] ?? 0)) & (bits[index] ?? 0)) === 0);
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

function unmapped(address: Buffer): Buffer {
  return address.subarray(0, -4).equals(MAPPED) ? address.subarray(-4) : address;
}

/** Without what lies within the one before. */
function pruned<T>(sorted: readonly T[], isWithin: (outer: T, inner: T) => boolean): T[] {
  const kept: T[] = [];
  for (const each of sorted) {
    const last = kept.at(-1);
    if (last === undefined || !isWithin(last, each)) kept.push(each);
  }
  return kept;
}

/** The index of the first that is not below, by halves. */
function lowerBound<T>(sorted: readonly T[], isLess: (each: T) => boolean): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isLess(sorted[middle] as T)) from = middle + 1;
    else to = middle;
  }
  return from;
}

function depthOf(count: number): number {
  return Math.ceil(Math.log2(count + 1));
}

function textsOf(certificate: GoCertificate, member: string): readonly string[] {
  return (certificate[member] ?? []) as string[];
}
