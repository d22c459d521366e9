import { type RegoNumber, type RegoValue, regoTypeOf } from '../value.ts';
import type { Builtin, BuiltinTable, ClockBuiltin } from './builtin.ts';
import { exactDecimal, isWhole, wholeOf } from './exact-decimal.ts';
import { formatTime, type LocalTime, parseTime, quote, WEEKDAYS } from './go-layout.ts';
import { int64Operand, operandTypeError, stringOperand } from './operands.ts';
import { findZone, UTC, type Zone, zonePeriod, zoneToUnix } from './time-zone.ts';

const NS_PER_SECOND = 1_000_000_000n;
const MIN_NS = -(2n ** 63n);
const MAX_NS = 2n ** 63n - 1n;

const parseNs: Builtin = (layout, text) => {
  const [layoutText, timeText] = [stringOperand(layout as RegoValue, 1), stringOperand(text as RegoValue, 2)];
  return toNs(parseTime(timeText, layoutText));
};

const parseRfc3339Ns: Builtin = (operand) => {
  const text = stringOperand(operand as RegoValue, 1);
  return parsedUtc(text) ?? toNs(parseTime(text, 'RFC3339'));
};

/** The forms that nearly all instants have, ten times as fast. */
const UTC_INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{3})?Z$/;

function parseUtc(text: string): bigint | undefined {
  const seconds = UTC_INSTANT.exec(text)?.[1];
  if (seconds === undefined) return undefined;
  const ms = Date.parse(text);
  // Date.parse takes 24:00 and, in places, dates that do not exist; written again, those read otherwise.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(seconds)) return undefined;
  return toNs({ unixSeconds: Math.floor(ms / 1000), nanoseconds: (((ms % 1000) + 1000) % 1000) * 1_000_000 });
}

/** Policy asks for the same instants again and again: those of its data and of the history. */
const MAX_KNOWN_INSTANTS = 1000;
const knownInstants = new Map<string, bigint>();

function parsedUtc(text: string): bigint | undefined {
  const known = knownInstants.get(text);
  if (known !== undefined) return known;
  const ns = parseUtc(text);
  if (ns === undefined) return undefined;
  if (knownInstants.size >= MAX_KNOWN_INSTANTS) knownInstants.clear();
  knownInstants.set(text, ns);
  return ns;
}

const parseDurationNs: Builtin = (text) => {
  const duration = stringOperand(text as RegoValue, 1);
  // OPA quotes as Go's strconv does, Go's package time in its own way.
  return /[dwy]/.test(duration)
    ? parseDuration(withHours(duration), JSON.stringify(duration))
    : parseDuration(duration, quote(duration));
};

const format: Builtin = (time) => {
  const { ns, zone, layout } = zonedOperand(time as RegoValue);
  return formatTime(localTime(ns, zone), layout || 'RFC3339Nano');
};

const date: Builtin = (time) => {
  const { ns, zone } = zonedOperand(time as RegoValue);
  return dateParts(localTime(ns, zone)).slice(0, 3);
};

const clock: Builtin = (time) => {
  const { ns, zone } = zonedOperand(time as RegoValue);
  return dateParts(localTime(ns, zone)).slice(3);
};

const weekday: Builtin = (time) => {
  const { ns, zone } = zonedOperand(time as RegoValue);
  return WEEKDAYS[new Date(localTime(ns, zone).localSeconds * 1_000).getUTCDay()];
};

/** Adds to the fields of the calendar in the zone of the time; a field that overflows carries (31 April is 1 May). */
const addDate: Builtin = (time, ...amounts) => {
  const { ns, zone } = zonedOperand(time as RegoValue);
  const [years = 0, months = 0, days = 0] = amounts.map((amount, index) => Number(int64Operand(amount, index + 2)));
  const { localSeconds, nanoseconds } = localTime(ns, zone);
  const local = new Date(localSeconds * 1_000);
  local.setUTCFullYear(local.getUTCFullYear() + years, local.getUTCMonth() + months, local.getUTCDate() + days);
  // Not a number beyond the dates of JavaScript, which reach far beyond those of int64.
  if (Number.isNaN(local.getTime())) throw outOfRange();
  return toNs({ unixSeconds: zoneToUnix(zone, local.getTime() / 1_000), nanoseconds });
};

/** Years, months, days, hours, minutes and seconds between two times by the calendar in the zone of the first. */
const diff: Builtin = (first, second) => {
  const [one, other] = [zonedOperand(first as RegoValue), zonedOperand(second as RegoValue)];
  const [earlier, later] = (one.ns <= other.ns ? [one.ns, other.ns] : [other.ns, one.ns]) as [bigint, bigint];
  const start = dateParts(localTime(earlier, one.zone));
  const end = dateParts(localTime(later, one.zone));
  const [year, month] = start;
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const parts = end.map((part, index) => part - (start[index] ?? 0));
  for (const [index, size] of [
    [5, 60],
    [4, 60],
    [3, 24],
    [2, daysInMonth],
    [1, 12],
  ] as const) {
    if ((parts[index] ?? 0) >= 0) continue;
    parts[index] = (parts[index] ?? 0) + size;
    parts[index - 1] = (parts[index - 1] ?? 0) - 1;
  }
  return parts;
};

export const timeBuiltins: BuiltinTable = {
  'time.add_date': addDate,
  'time.clock': clock,
  'time.date': date,
  'time.diff': diff,
  'time.format': format,
  'time.parse_duration_ns': parseDurationNs,
  'time.parse_ns': parseNs,
  'time.parse_rfc3339_ns': parseRfc3339Ns,
  'time.weekday': weekday,
};

export const timeClockBuiltins: BuiltinTable<ClockBuiltin> = { 'time.now_ns': (nowNs) => nowNs };

/** A time is nanoseconds since the epoch, or an array of these, the name of a zone and a layout, of which two may miss. */
function zonedOperand(value: RegoValue): { ns: bigint; zone: Zone; layout: string } {
  const parts = Array.isArray(value) ? value : [value];
  const [ns, zone = '', layout = ''] = parts;
  const isTime = Array.isArray(value) ? ns !== undefined : regoTypeOf(value) === 'number';
  if (!isTime) throw operandTypeError(value, 1, 'either number (ns) or [number (ns), string (tz)]');
  const found = { zone: findZone(stringOperand(zone, 1)), layout: stringOperand(layout, 1) };
  return { ns: timestampOperand(ns as RegoValue, 1), ...found };
}

function timestampOperand(value: RegoValue, position: number): bigint {
  if (regoTypeOf(value) !== 'number') throw operandTypeError(value, position, 'number');
  const number = exactDecimal(value as RegoNumber);
  const ns = isWhole(number) ? wholeOf(number) : undefined;
  if (ns === undefined || ns < MIN_NS || ns > MAX_NS) throw new Error('timestamp too big');
  return ns;
}

function localTime(ns: bigint, zone: Zone): LocalTime {
  // BigInt division truncates, but a second before the epoch begins below.
  const nanoseconds = BigInt.asUintN(64, ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND);
  const unixSeconds = Number((ns - nanoseconds) / NS_PER_SECOND);
  const { name, offset } = zone === UTC ? { name: 'UTC', offset: 0 } : zonePeriod(zone, unixSeconds);
  return { localSeconds: unixSeconds + offset, nanoseconds: Number(nanoseconds), zoneName: name, offset };
}

/** Year, month (from 1), day, hour, minute, second. */
function dateParts({ localSeconds }: LocalTime): [number, number, number, number, number, number] {
  const local = new Date(localSeconds * 1_000);
  const day = [local.getUTCFullYear(), local.getUTCMonth() + 1, local.getUTCDate()] as const;
  return [...day, local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()];
}

function toNs({ unixSeconds, nanoseconds }: { unixSeconds: number; nanoseconds: number }): bigint {
  const ns = BigInt(unixSeconds) * NS_PER_SECOND + BigInt(nanoseconds);
  if (ns < MIN_NS || ns > MAX_NS) throw outOfRange();
  return ns;
}

function outOfRange(): Error {
  return new Error('time outside of valid range');
}

const NS_PER_UNIT: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5, micro sign
  μs: 1_000n, // U+03BC, Greek letter mu
  ms: 1_000_000n,
  s: NS_PER_SECOND,
  m: 60n * NS_PER_SECOND,
  h: 3_600n * NS_PER_SECOND,
};
const HOURS_PER_UNIT: Readonly<Record<string, number>> = { d: 24, w: 7 * 24, y: 365 * 24 };

/** Go's durations: a sum such as `1h30.5m`, exact in int64. `given` is what an error says, quoted. */
function parseDuration(text: string, given: string): bigint {
  const magnitude = text.replace(/^[-+]/, '');
  if (magnitude === '0') return 0n;
  let total = 0n;
  let rest = magnitude;
  do {
    const [all = '', whole = '', fraction = '', unit = ''] = /^(\d*)(?:\.(\d*))?([^.\d]*)/.exec(rest) ?? [];
    // More digits than an int64 has are refused before BigInt reads them, which takes long for a megabyte of them.
    if (whole + fraction === '' || /[1-9]\d{19}/.test(whole)) throw invalidDuration(given);
    total += BigInt(whole) * nsPerUnit(unit, given) + fractionNs(fraction, nsPerUnit(unit, given));
    // The magnitude of the least int64 is one more than that of the greatest.
    if (total > -MIN_NS) throw invalidDuration(given);
    rest = rest.slice(all.length);
  } while (rest !== '');
  if (text.startsWith('-')) return -total;
  if (total > MAX_NS) throw invalidDuration(given);
  return total;
}

function nsPerUnit(unit: string, given: string): bigint {
  const ns = Object.hasOwn(NS_PER_UNIT, unit) ? NS_PER_UNIT[unit] : undefined;
  if (ns !== undefined) return ns;
  const fault = unit === '' ? 'missing unit' : `unknown unit ${quote(unit)}`;
  throw new Error(`time: ${fault} in duration ${given}`);
}

function invalidDuration(given: string): Error {
  return new Error(`time: invalid duration ${given}`);
}

/** In doubles and from no more digits than an int64 has, as Go computes it. */
function fractionNs(fraction: string, unitNs: bigint): bigint {
  const digits = fraction.slice(0, BigInt(fraction.slice(0, 19)) > MAX_NS ? 18 : 19);
  return BigInt(Math.trunc(Number(digits) * (Number(unitNs) / 10 ** digits.length)));
}

/** OPA also knows days, weeks and years of 365 days, and writes them as hours before Go reads them. */
function withHours(duration: string): string {
  const segment = /([\d.]+)(ms|us|µs|ns|[a-z])/gu;
  if (!/^[-+]?(?:[\d.]+(?:ms|us|µs|ns|[a-z]))+$/u.test(duration)) throw invalidDuration(JSON.stringify(duration));
  return duration.replace(segment, (all, number: string, unit: string) => {
    const hours = HOURS_PER_UNIT[unit];
    if (hours === undefined) return all;
    if (!/^(?:\d+\.?\d*|\.\d+)$/.test(number)) throw invalidDuration(JSON.stringify(duration));
    return `${plainDecimal(Number(number) * hours)}h`;
  });
}

/** The shortest decimal without an exponent. */
function plainDecimal(value: number): string {
  const [, head = '', tail = '', exponent = ''] = /^(\d)(?:\.(\d+))?e-(\d+)$/.exec(String(value)) ?? [];
  if (exponent !== '') return `0.${'0'.repeat(Number(exponent) - 1)}${head}${tail}`;
  return Number.isInteger(value) ? String(BigInt(value)) : String(value);
}
