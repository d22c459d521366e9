import { isDeepStrictEqual } from 'node:util';
import type { Bundle } from '../src/bundle/bundle.ts';
import { evaluationSchema } from '../src/contract/evaluation.ts';
import { normaliseEvaluation } from '../src/domain/evaluation.ts';
import { ENTRYPOINT, openPolicy, preparePolicy } from '../src/evaluation/policy.ts';
import { openModule } from '../src/rego/rego.ts';
import { readDefaultBundle } from './default-bundle.ts';
import { createInputs, historyOf, inputTextOf } from './inputs.ts';
import { alternate, median, medianRatio, microsPerCall } from './measure.ts';
import { say, sayTable } from './report.ts';
import { loadStockEvaluator } from './stock-evaluator.ts';

const NOW = '2026-11-22T12:00:00.000Z';
const NOW_NS = BigInt(Date.parse(NOW)) * 1_000_000n;
/** As many earlier cases as the service ever gives to policy. */
const HISTORY_LENGTH = 20;

export interface EvaluationOptions {
  rounds: number;
  count: number;
}

/** Evaluation alone, in this process: the stock package against our evaluators, on the same module, data and inputs. */
export async function benchEvaluation(options: EvaluationOptions): Promise<void> {
  const bundle = await readDefaultBundle();
  const inputs = createInputs(options.count, bundle.data);
  const texts = inputs.map((input) => inputTextOf(input, NOW));
  await compare('without history', bundle, texts, options);
  const textsWithHistory = inputs.map((input) =>
    inputTextOf(input, NOW, { history: historyOf(input, HISTORY_LENGTH, NOW) }),
  );
  await compare(`with ${HISTORY_LENGTH} earlier cases`, bundle, textsWithHistory, options);
}

async function compare(
  what: string,
  bundle: Bundle,
  texts: readonly string[],
  { rounds }: EvaluationOptions,
): Promise<void> {
  const { wasm, dataBytes } = bundle;
  const stock = await loadStockEvaluator(wasm, dataBytes);
  const rego = await openModule(wasm, { data: dataBytes });
  const policy = await openPolicy(await preparePolicy(bundle));
  const values = texts.map((text) => JSON.parse(text) as unknown);
  const bytes = texts.map((text) => new TextEncoder().encode(text));

  for (const [index, text] of texts.entries()) {
    const [first] = stock.evaluate(values[index], ENTRYPOINT) as { result: unknown }[];
    const expected = normaliseEvaluation(evaluationSchema.parse(first?.result)).evaluation;
    if (!isDeepStrictEqual(policy.evaluate(text, NOW).evaluation, expected))
      throw new Error(`not the same for ${text}`);
  }
  const contestants = {
    'stock package, input as a value': () => microsPerCall(values, (value) => stock.evaluate(value, ENTRYPOINT)),
    'stock package, input as JSON text': () =>
      microsPerCall(bytes, (text) => stock.evaluate(new Uint8Array(text).buffer, ENTRYPOINT)),
    'ours, bare (openModule)': () => microsPerCall(bytes, (text) => rego.evaluate(ENTRYPOINT, text, { now: NOW_NS })),
    'ours, strict and normalised (openPolicy)': () => microsPerCall(texts, (text) => policy.evaluate(text, NOW)),
  };
  await alternate(contestants, 1); // Warms up.
  const micros = await alternate(contestants, rounds);

  say(`## Evaluation ${what}: ${texts.length} inputs, median of ${rounds} rounds, the same results`);
  say();
  const rows = Object.entries(micros).map(([name, times]) => [
    name,
    median(times).toFixed(1),
    medianRatio(times, micros['stock package, input as a value']).toFixed(2),
    medianRatio(times, micros['stock package, input as JSON text']).toFixed(2),
  ]);
  sayTable(['evaluator', 'µs', 'to stock, value', 'to stock, text'], rows);
  say();
}
