import { createRequire } from 'node:module';

/** What we use of the package; its own types do not resolve for ES modules. */
interface StockPackage {
  loadPolicy(
    wasm: Uint8Array,
    memory: { initial: number },
    customBuiltins: Readonly<Record<string, (...args: never[]) => unknown>>,
  ): Promise<StockEvaluator>;
}

export interface StockEvaluator {
  setData(data: ArrayBuffer): void;
  /** The input as a value, or as JSON text in an ArrayBuffer. */
  evaluate(input: unknown, entrypoint: string): unknown;
}

const INITIAL_PAGES = 32;

type Subject = number | readonly [number, string];

const formats = new Map<string, Intl.DateTimeFormat>();

/** Parts of an instant by the wall clock of a zone. */
function partsOf(subject: Subject): Record<string, string> {
  const [ns, zone] = typeof subject === 'number' ? [subject, 'UTC'] : subject;
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en', { timeZone: zone, dateStyle: 'full', timeStyle: 'medium', hourCycle: 'h23' });
  formats.set(zone, format);
  return Object.fromEntries(format.formatToParts(ns / 1e6).map(({ type, value }) => [type, value]));
}

/** The builtins of the shipped policies that the package lacks, as somebody would write them: to the millisecond only. */
const TIME = {
  'time.parse_rfc3339_ns': (text: string) => Date.parse(text) * 1e6,
  'time.add_date': (ns: number, years: number, months: number, days: number) => {
    const date = new Date(ns / 1e6);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    return date.setUTCFullYear(year + years, month + months, day + days) * 1e6;
  },
  'time.weekday': (subject: Subject) => partsOf(subject)['weekday'],
  'time.date': (subject: Subject) => {
    const { year, month, day } = partsOf(subject);
    return [Number(year), new Date(`${month} 1, 2000`).getMonth() + 1, Number(day)];
  },
  'time.clock': (subject: Subject) => {
    const { hour, minute, second } = partsOf(subject);
    return [Number(hour), Number(minute), Number(second)];
  },
};

/** `@open-policy-agent/opa-wasm` as its README shows it, with the same module and data as ours. */
export async function loadStockEvaluator(wasm: Uint8Array, data: Uint8Array): Promise<StockEvaluator> {
  const { loadPolicy } = createRequire(import.meta.url)('@open-policy-agent/opa-wasm') as StockPackage;
  const evaluator = await loadPolicy(wasm, { initial: INITIAL_PAGES }, TIME);
  evaluator.setData(new Uint8Array(data).buffer);
  return evaluator;
}
