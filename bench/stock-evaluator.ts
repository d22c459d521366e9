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

/**
 * `@open-policy-agent/opa-wasm` as its README shows it, with the same module and data as ours. It lacks one builtin of the
 * shipped policy, which gets the few characters that somebody would write for it: correct to the millisecond only.
 */
export async function loadStockEvaluator(wasm: Uint8Array, data: Uint8Array): Promise<StockEvaluator> {
  const { loadPolicy } = createRequire(import.meta.url)('@open-policy-agent/opa-wasm') as StockPackage;
  const evaluator = await loadPolicy(
    wasm,
    { initial: INITIAL_PAGES },
    { 'time.parse_rfc3339_ns': (text: string) => Date.parse(text) * 1e6 },
  );
  evaluator.setData(new Uint8Array(data).buffer);
  return evaluator;
}
