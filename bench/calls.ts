import { join } from 'node:path';
import { policyInputText } from '../src/domain/record.ts';
import { askCountersign } from './ask.ts';
import { tokenIdOf } from './countersign-server.ts';
import { type BenchInput, inputTextOf } from './inputs.ts';
import { type PreparedCall, writeCalls } from './load.ts';

/** Decisions in one call of a batch. */
export const BATCH_SIZE = 100;

interface CallParts {
  /** Where the files go. */
  dir: string;
  inputs: readonly BenchInput[];
  /** By client. */
  tokens: ReadonlyMap<string, string>;
  /** Policy inputs for OPA. */
  inputTexts: readonly string[];
}

/** Files of prepared calls. */
export interface CallFiles {
  /** Access requests, one by one. */
  single: string;
  /** Access requests in hundreds. */
  batch: string;
  /** Policy inputs for OPA. */
  opa: string;
}

/** Writes the same inputs for each kind of call. */
export function writeAllCalls({ dir, inputs, tokens, inputTexts }: CallParts): CallFiles {
  const files = { single: join(dir, 'single.tsv'), batch: join(dir, 'batch.tsv'), opa: join(dir, 'opa.tsv') };
  writeCalls(
    files.single,
    inputs.map((input) => ({ token: tokens.get(input.client) ?? '', body: JSON.stringify(input.request) })),
  );
  writeCalls(files.batch, batchCalls(inputs, tokens));
  writeCalls(
    files.opa,
    inputTexts.map((text) => ({ token: null, body: `{"input":${text}}` })),
  );
  return files;
}

/** The policy input of each as a new case without history. */
export function freshInputTexts(inputs: readonly BenchInput[], tokens: ReadonlyMap<string, string>): string[] {
  const now = new Date().toISOString();
  return inputs.map((input) => inputTextOf(input, now, { tokenId: tokenIdOf(tokens.get(input.client) ?? '') }));
}

/** The policy input that this service itself makes of each, with the history that it finds: asks it for all of them. */
export async function recordedInputTexts(
  url: string,
  inputs: readonly BenchInput[],
  tokens: ReadonlyMap<string, string>,
): Promise<string[]> {
  const texts: string[] = [];
  for (const { request, client } of inputs) {
    const { record } = await askCountersign(url, tokens.get(client) ?? '', request);
    texts.push(policyInputText(record));
  }
  return texts;
}

/** A batch has one caller, so each is of one client; the last of a client begins with its first requests again. */
export function batchCalls(inputs: readonly BenchInput[], tokens: ReadonlyMap<string, string>): PreparedCall[] {
  return [...Map.groupBy(inputs, ({ client }) => client)].flatMap(([client, ofClient]) => {
    const batches = Math.ceil(ofClient.length / BATCH_SIZE);
    return Array.from({ length: batches }, (_, batch) => {
      const requests = Array.from(
        { length: BATCH_SIZE },
        (_, index) => ofClient[(batch * BATCH_SIZE + index) % ofClient.length]?.request,
      );
      return { token: tokens.get(client) ?? '', body: JSON.stringify({ requests }) };
    });
  });
}
