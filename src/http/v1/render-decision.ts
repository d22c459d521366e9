import type { UnsignedAnswer } from '../../contract/answer.ts';
import { toUnsignedAnswer } from '../../domain/answer.ts';
import type { Sentences } from '../../domain/catalogue.ts';
import type { RecordDraft } from '../../domain/record.ts';

/**
 * The JSON text that answers a decision right after it was made, but for the signed record. It is made in the worker, where
 * the record is; see withRecord. `sentences` are those of the policy.
 */
export function renderDecision(record: RecordDraft, sentences: Sentences): string {
  return JSON.stringify(toUnsignedAnswer(record, sentences) satisfies UnsignedAnswer);
}

/** Adds the record on the thread that serves HTTP, so that it passes between the threads only once. */
export function withRecord(rendered: string, jws: string): string {
  return `${rendered.slice(0, -1)},"record":"${jws}"}`;
}
