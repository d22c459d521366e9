import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

const linesOf = (settings: Record<string, string>): string[] => {
  const env = Object.entries(settings).map(([name, value]) => [`COUNTERSIGN_${name}`, value]);
  try {
    readConfig(Object.fromEntries(env));
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
  return [];
};

describe('a setting that is not valid', () => {
  it.each([
    ['LISTN', 'x', 'unknown setting; did you mean COUNTERSIGN_LISTEN?'],
    ['SIGNNG_ALG', 'ES256', 'unknown setting; did you mean COUNTERSIGN_SIGNING_ALG?'],
    ['log_level', 'info', 'unknown setting; did you mean COUNTERSIGN_LOG_LEVEL?'],
    ['SOMETHING_ELSE', 'x', 'unknown setting'],
    ['X'.repeat(100_000), 'x', 'unknown setting'],
    ['THREADS', '0', 'use a whole number of at least 1'],
    ['THREADS', '65', 'use a whole number of at most 64'],
    ['THREADS', '1.5', 'use a whole number'],
    ['DATA_DIR', '', 'must not be empty'],
    ['ISSUER', 'x'.repeat(513), 'use at most 512 characters'],
    ['SIGNING_ALG', 'RS256', 'use one of ES256, EdDSA'],
  ])('is named with what to do: %s', (name, value, words) => {
    expect(linesOf({ [name]: value })).toEqual([`  COUNTERSIGN_${name}: ${words}`]);
  });
});
