import { readFileSync } from 'node:fs';

/**
 * Time zones as the Go of the pinned OPA knows them. Not by `Intl`: its zones change with the machine's Node, which changes
 * answers, and it has no abbreviations but American ones. `npm run zones` writes the file.
 */
const ZONES_FILE = new URL('../../../tools/zoneinfo.json', import.meta.url);
const SECONDS_PER_DAY = 86_400;

export interface ZoneDatabase {
  version: string;
  zones: Record<string, Zone>;
  links: Record<string, string>;
}

/** Instants and offsets in seconds; an offset is what is added to UTC. */
export interface Zone {
  /** Index of the kind that holds before the first transition. */
  before: number;
  /** Unix times of the transitions, and the index of the kind that holds from each on. */
  starts: number[];
  types: number[];
  kinds: [name: string, offset: number][];
  /** What holds after the last transition: a TZ string of POSIX, or empty. */
  rule: string;
}

/** What clocks show in a zone from `start` until before `end` (Unix seconds). */
interface ZonePeriod {
  name: string;
  offset: number;
  start: number;
  end: number;
}

export const UTC: Zone = { before: 0, starts: [], types: [], kinds: [['UTC', 0]], rule: '' };

let database: ZoneDatabase | undefined;

/** Of the IANA data that answers depend on, e.g. `2025c`. */
export function zonesVersion(): string {
  return readDatabase().version;
}

/** Throws Error for a name that is not in the database, and for `Local`, which depends on the machine. */
export function findZone(name: string): Zone {
  if (name === '' || name === 'UTC') return UTC;
  if (name === 'Local') throw new Error('time zone Local depends on the machine');
  const { zones, links } = readDatabase();
  const target = Object.hasOwn(links, name) ? links[name] : name;
  const zone = target !== undefined && Object.hasOwn(zones, target) ? zones[target] : undefined;
  if (zone !== undefined) return zone;
  throw new Error(/^[/\\]|\.\./.test(name) ? 'time: invalid location name' : `unknown time zone ${name}`);
}

export function zonePeriod(zone: Zone, unixSeconds: number): ZonePeriod {
  const index = zone.starts.findLastIndex((start) => start <= unixSeconds);
  const start = zone.starts[index] ?? Number.NEGATIVE_INFINITY;
  const last = index === zone.starts.length - 1;
  if (last && zone.rule !== '') return rulePeriod(zone.rule, start, unixSeconds);
  const [name, offset] = zone.kinds[zone.types[index] ?? zone.before] ?? ['UTC', 0];
  return { name, offset, start, end: zone.starts[index + 1] ?? Number.POSITIVE_INFINITY };
}

/** The Unix time at which clocks of a zone show a local time; in the gap of a change of clocks and in doubt, as Go. */
export function zoneToUnix(zone: Zone, localSeconds: number): number {
  const { offset, start, end } = zonePeriod(zone, localSeconds);
  const unixSeconds = localSeconds - offset;
  const holds = unixSeconds >= start && unixSeconds < end;
  return holds ? unixSeconds : localSeconds - zonePeriod(zone, unixSeconds).offset;
}

function readDatabase(): ZoneDatabase {
  database ??= JSON.parse(readFileSync(ZONES_FILE, 'utf8')) as ZoneDatabase;
  return database;
}

const NAME = '([A-Za-z]{3,}|<[^>]+>)';
const RULE = new RegExp(`^${NAME}([-+:\\d]+)(?:${NAME}([-+:\\d]*),([^,]+),([^,]+))?$`);

/** Reads a TZ string of POSIX (8.3) as RFC 9636 extends it: hours may be negative or above 24. */
function rulePeriod(rule: string, lastStart: number, unixSeconds: number): ZonePeriod {
  const [, name = '', west = '', dstName, dstWest = '', from = '', until = ''] = RULE.exec(rule) ?? [];
  const standard = { name: unquoted(name), offset: -clockSeconds(west) };
  if (dstName === undefined) return { ...standard, start: lastStart, end: Number.POSITIVE_INFINITY };
  const offset = dstWest === '' ? standard.offset + 3_600 : -clockSeconds(dstWest);
  const daylight = { name: unquoted(dstName), offset };

  const year = new Date(unixSeconds * 1_000).getUTCFullYear();
  const yearStart = Date.UTC(year, 0) / 1_000;
  const changes = [
    { at: yearStart + changeInYear(from, year) - standard.offset, before: standard, after: daylight },
    { at: yearStart + changeInYear(until, year) - daylight.offset, before: daylight, after: standard },
  ].sort((a, b) => a.at - b.at) as [Change, Change];
  const [first, second] = changes;
  // Exact at the changes; beyond them the ends of the year do, as in Go.
  if (unixSeconds < first.at) return { ...first.before, start: yearStart, end: first.at };
  if (unixSeconds < second.at) return { ...first.after, start: first.at, end: second.at };
  return { ...second.after, start: second.at, end: yearStart + 365 * SECONDS_PER_DAY };
}

interface Change {
  at: number;
  before: { name: string; offset: number };
  after: { name: string; offset: number };
}

/** Seconds from the start of the year to a change of clocks: `Jn` (no leap day), `n` (from 0) or `Mm.w.d`, and `/time`. */
function changeInYear(rule: string, year: number): number {
  const [day = '', time = '2'] = rule.split('/');
  const yearStart = Date.UTC(year, 0);
  const at = day.startsWith('M')
    ? weekdayOfMonth(day, year)
    : yearStart + dayOfYear(day, year) * SECONDS_PER_DAY * 1_000;
  return (at - yearStart) / 1_000 + clockSeconds(time);
}

function dayOfYear(day: string, year: number): number {
  if (!day.startsWith('J')) return Number(day);
  const ordinal = Number(day.slice(1));
  const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
  return ordinal - 1 + Number(isLeap && ordinal >= 60);
}

/** Milliseconds of the w-th weekday d of month m; week 5 is the last one. */
function weekdayOfMonth(day: string, year: number): number {
  const [month = 1, week = 1, weekday = 0] = day.slice(1).split('.').map(Number);
  const daysToFirst = (weekday - new Date(Date.UTC(year, month - 1)).getUTCDay() + 7) % 7;
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const ordinal = daysToFirst + 1 + (week - 1) * 7;
  return Date.UTC(year, month - 1, ordinal > daysInMonth ? ordinal - 7 : ordinal);
}

function clockSeconds(clock: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = clock.replace(/^[-+]/, '').split(':').map(Number);
  return (clock.startsWith('-') ? -1 : 1) * (hours * 3_600 + minutes * 60 + seconds);
}

function unquoted(name: string): string {
  return name.replace(/^<|>$/g, '');
}
