import { canonicalRego, isRegoObject, type RegoValue, regoEntries, toJsonText } from '../../src/rego/value.ts';

/**
 * What a call came to. `text` is the JSON text of its value with the numbers as they were written; `sets` tells how many
 * of what JSON writes as arrays are sets. `lost` is no answer at all: a trap, an abort or a time-out.
 */
export type Answer =
  | { outcome: 'value'; text: string; sets: number }
  | { outcome: 'error'; message: string }
  | { outcome: 'undefined' }
  | { outcome: 'lost'; reason: string };

export function valueAnswer(value: RegoValue): Answer {
  return { outcome: 'value', text: toJsonText(value), sets: countSets(value) };
}

/** As `walk` counts them, which goes into the members of sets and not into keys. */
function countSets(value: RegoValue): number {
  if (value instanceof Set) {
    const members = new Map([...value].map((member) => [canonicalRego(member), member]));
    return 1 + sum([...members.values()].map(countSets));
  }
  if (Array.isArray(value)) return sum(value.map(countSets));
  return isRegoObject(value) ? sum(regoEntries(value).map(([, member]) => countSets(member))) : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Whether both answers decide alike. The texts of errors are no part of that. */
export function isSameAnswer(ours: Answer, theirs: Answer): boolean {
  if (ours.outcome === 'value' && theirs.outcome === 'value')
    return ours.text === theirs.text && ours.sets === theirs.sets;
  return ours.outcome === theirs.outcome && ours.outcome !== 'lost';
}

export function describeAnswer(answer: Answer): string {
  switch (answer.outcome) {
    case 'value':
      return answer.sets > 0 ? `${answer.text} (${answer.sets} sets)` : answer.text;
    case 'error':
      return `error: ${answer.message}`;
    case 'lost':
      return `lost: ${answer.reason}`;
    default:
      return 'undefined';
  }
}
