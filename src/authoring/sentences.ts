import { z } from 'zod';
import { engineSentence, type Sentences } from '../domain/catalogue.ts';
import { findingsIn } from './findings.ts';
import type { Place } from './plan/value.ts';
import type { Visit } from './plan/visit.ts';
import type { PolicyFault } from './policy-fault.ts';
import type { Annotation } from './toolchain/annotations.ts';

/** Where a code gets its sentence. */
interface Told {
  code: string;
  sentence: string;
  place: Place;
}

const customSchema = z.record(z.string(), z.string());

/**
 * What people read for the codes that policies report: the titles of the rules that call `finding.denial` or
 * `finding.refusal`, and what METADATA says under `custom.sentences` (code: sentence) for codes that are reported otherwise.
 * A code means the same wherever it is reported, so one with two sentences is a fault. The sentences of the engine's own
 * codes are the engine's.
 */
export function readSentences(
  visits: readonly Visit[],
  annotations: readonly Annotation[],
): { sentences: Sentences; faults: PolicyFault[] } {
  const calls = visits.flatMap((visit) => visit.calls);
  const found = [
    ...annotations.flatMap(customSentences),
    ...[...findingsIn(calls, 'denial', annotations), ...findingsIn(calls, 'refusal', annotations)].map(
      ({ id, title, place }): Told => ({ code: id, sentence: asSentence(title), place }),
    ),
  ].filter(({ code, sentence }) => sentence !== '' && engineSentence(code) === undefined);
  const first = new Map<string, Told>();
  const faults = found.flatMap((each) => {
    const { code, sentence, place } = each;
    const before = first.get(code) ?? each;
    first.set(code, before);
    if (before.sentence === sentence) return [];
    const where = `${before.place.file}:${before.place.line}`;
    return [{ ...place, message: `${code} has another title at ${where}: a code has the same title everywhere` }];
  });
  const sentences = [...first.values()].map(({ code, sentence }) => [code, sentence] as const).sort();
  return { sentences: Object.fromEntries(sentences), faults };
}

/** A title as a sentence, with its full stop; empty for none. */
export function asSentence(title: string): string {
  return title === '' || /[.!?]$/.test(title) ? title : `${title}.`;
}

function customSentences({ custom, file, row }: Annotation): Told[] {
  const told = customSchema.safeParse(custom['sentences'] ?? {});
  const place = { file, line: row, column: 1 };
  return Object.entries(told.data ?? {}).map(([code, text]) => ({ code, sentence: asSentence(text), place }));
}
