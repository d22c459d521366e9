import { expect, it } from 'vitest';
import { createInFlight } from './in-flight.ts';

const KIB = 1024;
const codeOf = (act: () => void) => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return null;
};

it('refuses a client whose answers wait, and no other one, until they are taken', () => {
  const inFlight = createInFlight(1024 * KIB, 16 * 1024 * KIB);
  const unread = inFlight.begin('slow');
  unread.holdAnswer(1000 * KIB);
  expect(codeOf(() => inFlight.begin('slow'))).toBe('rate_limited');
  expect(codeOf(() => inFlight.begin('other').end())).toBe(null);
  unread.end();
  unread.holdAnswer(1000 * KIB); // An answer that nobody waits for any more.
  expect(codeOf(() => inFlight.begin('slow').end())).toBe(null);
});

it('counts bodies four times, lets one through whatever its size, and forgets them once answered', () => {
  const inFlight = createInFlight(1024 * KIB, 16 * 1024 * KIB);
  const [first, second] = [inFlight.begin('bulk'), inFlight.begin('bulk')];
  expect(codeOf(() => first.holdBody(900 * KIB))).toBe('rate_limited'); // The other call is there.
  second.end();
  expect(codeOf(() => first.holdBody(900 * KIB))).toBe(null);
  expect(codeOf(() => inFlight.begin('bulk'))).toBe('rate_limited');
  first.holdAnswer(KIB);
  expect(codeOf(() => inFlight.begin('bulk').end())).toBe(null);
});

it('bounds all clients together, and gives none more than half of it', () => {
  const inFlight = createInFlight(1024 * KIB, 1000 * KIB);
  const first = inFlight.begin('one');
  first.holdAnswer(480 * KIB);
  expect(codeOf(() => inFlight.begin('one'))).toBe('rate_limited');
  inFlight.begin('two').holdAnswer(440 * KIB);
  expect(codeOf(() => inFlight.begin('three'))).toBe('overloaded');
  first.end();
  expect(codeOf(() => inFlight.begin('three'))).toBe(null);
});
