import { expect, test } from 'vitest';
import { parseRego, type RegoValue } from '../value.ts';
import { timeBuiltins } from './time.ts';
import { findZone } from './time-zone.ts';

function call(name: string, ...args: RegoValue[]): RegoValue | undefined {
  return timeBuiltins[`time.${name}`]?.(...args);
}

const SPRING = 1_774_747_800_123_456_789n; // 2026-03-29T01:30:00.123456789Z, in Berlin half an hour after the clocks changed

// Here and below: what `opa eval` answers.
test.each<[RegoValue, string]>([
  [0, '1970-01-01T00:00:00Z'],
  [-1, '1969-12-31T23:59:59.999999999Z'],
  [[SPRING, 'Europe/Berlin', 'RFC1123'], 'Sun, 29 Mar 2026 03:30:00 CEST'],
  [[SPRING, 'America/New_York', 'Jan _2 06 3:4:5.000PM MST -07:00:00'], 'Mar 28 26 9:30:0.123PM EDT -04:00:00'],
  [[SPRING, 'Asia/Kathmandu', '2006-002 15h Z0700 MST'], '2026-088 07h +0545 +0545'],
  [[7_247_203_200_000_000_000n, 'Australia/Sydney', 'UnixDate'], 'Wed Aug 28 02:00:00 AEST 2199'],
  [[-9_223_372_036_854_775_808n, 'Europe/Berlin', '2006-01-02 15:04:05 MST'], '1677-09-21 01:06:11 LMT'],
])('format of %s is %s', (time, text) => {
  expect(call('format', time)).toBe(text);
});

test.each<[string, RegoValue[], RegoValue]>([
  ['date', [[SPRING, 'Pacific/Apia']], [2026, 3, 29]],
  ['clock', [[SPRING, 'Pacific/Apia']], [14, 30, 0]],
  ['weekday', [[SPRING, 'Pacific/Apia']], 'Sunday'],
  ['add_date', [SPRING, 0, 1, 2], 1_777_599_000_123_456_789n],
  ['diff', [1_774_747_800_000_000_000n, 1_709_164_800_000_000_000n], [2, 1, 0, 1, 30, 0]],
  ['parse_ns', ['2006-01-02 MST', '2026-03-29 CEST'], 1_774_742_400_000_000_000n],
  ['parse_ns', ['RFC1123Z', 'Sun, 29 Mar 2026 03:30:00 +0200'], 1_774_747_800_000_000_000n],
  ['parse_rfc3339_ns', ['2262-04-11T23:47:16.854775807Z'], 9_223_372_036_854_775_807n],
  ['parse_duration_ns', ['-1.5h'], -5_400_000_000_000n],
  ['parse_duration_ns', ['1w2d3h'], 788_400_000_000_000n],
  ['parse_duration_ns', ['-9223372036854775808ns'], -9_223_372_036_854_775_808n],
])('%s of %s is %s', (name, args, result) => {
  expect(call(name, ...args)).toEqual(result);
});

test.each<[string, RegoValue[], string]>([
  ['parse_rfc3339_ns', ['2262-04-11T23:47:16.854775808Z'], 'time outside of valid range'],
  ['parse_ns', ['2006-01-02', '2026-02-30'], 'parsing time "2026-02-30": day out of range'],
  ['parse_ns', ['2006-01-02', '2026-01-02x'], 'parsing time "2026-01-02x": extra text: "x"'],
  ['parse_ns', ['2006-01-02', '2026-1-2'], 'parsing time "2026-1-2" as "2006-01-02": cannot parse "1-2" as "01"'],
  ['parse_duration_ns', ['1x'], 'time: unknown unit "x" in duration "1x"'],
  ['parse_duration_ns', ['9223372036854775808ns'], 'time: invalid duration "9223372036854775808ns"'],
  ['parse_duration_ns', ['1'], 'time: missing unit in duration "1"'],
  ['date', [0.5], 'timestamp too big'],
  ['date', ['now'], 'operand 1 must be either number (ns) or [number (ns), string (tz)] but got string'],
  ['date', [[0, 'Mars/Base']], 'unknown time zone Mars/Base'],
  ['date', [[0, '__proto__']], 'unknown time zone __proto__'],
  ['add_date', [0, 1e6, 0, 0], 'time outside of valid range'],
])('%s of %s fails as in OPA', (name, args, message) => {
  expect(() => call(name, ...args)).toThrow(message);
});

test('the zone of the machine is refused, because answers must not depend on it', () => {
  expect(() => findZone('Local')).toThrow('depends on the machine');
});

// The common form takes a shorter way to the same answers.
test.each<[string, bigint]>([
  ['2026-11-22T12:00:00.000Z', 1_795_348_800_000_000_000n],
  ['2026-11-22T12:00:00Z', 1_795_348_800_000_000_000n],
  ['1969-12-31T23:59:59.999Z', -1_000_000n],
  ['2024-02-29T00:00:00Z', 1_709_164_800_000_000_000n],
])('%s is %i', (text, ns) => {
  expect(call('parse_rfc3339_ns', text)).toBe(ns);
});

test.each(['2026-02-29T00:00:00Z', '2026-11-22T24:00:00Z', '2026-04-31T00:00:00.000Z', '2026-11-22T23:59:60Z'])(
  '%s is no time, though Date.parse may take it',
  (text) => {
    expect(() => call('parse_rfc3339_ns', text)).toThrow(/out of range/);
  },
);

test('a timestamp is a whole number of 64 bits, however it is written', () => {
  expect(call('date', parseRego('1e18') as RegoValue)).toEqual([2001, 9, 9]);
  for (const text of ['1e-400', '1.5', '9223372036854775808']) {
    expect(() => call('date', parseRego(text) as RegoValue)).toThrow('timestamp too big');
  }
  expect(() => call('add_date', 0, parseRego('1e0') as RegoValue, 0, 0)).toThrow('operand 2 must be integer number');
});
