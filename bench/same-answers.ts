import { isDeepStrictEqual } from 'node:util';
import type { Bundle } from '../src/bundle/bundle.ts';
import { policyInputText } from '../src/domain/record.ts';
import { openPolicy, preparePolicy } from '../src/evaluation/policy.ts';
import { askCountersign, askOpa } from './ask.ts';
import { tokenIdOf } from './countersign-server.ts';
import { type BenchInput, inputTextOf } from './inputs.ts';

const SAMPLE = 200;

interface Parties {
  inputs: readonly BenchInput[];
  /** By client. */
  tokens: ReadonlyMap<string, string>;
  /** Addresses. */
  countersign: string;
  opa: string;
  bundle: Bundle;
}

/**
 * A comparison of speed is worth something only between equals. For a sample of the inputs, the whole evaluation has to be
 * the same: that of OPA and that of our evaluator for the text that OPA is loaded with; and that in a record of the service
 * and that of OPA for the input that the record tells, history included. Throws Error for the first that differs; returns
 * what was found in words.
 */
export async function checkSameAnswers(parties: Parties): Promise<string> {
  const { inputs, tokens, bundle } = parties;
  const policy = await openPolicy(await preparePolicy(bundle));
  const now = new Date().toISOString();
  const outcomes = new Map<string, number>();
  const every = Math.max(1, Math.floor(inputs.length / SAMPLE));
  const sample = inputs.filter((_, index) => index % every === 0);
  for (const input of sample) {
    const token = tokens.get(input.client) ?? '';
    const text = inputTextOf(input, now, { tokenId: tokenIdOf(token) });
    requireSame(policy.evaluate(text, now).evaluation, await askOpa(parties.opa, text), text);

    const { outcome, record } = await askCountersign(parties.countersign, token, input.request);
    requireSame(record.evaluation, await askOpa(parties.opa, policyInputText(record)), policyInputText(record));
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  const found = [...outcomes]
    .sort()
    .map(([outcome, count]) => `${Math.round((100 * count) / sample.length)} % ${outcome}`);
  return `${sample.length} of ${inputs.length} inputs compared, each with and without history: the same evaluations (${found.join(', ')}).`;
}

function requireSame(ours: unknown, theirs: unknown, input: string): void {
  if (isDeepStrictEqual(ours, theirs)) return;
  throw new Error(
    `Not the same evaluation for ${input}\nours   ${JSON.stringify(ours)}\nOPA's  ${JSON.stringify(theirs)}`,
  );
}
