import { isIPv4, isIPv6 } from 'node:net';
import { compareRego, isRegoObject, type RegoValue, sortedEntries } from '../value.ts';
import type { Builtin, BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';

/** One /16 of IPv4. OPA expands until the query times out; a bound answers at once and does not depend on the machine. */
const MAX_EXPANDED_ADDRESSES = 65_536n;

/** The addresses of `::ffff:0:0/96`, which Go takes for IPv4. */
const MAPPED_IPV4 = 0xffff_0000_0000n;
const ALL_IPV4 = 0xffff_ffffn;
const ALL_IPV6 = 2n ** 128n - 1n;

/** Addresses as 128-bit integers, IPv4 as mapped into IPv6; both ends belong to the range. */
interface AddressRange {
  first: bigint;
  last: bigint;
}

interface Network extends AddressRange {
  /** As Go prints it: with the address as given if it came without a prefix length. */
  text: string;
}

/** Pairs of keys (or indexes, or members) whose network of the first operand contains the address or network of the second. */
const cidrContainsMatches: Builtin = (networks, candidates) => {
  const network = memoised(parseNetwork);
  const candidate = memoised(parseAddressOrNetwork);
  const matches = new Set<RegoValue>();
  const [outers, inners] = [matchEntries(networks as RegoValue), matchEntries(candidates as RegoValue)];
  for (const [item, index] of outers) {
    const cidr = matchTerm(item, 1);
    for (const [candidateItem, candidateIndex] of inners) {
      const addressOrCidr = matchTerm(candidateItem, 2);
      const outer = network(stringOperand(cidr, 1));
      if (contains(outer, candidate(stringOperand(addressOrCidr, 1)))) matches.add([index, candidateIndex]);
    }
  }
  return matches;
};

/** Every address of a network. Throws beyond MAX_EXPANDED_ADDRESSES. */
const cidrExpand: Builtin = (cidr) => {
  const { first, last, text } = parseNetwork(stringOperand(cidr as RegoValue, 1));
  if (last - first >= MAX_EXPANDED_ADDRESSES) {
    throw new Error(`${text} has more than ${MAX_EXPANDED_ADDRESSES} addresses`);
  }
  const addresses = new Set<RegoValue>();
  for (let address = first; address <= last; address++) addresses.add(formatAddress(address));
  return addresses;
};

const cidrIsValid: Builtin = (cidr) => typeof cidr === 'string' && tryParseNetwork(cidr) !== undefined;

/** The fewest networks that hold exactly the addresses of the given ones; an IPv4 address stands for its classful network. */
const cidrMerge: Builtin = (networks) => {
  if (!Array.isArray(networks) && !(networks instanceof Set)) throw new Error('operand must be an array');
  const ranges = inOrder(networks)
    .map(parseMergeable)
    .sort((a, b) => order(a.last, b.last) || order(a.first, b.first));
  return new Set(mergeAdjacent(ranges).flatMap((range) => ('text' in range ? [range.text] : cover(range))));
};

const cidrContains: Builtin = (cidr, addressOrCidr) => {
  const outer = parseNetwork(stringOperand(cidr as RegoValue, 1));
  // OPA counts the second operand as the first, too.
  return contains(outer, parseAddressOrNetwork(stringOperand(addressOrCidr as RegoValue, 1)));
};

/** Whether one of two networks holds the first address of the other. */
const cidrIntersects: Builtin = (a, b) => {
  const first = parseNetwork(stringOperand(a as RegoValue, 1));
  const second = parseNetwork(stringOperand(b as RegoValue, 1));
  return contains(first, startOf(second)) || contains(second, startOf(first));
};

export const netBuiltins: BuiltinTable = {
  'net.cidr_contains': cidrContains,
  'net.cidr_contains_matches': cidrContainsMatches,
  'net.cidr_expand': cidrExpand,
  'net.cidr_intersects': cidrIntersects,
  'net.cidr_is_valid': cidrIsValid,
  'net.cidr_merge': cidrMerge,
};

/** What an operand of cidr_contains_matches holds in OPA's order, each with what a match names it by. */
function matchEntries(operand: RegoValue): (readonly [item: RegoValue, index: RegoValue])[] {
  if (typeof operand === 'string') return [[operand, operand]];
  if (Array.isArray(operand)) return operand.map((item, index) => [item, index]);
  if (operand instanceof Set) return inOrder(operand).map((item) => [item, item]);
  if (isRegoObject(operand)) return sortedEntries(operand).map(([key, item]) => [item, key]);
  return [];
}

/** As OPA goes through them, so that the first that is wrong is the same. */
function inOrder(members: RegoValue[] | Set<RegoValue>): RegoValue[] {
  return Array.isArray(members) ? members : [...members].sort(compareRego);
}

/** An array carries its network first and whatever the policy wants to keep with it after. */
function matchTerm(item: RegoValue, position: number): RegoValue {
  if (typeof item === 'string') return item;
  const first = Array.isArray(item) ? item[0] : undefined;
  if (first === undefined) throw new Error(`operand ${position}: element must be string or non-empty array`);
  return first;
}

function contains(outer: AddressRange, inner: AddressRange): boolean {
  // Go keeps the families apart, though IPv4 lies within IPv6 when it is mapped: `::/0` contains no IPv4 address.
  return isMappedIpv4(outer) === isMappedIpv4(inner) && outer.first <= inner.first && inner.last <= outer.last;
}

function startOf({ first }: AddressRange): AddressRange {
  return { first, last: first };
}

function isMappedIpv4({ first, last }: AddressRange): boolean {
  return first >= MAPPED_IPV4 && last <= MAPPED_IPV4 + ALL_IPV4;
}

function parseNetwork(cidr: string): Network {
  const network = tryParseNetwork(cidr);
  if (network === undefined) throw new Error(`invalid CIDR address: ${cidr}`);
  return network;
}

function parseAddressOrNetwork(text: string): AddressRange {
  const address = parseAddress(text);
  if (address !== undefined) return { first: address, last: address };
  const network = tryParseNetwork(text);
  if (network !== undefined) return network;
  throw new Error(`not a valid textual representation of an IP address or CIDR: ${text}`);
}

function tryParseNetwork(cidr: string): Network | undefined {
  const [, text = '', length = ''] = /^([^/]+)\/(\d+)$/.exec(cidr) ?? [];
  const address = parseAddress(text);
  const bits = isIPv4(text) ? 32 : 128;
  if (address === undefined || Number(length) > bits) return undefined;
  const { first, last } = block(address, 128 - bits + Number(length));
  return { first, last, text: formatNetwork(first, 128 - bits + Number(length)) };
}

function parseMergeable(element: RegoValue): Network {
  if (typeof element !== 'string') throw new Error('element must be string');
  const address = parseAddress(element);
  if (address === undefined) return parseNetwork(element);
  if (address < MAPPED_IPV4 || address > MAPPED_IPV4 + ALL_IPV4) throw new Error('IPv6 invalid: needs prefix length');
  const prefix = classfulPrefix(formatAddress(address));
  return { ...block(address, 96 + prefix), text: formatNetwork(address, 96 + prefix) };
}

/** The network of an IPv4 address without a prefix length, as before 1993; that is what OPA takes. */
function classfulPrefix(address: string): number {
  const head = Number.parseInt(address, 10);
  if (head < 128) return 8;
  return head < 192 ? 16 : 24;
}

/** Joins ranges that overlap or touch; they come sorted by their ends. One that stays alone is returned as it came. */
function mergeAdjacent(ranges: readonly Network[]): (Network | AddressRange)[] {
  const merged: (Network | AddressRange)[] = [];
  for (const range of ranges.toReversed()) {
    const next = merged.at(-1);
    if (next === undefined || addressBefore(next.first) > range.last) merged.push(range);
    else merged[merged.length - 1] = { first: next.first < range.first ? next.first : range.first, last: next.last };
  }
  return merged;
}

/** The first address of a family stands for its predecessor, so that no IPv6 network joins one of IPv4. */
function addressBefore(address: bigint): bigint {
  return address === 0n || address === MAPPED_IPV4 ? address : address - 1n;
}

/** The fewest networks that cover a range: each the largest that starts where the last one ended and fits. */
function cover({ first, last }: AddressRange): string[] {
  const networks: string[] = [];
  for (let start = first; start <= last; ) {
    let prefix = 128;
    while (prefix > 0 && block(start, prefix - 1).first === start && block(start, prefix - 1).last <= last) prefix--;
    networks.push(formatNetwork(start, prefix));
    start = block(start, prefix).last + 1n;
  }
  return networks;
}

/** The addresses that share the first `prefix` bits of 128 with an address. */
function block(address: bigint, prefix: number): AddressRange {
  const hosts = ALL_IPV6 >> BigInt(prefix);
  return { first: address & ~hosts, last: address | hosts };
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

export function parseAddress(text: string): bigint | undefined {
  if (isIPv4(text)) return MAPPED_IPV4 + parseIpv4(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [, head = '', tail = ''] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? ['', text];
  const ending = tail === '' ? '' : parseIpv4(tail).toString(16).padStart(8, '0').replace(/^.{4}/, '$&:');
  const [left = [], right = []] = `${head}${ending}`.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return BigInt(`0x${[...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('')}`);
}

function parseIpv4(text: string): bigint {
  return text.split('.').reduce((address, part) => address * 256n + BigInt(part), 0n);
}

function formatNetwork(first: bigint, prefix: number): string {
  const isIpv4 = prefix >= 96 && isMappedIpv4({ first, last: first });
  return `${formatAddress(first)}/${isIpv4 ? prefix - 96 : prefix}`;
}

/** RFC 5952, and IPv4 for its mapped addresses, as Go does. */
export function formatAddress(address: bigint): string {
  if (isMappedIpv4({ first: address, last: address })) {
    return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  const text = groups.join(':');
  const runs = text.match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  const [before = '', after = ''] = splitOnce(text, longest);
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.search(new RegExp(`\\b${separator}\\b`));
  return [text.slice(0, at), text.slice(at + separator.length)];
}

function memoised<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const value = known.get(text) ?? parse(text);
    known.set(text, value);
    return value;
  };
}
