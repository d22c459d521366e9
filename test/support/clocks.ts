import type { MachineClocks } from '../../src/base/trusted-clock.ts';

const UNIT_MS = { seconds: 1_000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

/** The clocks of a machine that tests can set. They run on from where they are set. */
export interface TestClocks extends MachineClocks {
  /** Sets the wall clock ahead, or back where the amount is negative; no time passes. */
  set(amount: number, unit: Unit): void;
  /** Lets time pass: all clocks go on. */
  advance(amount: number, unit: Unit): void;
  /** Lets time pass while the machine sleeps: the monotonic clock stands still. */
  sleep(amount: number, unit: Unit): void;
}

export function testClocks(): TestClocks {
  let wall = 0;
  let monotonic = 0;
  let sinceBoot = 0;
  return {
    wall: () => new Date(Date.now() + wall),
    monotonic: () => performance.now() + monotonic,
    sinceBoot: () => performance.now() + sinceBoot,
    set(amount, unit) {
      wall += amount * UNIT_MS[unit];
    },
    sleep(amount, unit) {
      wall += amount * UNIT_MS[unit];
      sinceBoot += amount * UNIT_MS[unit];
    },
    advance(amount, unit) {
      this.sleep(amount, unit);
      monotonic += amount * UNIT_MS[unit];
    },
  };
}
