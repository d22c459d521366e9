import { describe, expect, it } from 'vitest';
import { testClocks } from '../../test/support/clocks.ts';
import { createTrustedClock, type TrustedClockParts } from './trusted-clock.ts';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const HOUR_MS = 3_600_000;
const untrusted = expect.objectContaining({ code: 'clock_untrusted' });

function start(changes: Partial<TrustedClockParts> = {}) {
  const clocks = testClocks();
  const told: (string | null)[] = [];
  const parts = {
    clocks,
    newestKept: ago(HOUR_MS),
    acceptedDate: null,
    onChange: (doubt: string | null) => told.push(doubt),
  };
  return { clocks, told, clock: createTrustedClock({ ...parts, ...changes }) };
}

describe('a clock while it runs', () => {
  it('goes with the time, also over what the machine slept', () => {
    const { clock, clocks, told } = start();
    for (const pass of [clocks.advance, clocks.sleep]) {
      const before = clock.now().getTime();
      pass.call(clocks, 8, 'hours');
      expect(clock.now().getTime() - before).toBeGreaterThanOrEqual(8 * HOUR_MS);
    }
    expect(told).toEqual([]);
  });

  it('never gives an instant before one that it gave', () => {
    const { clock, clocks } = start();
    const before = clock.now();
    clocks.set(-1.5, 'seconds');
    expect(clock.now()).toEqual(before);
    clocks.set(-1, 'seconds');
    expect(() => clock.now()).toThrow(untrusted);
    clocks.advance(1, 'seconds');
    expect(clock.now()).toEqual(before);
  });

  it('never gives an instant before one that was kept', () => {
    const { clock, clocks } = start();
    const kept = new Date(clock.now().getTime() + 1000);
    clock.kept(kept.toISOString());
    clock.kept(ago(HOUR_MS)); // Records are not kept in the order in which they were decided.
    expect(clock.now()).toEqual(kept);
    expect(clock.newestKept()).toBe(kept.getTime());
    clocks.set(-2, 'seconds');
    expect(() => clock.now()).toThrow(untrusted);
  });

  it('takes what NTP sets right, and no leap', () => {
    const { clock, clocks } = start();
    clocks.set(4.5, 'seconds');
    clock.now();
    clocks.set(1, 'seconds');
    expect(() => clock.now()).toThrow(untrusted);
    clocks.advance(1, 'hours'); // Slewing may gain 3.6 s in an hour.
    clock.now();
    clocks.set(10, 'seconds');
    expect(() => clock.now()).toThrow(untrusted);
  });

  it('tells once when it is untrusted, and when it is trusted again', () => {
    const { clock, clocks, told } = start();
    clocks.set(25, 'hours');
    for (let look = 0; look < 3; look++) expect(clock.doubt()).toMatch(/should be about/);
    clocks.set(-25, 'hours');
    clock.now();
    clock.now();
    expect(told).toEqual([expect.stringMatching(/should be about/), null]);
  });

  it('estimates what is likeliest while it is untrusted', () => {
    const { clock, clocks } = start();
    const before = clock.now().getTime();
    clocks.set(-1, 'hours');
    expect(clock.estimate().getTime()).toBe(before);
    clocks.set(48, 'hours');
    expect(clock.estimate().getTime() - before).toBeLessThan(10_000);
    expect(clock.estimate().getTime()).toBeGreaterThanOrEqual(before);
  });
});

describe('a clock at the start', () => {
  it('is trusted where nothing was kept yet', () => {
    const clocks = testClocks();
    clocks.set(-20_000, 'days');
    expect(createTrustedClock({ clocks, newestKept: null, acceptedDate: null }).doubt()).toBeNull();
  });

  it('is waited for where it is behind, and may then be set right', () => {
    const newestKept = ago(-60_000);
    const { clock, clocks } = start({ newestKept });
    expect(() => clock.now()).toThrow(untrusted);
    expect(clock.estimate().toISOString()).toBe(newestKept);
    clocks.set(1, 'hours'); // A leap, but there was no time yet to leap from.
    clock.now();
    clocks.set(1, 'hours');
    expect(() => clock.now()).toThrow(untrusted);
  });

  it('does not begin far ahead after it was waited for', () => {
    const { clock, clocks } = start({ newestKept: ago(-60_000) });
    clocks.set(40, 'days');
    expect(clock.doubt()).toMatch(/more than 30 days after the newest record/);
    clocks.set(-39, 'days');
    expect(clock.doubt()).toBeNull();
  });

  it('needs the word of an operator where it is more than 30 days ahead', () => {
    const newestKept = ago(31 * 24 * HOUR_MS);
    const today = new Date().toISOString().slice(0, 10);
    expect(() => start({ newestKept })).toThrow(
      expect.objectContaining({
        code: 'clock_untrusted',
        message: expect.stringMatching(new RegExp(`${today}T.*\\(${newestKept}\\)\\. .*--accept-clock ${today}`)),
      }),
    );
    expect(start({ newestKept, acceptedDate: today }).clock.doubt()).toBeNull();
    expect(start({ newestKept: ago(29 * 24 * HOUR_MS) }).clock.doubt()).toBeNull();
  });

  it.each(['2020-01-01', 'today', ''])(
    'refuses %j as the date of today, so that the flag is not left for ever',
    (date) => {
      expect(() => start({ acceptedDate: date })).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    },
  );
});
