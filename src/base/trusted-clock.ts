import { uptime } from 'node:os';
import { AppError } from './errors.ts';

/** The clocks of a machine. */
export interface MachineClocks {
  /** The wall-clock time, which people and NTP can set. */
  wall(): Date;
  /** Milliseconds since a fixed moment; cheap, and may stop while the machine sleeps. It cannot be set. */
  monotonic(): number;
  /** The same, but it counts the time in which the machine sleeps. */
  sinceBoot(): number;
}

/** libuv reads CLOCK_BOOTTIME on Linux, with a resolution of 10 ms; it takes some 4 µs, so it is read in doubt only. */
export const MACHINE_CLOCKS: MachineClocks = {
  wall: () => new Date(),
  monotonic: () => performance.now(),
  sinceBoot: () => uptime() * 1000,
};

export interface TrustedClockParts {
  clocks: MachineClocks;
  /** The instant of the newest stored record (ISO 8601, UTC); null if there is none. */
  newestKept: string | null;
  /** The date (UTC, `2026-11-28`) that an operator confirmed as today's; null if none was given. */
  acceptedDate: string | null;
  /** Called each time that the clock becomes untrusted (with the reason), or trusted again (null). */
  onChange?: (doubt: string | null) => void;
}

/**
 * The clock of an installation: it never runs backward, and does not jump ahead.
 *
 * The wall clock is not trusted while it is more than two seconds behind the newest instant that was stored or returned
 * before, or while it has gained more than five seconds on the clocks that cannot be set. It is trusted again when it is
 * correct again.
 */
export interface TrustedClock {
  /** Throws AppError `clock_untrusted`. */
  now(): Date;
  /** Why the clock is not trusted now; null where it is. */
  doubt(): string | null;
  /**
   * The likeliest time, whether the clock is trusted or not: never before an instant that was returned, never further ahead
   * than the clocks that cannot be set allow. For display and for taking access away, never for decisions.
   */
  estimate(): Date;
  /** To be told the instant of each record once it is kept. */
  kept(at: string): void;
  /** The newest stored instant, in milliseconds since the epoch: data that expire by age expire by it. */
  newestKept(): number | null;
}

const MAX_BEHIND_MS = 2_000;
const MAX_GAIN_MS = 5_000;
/** NTP slews a clock by 0.05 % at most (ntpd, chrony's default is below 0.1 % too). */
const MAX_GAIN_SHARE = 0.001;
const MAX_AHEAD_AT_START_MS = 30 * 24 * 3600 * 1000;

/**
 * Throws AppError `clock_untrusted` where the clock is more than 30 days ahead of the newest record and no operator has
 * accepted that, and `config_invalid` where the accepted date is not today's. A clock that is behind is waited for.
 */
export function createTrustedClock(parts: TrustedClockParts): TrustedClock {
  const { clocks, onChange = () => {} } = parts;
  const accepted = acceptedDate(parts);
  let kept = parts.newestKept === null ? null : Date.parse(parts.newestKept);
  /** The newest instant that was stored or returned. */
  let newest = kept ?? Number.NEGATIVE_INFINITY;
  /** The readings of the clocks when the wall clock was first trusted. */
  let anchor: { wall: number; monotonic: number; sinceBoot: number } | null = null;
  let told: string | null = null;

  /** How far the wall clock may have advanced since it was anchored. */
  function furthest(from: NonNullable<typeof anchor>, clock: 'monotonic' | 'sinceBoot'): number {
    return from.wall + (clocks[clock]() - from[clock]) * (1 + MAX_GAIN_SHARE) + MAX_GAIN_MS;
  }

  function doubtOf(wall: number): string | null {
    if (wall < newest - MAX_BEHIND_MS) return behind(wall, newest);
    if (anchor === null) {
      return kept !== null && wall > kept + MAX_AHEAD_AT_START_MS && !accepted ? farAhead(wall, kept) : null;
    }
    if (wall <= furthest(anchor, 'monotonic')) return null;
    const latest = furthest(anchor, 'sinceBoot');
    return wall <= latest ? null : leapt(wall, latest - MAX_GAIN_MS);
  }

  function look(): { wall: number; doubt: string | null } {
    const wall = clocks.wall().getTime();
    const doubt = doubtOf(wall);
    if ((doubt === null) !== (told === null)) onChange(doubt);
    told = doubt;
    if (doubt === null) {
      // Not before now: a clock that is corrected while a start waits for it must not count as one that jumps.
      anchor ??= { wall, monotonic: clocks.monotonic(), sinceBoot: clocks.sinceBoot() };
      newest = Math.max(newest, wall);
    }
    return { wall, doubt };
  }

  const { wall, doubt } = look();
  if (doubt !== null && wall > newest) throw new AppError('clock_untrusted', doubt);

  return {
    now() {
      const seen = look();
      if (seen.doubt !== null) throw new AppError('clock_untrusted', seen.doubt);
      return new Date(newest);
    },
    doubt: () => look().doubt,
    estimate() {
      const seen = look();
      if (seen.doubt === null) return new Date(newest);
      const limit = anchor === null ? newest : furthest(anchor, 'sinceBoot');
      return new Date(Math.max(newest, Math.min(seen.wall, limit)));
    },
    kept(at) {
      kept = Math.max(kept ?? Number.NEGATIVE_INFINITY, Date.parse(at));
      newest = Math.max(newest, kept);
    },
    newestKept: () => kept,
  };
}

function acceptedDate({ clocks, acceptedDate: given }: TrustedClockParts): boolean {
  if (given === null) return false;
  const today = clocks.wall().toISOString().slice(0, 10);
  if (given === today) return true;
  throw new AppError(
    'config_invalid',
    `--accept-clock ${given} is not today's date by the clock of this machine, which says ${today} (UTC). Use the flag only for the one start that needs it.`,
  );
}

const iso = (ms: number) => new Date(ms).toISOString();

function behind(wall: number, newest: number): string {
  return `The clock of this machine says ${iso(wall)}, but records or answers of ${iso(newest)} exist. Correct the clock; the service resumes once the clock has caught up.`;
}

function leapt(wall: number, likely: number): string {
  return `The clock of this machine says ${iso(wall)}, but by the time elapsed since the start it should be about ${iso(likely)}. Correct the clock, or restart the service if the clock is correct now.`;
}

function farAhead(wall: number, kept: number): string {
  const today = iso(wall).slice(0, 10);
  return `The clock of this machine says ${iso(wall)}, more than 30 days after the newest record (${iso(kept)}). Correct the clock or, if it is correct, start once with: countersign serve --accept-clock ${today}`;
}
