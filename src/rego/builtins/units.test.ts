import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { unitBuiltins } from './units.ts';

// What opa 1.22.4 answers.
describe('unitBuiltins', () => {
  it.each([
    ['units.parse', '"10K"', '10000'],
    ['units.parse', '"1.5Mi"', '1572864'],
    ['units.parse', '"100m"', '0.1000000000'],
    ['units.parse', '"1M"', '1000000'],
    ['units.parse', '"2.5e2k"', '250000'],
    ['units.parse', '"1E"', '1000000000000000000'],
    ['units.parse', '"0.1"', '0.1000000000'],
    ['units.parse', '"1.23456789012345"', '1.2345678901'],
    ['units.parse', '"\\"5\\""', '5'],
    ['units.parse_bytes', '"10KB"', '10000'],
    ['units.parse_bytes', '"1.5MiB"', '1572864'],
    ['units.parse_bytes', '"0.3tb"', '300000000000'],
    ['units.parse_bytes', '"1.7kb"', '1700'],
    ['units.parse_bytes', '"2E"', '2000000000000000000'],
    ['units.parse_bytes', '"1.999"', '1'],
    ['units.parse_bytes', '"3m"', '3000000'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(unitBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['units.parse', '"K"', 'units.parse: no amount provided'],
    ['units.parse', '"1 K"', 'units.parse: spaces not allowed in resource strings'],
    ['units.parse', '"1Kib"', 'units.parse: unit Kib not recognized'],
    ['units.parse', '"1e9999999"', 'units.parse: exponent too large'],
    ['units.parse_bytes', '"1.2.3"', 'units.parse_bytes: could not parse byte amount to a number'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(unitBuiltins, name, args)).toThrow(message);
  });
});
