import type { DecisionResult } from '../../cases/replay.ts';
import type { Answer, UnsignedAnswer } from '../../contract/answer.ts';
import { toAnswer, toUnsignedAnswer } from '../../domain/answer.ts';
import type { Sentences } from '../../domain/catalogue.ts';
import type { RecordDraft } from '../../domain/record.ts';

/**
 * The JSON text that answers a decision right after it was made, but for the signed record. It is made in the worker, where
 * the record is; see withRecord. `sentences` are those of the policy.
 */
export function renderDecision(record: RecordDraft, sentences: Sentences): string {
  return JSON.stringify(toUnsignedAnswer(record, sentences) satisfies UnsignedAnswer);
}

/** The JSON text that answers a call which led to a decision. `sentences` are those of the active policy. */
export function answerText(result: DecisionResult, sentences: Sentences): string {
  if (!result.replayed) return withRecord(result.rendered, result.jws);
  const { record, jws, asOf, latest } = result;
  return JSON.stringify({ ...toAnswer(record, jws, asOf, sentences), latest } satisfies Answer);
}

/** Adds the record on the thread that serves HTTP, so that it passes between the threads only once. */
export function withRecord(rendered: string, jws: string): string {
  return `${rendered.slice(0, -1)},"record":"${jws}"}`;
}
