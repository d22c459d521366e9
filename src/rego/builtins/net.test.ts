import { expect, test } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import type { RegoValue } from '../value.ts';
import { netBuiltins } from './net.ts';

function call(name: string, ...args: RegoValue[]): RegoValue | undefined {
  return netBuiltins[`net.${name}`]?.(...args);
}

// What `opa eval` answers.
test.each<[RegoValue[], string[]]>([
  [['0.0.0.0/1', '128.0.0.0/1'], ['0.0.0.0/0']],
  [
    ['10.0.0.1/32', '10.0.0.2/32', '10.0.0.3/32'],
    ['10.0.0.1/32', '10.0.0.2/31'],
  ],
  [['2001:db8::/33', '2001:db8:8000::/33', '2001:db8::1/128'], ['2001:db8::/32']],
  [['::/0', '10.0.0.0/8'], ['::/0']],
  [
    ['0.0.0.0/0', '::fffe:0:0/96'],
    ['0.0.0.0/0', '::fffe:0:0/96'],
  ],
  [['192.0.2.1'], ['192.0.2.1/24']],
  [['192.0.2.1', '192.0.2.0/24'], ['192.0.2.0/24']],
])('cidr_merge of %j is %j', (networks, merged) => {
  expect(call('cidr_merge', networks)).toEqual(new Set(merged));
  expect(call('cidr_merge', new Set(networks))).toEqual(new Set(merged));
});

test.each<[RegoValue, string]>([
  [['::1'], 'IPv6 invalid: needs prefix length'],
  [['10.0.0.0/33'], 'invalid CIDR address: 10.0.0.0/33'],
  [[1], 'element must be string'],
  ['10.0.0.0/8', 'operand must be an array'],
])('cidr_merge of %j fails as in OPA', (networks, message) => {
  expect(() => call('cidr_merge', networks)).toThrow(message);
});

test.each([
  ['10.0.0.255/31', ['10.0.0.254', '10.0.0.255']],
  ['255.255.255.254/31', ['255.255.255.254', '255.255.255.255']],
  ['fe80:0:0:1::8/127', ['fe80:0:0:1::8', 'fe80:0:0:1::9']],
  ['0:1:0:0:1:0:0:8/128', ['0:1::1:0:0:8']],
  ['::ffff:1.2.3.4/127', ['1.2.3.4', '1.2.3.5']],
])('cidr_expand of %s is %j', (cidr, addresses) => {
  expect(call('cidr_expand', cidr)).toEqual(new Set(addresses));
});

test('cidr_expand is bounded', () => {
  expect(() => call('cidr_expand', '::/0')).toThrow('::/0 has more than 65536 addresses');
  expect(call('cidr_expand', '10.1.0.0/16')).toHaveProperty('size', 65_536);
});

test.each([
  ['10.0.0.0/032', true],
  ['::1.2.3.4/99', true],
  ['10.0.0.0/33', false],
  ['010.0.0.0/8', false],
  ['fe80::1%eth0/64', false],
  ['1:2:3:4:5:6:7::8/64', false],
  ['10.0.0.0/', false],
  [8, false],
])('cidr_is_valid of %j is %j', (cidr, valid) => {
  expect(call('cidr_is_valid', cidr)).toBe(valid);
});

test('cidr_contains_matches names matches by index, key or member', () => {
  const candidates = { v6: '::1', v4: '10.0.0.1', mapped: '::ffff:10.0.0.1' };
  expect(call('cidr_contains_matches', ['10.0.0.0/8', ['::/0', 'any']], candidates)).toEqual(
    new Set([
      [0, 'v4'],
      [0, 'mapped'],
      [1, 'v6'],
    ]),
  );
  expect(call('cidr_contains_matches', '10.0.0.0/8', new Set(['10.2.0.0/16', '11.0.0.0/8']))).toEqual(
    new Set([['10.0.0.0/8', '10.2.0.0/16']]),
  );
  expect(() => call('cidr_contains_matches', '10.0.0.0/8', [[]])).toThrow(
    'operand 2: element must be string or non-empty array',
  );
});

test.each([
  ['net.cidr_contains', '"10.0.0.0/8", "::ffff:10.1.2.3"', 'true'],
  ['net.cidr_contains', '"::ffff:10.0.0.0/104", "10.1.2.3"', 'true'],
  ['net.cidr_contains', '"10.0.0.0/8", "10.0.0.0/7"', 'false'],
  ['net.cidr_contains', '"10.0.0.0/8", "10.255.0.0/16"', 'true'],
  ['net.cidr_contains', '"::/0", "10.0.0.1"', 'false'],
  ['net.cidr_contains', '"::/80", "::/80"', 'true'],
  ['net.cidr_contains', '"2001:db8::/32", "2001:db8:ffff::1"', 'true'],
  ['net.cidr_contains', '"10.0.0.0/08", "10.0.0.1"', 'true'],
  ['net.cidr_intersects', '"10.0.0.0/8", "10.1.0.0/16"', 'true'],
  ['net.cidr_intersects', '"10.1.0.0/16", "::ffff:10.0.0.0/104"', 'true'],
  ['net.cidr_intersects', '"::/0", "10.0.0.0/8"', 'false'],
  ['net.cidr_intersects', '"10.0.0.0/8", "11.0.0.0/8"', 'false'],
  ['net.cidr_merge', '["224.1.2.3"]', '["224.1.2.3/24"]'],
])('%s(%s)', (name, args, want) => {
  expect(callBuiltin(netBuiltins, name, args)).toBe(want);
});

test.each([
  [
    'net.cidr_contains',
    '"10.0.0.0/8", "010.0.0.1"',
    'not a valid textual representation of an IP address or CIDR: 010.0.0.1',
  ],
  [
    'net.cidr_contains',
    '"fe80::/10", "fe80::1%eth0"',
    'not a valid textual representation of an IP address or CIDR: fe80::1%eth0',
  ],
  ['net.cidr_contains', '"10.0.0.0/-0", "10.0.0.1"', 'invalid CIDR address: 10.0.0.0/-0'],
  ['net.cidr_contains', '"1:2:3:4:5:6:7:8:/64", "::1"', 'invalid CIDR address: 1:2:3:4:5:6:7:8:/64'],
  ['net.cidr_contains', '"10.0.0.1", "10.0.0.1"', 'invalid CIDR address: 10.0.0.1'],
  ['net.cidr_contains', '1, "10.0.0.1"', 'operand 1 must be string but got number'],
  ['net.cidr_contains', '"10.0.0.0/8", 1', 'operand 1 must be string but got number'],
  ['net.cidr_intersects', '"10.0.0.0/8", "10.0.0.1"', 'invalid CIDR address: 10.0.0.1'],
  ['net.cidr_intersects', '"10.0.0.0/8", null', 'operand 1 must be string but got null'],
  ['net.cidr_merge', '{"1a/7", "0.x"}', 'invalid CIDR address: 0.x'],
  ['net.cidr_contains_matches', '{"10.0.0.0/8", "x"}, "10.0.0.1"', 'invalid CIDR address: x'],
  ['net.cidr_contains_matches', '["x", 1], "10.0.0.1"', 'invalid CIDR address: x'],
])('%s(%s) is an error', (name, args, message) => {
  expect(() => callBuiltin(netBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
});
