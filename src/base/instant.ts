import { z } from 'zod';

/**
 * `date-time` of RFC 3339 §5.6, letters in either case. A space in place of `T`, which a note there leaves to applications,
 * is not accepted, and other readers of the same description would refuse it.
 */
const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const MINUTE_MS = 60_000;
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads an RFC 3339 instant with any offset and any fraction of a second. Returns the same instant in the one form that is
 * stored, compared and signed: UTC, milliseconds, `Z`; digits after the milliseconds are cut off. A leap second, which is
 * the last of a month in UTC, is the second after it, as computers count time. Returns null for anything else: a day that
 * does not exist, no offset, or a UTC year outside of 0001 to 9999, which has no form that sorts as text.
 */
export function normaliseInstant(text: string): string | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match;
  const midnight = Date.parse(`${year}-${month}-${day}T00:00:00.000Z`);
  // V8 takes 30 February for 1 March.
  if (!Number.isFinite(midnight) || !new Date(midnight).toISOString().endsWith(`-${month}-${day}T00:00:00.000Z`)) {
    return null;
  }
  const offset = (sign === '-' ? -1 : 1) * (Number(offsetHours) * 60 + Number(offsetMinutes)) * MINUTE_MS;
  const milliseconds = Number(`${fraction}000`.slice(0, 3));
  const time = midnight + (Number(hour) * 60 + Number(minute)) * MINUTE_MS + Number(second) * 1000 - offset;
  if (second === '60' && !isStartOfMonth(time)) return null;
  const at = time + milliseconds;
  return at < FIRST_MS || at > LAST_MS ? null : new Date(at).toISOString();
}

function isStartOfMonth(time: number): boolean {
  return new Date(time).toISOString().endsWith('-01T00:00:00.000Z');
}

/**
 * What the API description says of it: all that a pattern can, in syntax that every JSON Schema validator reads. Days that a
 * month does not have are left to `format`; leap seconds with another offset than Z are accepted beyond it.
 */
const PATTERN =
  '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?' +
  '([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$';

/** An instant from outside, normalised. Instants in records use `instantSchema`. */
export const anyInstant = z
  .string()
  .transform((text, context) => {
    const instant = normaliseInstant(text);
    if (instant !== null) return instant;
    context.addIssue({
      code: 'custom',
      message:
        'is not an RFC 3339 instant: date, T, time and offset, for example 2026-12-01T12:00:00Z or 2026-12-01T13:00:00+01:00' +
        ' (in an address, write + as %2B)',
    });
    return z.NEVER;
  })
  .meta({ format: 'date-time', pattern: PATTERN, example: '2026-12-01T12:00:00Z' });

/** An instant in the form that is stored, compared and signed. */
export const instantSchema = z.iso.datetime({ precision: 3 }).meta({ description: 'UTC, milliseconds, Z' });

/** Adds seconds to an instant, in the form that records use. */
export function addSeconds(instant: string, seconds: number): string {
  return new Date(Date.parse(instant) + seconds * 1000).toISOString();
}
