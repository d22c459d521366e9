/**
 * Go's layouts of time (package time, format.go): a text is a layout by the reference time in it, Mon Jan 2 15:04:05 MST
 * 2006. All errors read as Go's.
 */

/** What a clock in some zone shows. */
export interface LocalTime {
  /** Unix time shifted by `offset`, so that its UTC fields are the local ones. */
  localSeconds: number;
  nanoseconds: number;
  zoneName: string;
  /** Seconds east of UTC. */
  offset: number;
}

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** The constants of Go's package time that OPA accepts in place of a layout. */
const NAMED_LAYOUTS = new Map([
  ['ANSIC', 'Mon Jan _2 15:04:05 2006'],
  ['UnixDate', 'Mon Jan _2 15:04:05 MST 2006'],
  ['RubyDate', 'Mon Jan 02 15:04:05 -0700 2006'],
  ['RFC822', '02 Jan 06 15:04 MST'],
  ['RFC822Z', '02 Jan 06 15:04 -0700'],
  ['RFC850', 'Monday, 02-Jan-06 15:04:05 MST'],
  ['RFC1123', 'Mon, 02 Jan 2006 15:04:05 MST'],
  ['RFC1123Z', 'Mon, 02 Jan 2006 15:04:05 -0700'],
  ['RFC3339', '2006-01-02T15:04:05Z07:00'],
  ['RFC3339Nano', '2006-01-02T15:04:05.999999999Z07:00'],
]);

/** The parts of a layout that stand for something, longest first where one begins another. */
const CHUNK =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|2|_2(?!006)|__2|3|4|5|PM|pm|[-Z]07(?::00:00|0000|:00|00)?|[.,](?:0+|9+)(?!\d)/g;

/** Writes a time by a layout or the name of one. */
export function formatTime(time: LocalTime, layout: string): string {
  const date = new Date(time.localSeconds * 1_000);
  return (NAMED_LAYOUTS.get(layout) ?? layout).replace(CHUNK, (chunk) => formatChunk(chunk, date, time));
}

function formatChunk(chunk: string, date: Date, time: LocalTime): string {
  if (/^[.,]/.test(chunk)) return formatFraction(chunk, time.nanoseconds);
  if (/^[-Z]/.test(chunk)) return formatOffset(chunk, time.offset);
  if (chunk === 'MST') return time.zoneName;
  return DATE_CHUNKS[chunk]?.(date) ?? chunk;
}

const DATE_CHUNKS: Readonly<Record<string, (date: Date) => string>> = {
  '2006': (date) => digits(date.getUTCFullYear(), 4),
  '06': (date) => digits(date.getUTCFullYear() % 100, 2),
  January: (date) => MONTHS[date.getUTCMonth()] ?? '',
  Jan: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  '01': (date) => digits(date.getUTCMonth() + 1, 2),
  '1': (date) => String(date.getUTCMonth() + 1),
  Monday: (date) => WEEKDAYS[date.getUTCDay()] ?? '',
  Mon: (date) => (WEEKDAYS[date.getUTCDay()] ?? '').slice(0, 3),
  '02': (date) => digits(date.getUTCDate(), 2),
  _2: (date) => String(date.getUTCDate()).padStart(2),
  '2': (date) => String(date.getUTCDate()),
  '002': (date) => digits(yearDay(date), 3),
  __2: (date) => String(yearDay(date)).padStart(3),
  '15': (date) => digits(date.getUTCHours(), 2),
  '03': (date) => digits(twelveHours(date), 2),
  '3': (date) => String(twelveHours(date)),
  '04': (date) => digits(date.getUTCMinutes(), 2),
  '4': (date) => String(date.getUTCMinutes()),
  '05': (date) => digits(date.getUTCSeconds(), 2),
  '5': (date) => String(date.getUTCSeconds()),
  PM: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  pm: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
};

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function twelveHours(date: Date): number {
  return date.getUTCHours() % 12 || 12;
}

function yearDay(date: Date): number {
  return (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - yearStart(date)) / 86_400_000 + 1;
}

function yearStart(date: Date): number {
  return Date.UTC(date.getUTCFullYear(), 0);
}

/** Zeros ask for as many digits, nines for as many without the zeros at the end. */
function formatFraction(chunk: string, nanoseconds: number): string {
  const fraction = digits(nanoseconds, 9).slice(0, chunk.length - 1);
  const shown = chunk[1] === '9' ? fraction.replace(/0+$/, '') : fraction;
  return shown === '' ? '' : `${chunk[0]}${shown}`;
}

function formatOffset(chunk: string, offset: number): string {
  if (chunk.startsWith('Z') && offset === 0) return 'Z';
  // Go takes the sign of whole minutes: an offset of -30 seconds is +00:00:30.
  const minutes = Math.trunc(offset / 60);
  const size = Math.abs(minutes);
  const parts = [Math.trunc(size / 60), size % 60, Math.abs(offset) % 60].map((part) => digits(part, 2));
  const count = (chunk.match(/0[07]/g) ?? []).length;
  return `${minutes < 0 ? '-' : '+'}${parts.slice(0, count).join(chunk.includes(':') ? ':' : '')}`;
}

/** What parsing a text finds in it, which need not be a whole date. */
interface Found {
  year: number;
  month?: number;
  day?: number;
  yearDay?: number;
  hour: number;
  minute: number;
  second: number;
  nanoseconds: number;
  half?: 'am' | 'pm';
  offset: number;
}

/** Takes its part off the front of the text and returns the rest; undefined if the text has something else there. */
type ParseChunk = (text: string, found: Found, fractionFollows: boolean) => string | undefined;

/** A number that no date has at this place, though the text is well-formed. */
class OutOfRange extends Error {}

/**
 * The instant that a text tells by a layout or the name of one. What the text leaves out is that of 1 January 0 at midnight,
 * UTC; an abbreviated zone counts as UTC, as in an OPA whose local zone is UTC.
 */
export function parseTime(text: string, layoutOrName: string): { unixSeconds: number; nanoseconds: number } {
  const layout = NAMED_LAYOUTS.get(layoutOrName) ?? layoutOrName;
  const found: Found = { year: 0, hour: 0, minute: 0, second: 0, nanoseconds: 0, offset: 0 };
  try {
    const extra = parseChunks(text, layout, found);
    if (extra !== '') throw new OutOfRange(`extra text: ${quote(extra)}`);
    return toInstant(found);
  } catch (error) {
    if (error instanceof OutOfRange) throw new Error(`parsing time ${quote(text)}: ${error.message}`);
    if (!(error instanceof Mismatch)) throw error;
    const { rest, expected } = error;
    const what = `cannot parse ${quote(rest)} as ${quote(expected)}`;
    throw new Error(`parsing time ${quote(text)} as ${quote(layout)}: ${what}`);
  }
}

class Mismatch extends Error {
  readonly rest: string;
  readonly expected: string;

  constructor(rest: string, expected: string) {
    super(expected);
    this.rest = rest;
    this.expected = expected;
  }
}

/** Returns what the layout does not ask for. */
function parseChunks(text: string, layout: string, found: Found): string {
  const chunks = [...layout.matchAll(CHUNK)];
  let rest = text;
  let end = 0;
  for (const [position, { 0: chunk, index }] of chunks.entries()) {
    rest = skipLiteral(rest, layout.slice(end, index));
    end = index + chunk.length;
    const fractionFollows = /^[.,]/.test(chunks[position + 1]?.[0] ?? '');
    const after = chunkParser(chunk)(rest, found, fractionFollows);
    if (after === undefined) throw new Mismatch(rest, chunk);
    rest = after;
  }
  return skipLiteral(rest, layout.slice(end));
}

/** Spaces of the layout stand for any number of spaces, also none at the end. */
function skipLiteral(text: string, literal: string): string {
  let rest = text;
  for (const part of literal.match(/ +|[^ ]/gu) ?? []) {
    const spaces = part.startsWith(' ');
    if (spaces ? rest !== '' && !rest.startsWith(' ') : !rest.startsWith(part)) throw new Mismatch(rest, literal);
    rest = spaces ? rest.replace(/^ +/, '') : rest.slice(part.length);
  }
  return rest;
}

function chunkParser(chunk: string): ParseChunk {
  if (/^[-Z]/.test(chunk)) return offsetParser(chunk);
  if (/^[.,]0/.test(chunk)) return fractionParser(new RegExp(`^[.,](\\d{${chunk.length - 1}})`));
  if (/^[.,]9/.test(chunk)) {
    const parse = fractionParser(/^[.,](\d+)/);
    return (text, found, fractionFollows) => parse(text, found, fractionFollows) ?? text;
  }
  return CHUNK_PARSERS[chunk] ?? (() => undefined);
}

const parseSecond = (pattern: RegExp): ParseChunk => {
  const parse = numberParser('second', pattern, 0, 59);
  const parseFraction = fractionParser(/^[.,](\d+)/);
  // A fraction in the text needs none in the layout.
  return (text, found, fractionFollows) => {
    const rest = parse(text, found, false);
    return rest === undefined || fractionFollows ? rest : (parseFraction(rest, found, false) ?? rest);
  };
};

const ONE_OR_TWO = /^(\d\d?)/;
const TWO = /^(\d\d)/;

const CHUNK_PARSERS: Readonly<Record<string, ParseChunk>> = {
  '2006': numberParser('year', /^(\d{4})/),
  '06': (text, found) => {
    const rest = numberParser('year', TWO)(text, found, false);
    if (rest !== undefined) found.year += found.year >= 69 ? 1900 : 2000;
    return rest;
  },
  January: nameParser(MONTHS, (found, index) => {
    found.month = index + 1;
  }),
  Jan: nameParser(
    MONTHS.map((name) => name.slice(0, 3)),
    (found, index) => {
      found.month = index + 1;
    },
  ),
  '01': numberParser('month', TWO, 1, 12),
  '1': numberParser('month', ONE_OR_TWO, 1, 12),
  Monday: nameParser(WEEKDAYS, () => {}),
  Mon: nameParser(
    WEEKDAYS.map((name) => name.slice(0, 3)),
    () => {},
  ),
  '02': numberParser('day', TWO),
  _2: numberParser('day', /^ ?(\d\d?)/),
  '2': numberParser('day', ONE_OR_TWO),
  '002': numberParser('yearDay', /^(\d{3})/),
  __2: numberParser('yearDay', /^ {0,2}(\d{1,3})/),
  '15': numberParser('hour', ONE_OR_TWO, 0, 23),
  '03': numberParser('hour', TWO, 0, 12),
  '3': numberParser('hour', ONE_OR_TWO, 0, 12),
  '04': numberParser('minute', TWO, 0, 59),
  '4': numberParser('minute', ONE_OR_TWO, 0, 59),
  '05': parseSecond(TWO),
  '5': parseSecond(ONE_OR_TWO),
  PM: halfParser(/^(?:AM|PM)/),
  pm: halfParser(/^(?:am|pm)/),
  MST: (text) => {
    const [name] =
      /^(?:UTC|ChST|MeST|GMT(?:[-+](?:2[0-3]|1\d|0*\d)(?!\d))?|[-+](?:2[0-3]|1\d|0*\d)(?!\d)|WITA(?![A-Z])|[A-Z]{2,4}T(?![A-Z])|[A-Z]{3}(?![A-Z]))/.exec(
        text,
      ) ?? [];
    return name === undefined ? undefined : text.slice(name.length);
  },
};

function numberParser(
  field: 'year' | 'month' | 'day' | 'yearDay' | 'hour' | 'minute' | 'second',
  pattern: RegExp,
  min = 0,
  max = Number.POSITIVE_INFINITY,
): ParseChunk {
  return (text, found) => {
    const [all, number] = pattern.exec(text) ?? [];
    if (all === undefined) return undefined;
    const value = Number(number);
    if (value < min || value > max) throw new OutOfRange(`${field} out of range`);
    found[field] = value;
    return text.slice(all.length);
  };
}

function nameParser(names: readonly string[], accept: (found: Found, index: number) => void): ParseChunk {
  return (text, found) => {
    const index = names.findIndex((name) => text.slice(0, name.length).toLowerCase() === name.toLowerCase());
    if (index < 0) return undefined;
    accept(found, index);
    return text.slice(names[index]?.length);
  };
}

function halfParser(pattern: RegExp): ParseChunk {
  return (text, found) => {
    const [half] = pattern.exec(text) ?? [];
    if (half === undefined) return undefined;
    found.half = half.toLowerCase() as 'am' | 'pm';
    return text.slice(2);
  };
}

function fractionParser(pattern: RegExp): ParseChunk {
  return (text, found) => {
    const [all, fraction] = pattern.exec(text) ?? [];
    if (all === undefined || fraction === undefined) return undefined;
    found.nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
    return text.slice(all.length);
  };
}

function offsetParser(chunk: string): ParseChunk {
  const count = (chunk.match(/0[07]/g) ?? []).length;
  const parts = Array.from({ length: count }, () => '(\\d\\d)').join(chunk.includes(':') ? ':' : '');
  const pattern = new RegExp(`^([-+])${parts}`);
  return (text, found) => {
    if (chunk.startsWith('Z') && text.startsWith('Z')) return text.slice(1);
    const [all, sign, ...numbers] = pattern.exec(text) ?? [];
    if (all === undefined) return undefined;
    const [hours = 0, minutes = 0, seconds = 0] = numbers.map(Number);
    // As in Go, which knows people who write 24 hours and 60 minutes.
    if (hours > 24) throw new OutOfRange('time zone offset hour out of range');
    if (minutes > 60) throw new OutOfRange('time zone offset minute out of range');
    if (seconds > 60) throw new OutOfRange('time zone offset second out of range');
    found.offset = (sign === '-' ? -1 : 1) * (hours * 3_600 + minutes * 60 + seconds);
    return text.slice(all.length);
  };
}

function toInstant(found: Found): { unixSeconds: number; nanoseconds: number } {
  const { month, day } = found.yearDay === undefined ? found : dayOfYear(found, found.yearDay);
  const date = utcDate(found.year, month ?? 1, day ?? 1);
  if (date.getUTCMonth() + 1 !== (month ?? 1) || date.getUTCDate() !== (day ?? 1)) {
    throw new OutOfRange('day out of range');
  }
  const seconds = (hourOfDay(found) * 60 + found.minute) * 60 + found.second;
  return { unixSeconds: date.getTime() / 1_000 + seconds - found.offset, nanoseconds: found.nanoseconds };
}

function hourOfDay({ hour, half }: Found): number {
  if (half === 'pm' && hour < 12) return hour + 12;
  return half === 'am' && hour === 12 ? 0 : hour;
}

function dayOfYear(found: Found, ordinal: number): { month: number; day: number } {
  const date = utcDate(found.year, 1, ordinal);
  if (ordinal < 1 || date.getUTCFullYear() !== found.year) throw new OutOfRange('day-of-year out of range');
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
  if ((found.month ?? month) !== month) throw new OutOfRange('day-of-year does not match month');
  if ((found.day ?? day) !== day) throw new OutOfRange('day-of-year does not match day');
  return { month, day };
}

/** Midnight; unlike Date.UTC also for the years 0 to 99. */
function utcDate(year: number, month: number, day: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date;
}

/** Go's own quoting of this package, which writes bytes beyond ASCII in hexadecimal. */
export function quote(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/[^ -\u007f]/gu, (character) => {
    return Buffer.from(character).toString('hex').replace(/../g, '\\x$&');
  });
  return `"${escaped}"`;
}
