import type { Builtin, BuiltinTable, ClockBuiltin } from './builtin.ts';

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/;
const MIN_NS = -(2n ** 63n);
const MAX_NS = 2n ** 63n - 1n;

/** Nanoseconds since the epoch, exact, for an RFC 3339 instant. Throws as OPA does outside of int64. */
const parseRfc3339Ns: Builtin = (text) => {
  const match = typeof text === 'string' ? RFC3339.exec(text) : null;
  if (match === null) throw new Error(`parsing time ${JSON.stringify(text)} as RFC 3339: cannot parse`);
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const inRange = h < 24 && mi < 60 && s < 60 && Number(offsetHour) < 25 && Number(offsetMinute) < 60;
  if (!inRange || !isCalendarDay(y, mo, d)) throw new Error(`parsing time ${JSON.stringify(text)}: out of range`);
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === '-' ? -1 : 1);
  const ns =
    BigInt(Date.UTC(y, mo - 1, d, h, mi, s) - offsetMs) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
  if (ns < MIN_NS || ns > MAX_NS) throw new Error('time outside of valid range');
  return ns;
};

function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

export const timeBuiltins: BuiltinTable = { 'time.parse_rfc3339_ns': parseRfc3339Ns };
export const timeClockBuiltins: BuiltinTable<ClockBuiltin> = { 'time.now_ns': (nowNs) => nowNs };
