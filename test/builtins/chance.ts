import { parseRego, type RegoValue, toJsonText } from '../../src/rego/value.ts';
import type { Answer } from './answer.ts';

/** What OPA takes from a Go map in the order of its moment, and so answers differently from run to run. */
const WITHOUT_CHANCE: Readonly<Record<string, (value: RegoValue) => RegoValue>> = {
  /** The order of the errors. */
  'json.match_schema': (value) => {
    const [valid, errors] = value as [RegoValue, RegoValue[]];
    return [valid, errors.map(toJsonText).sort()];
  },
  /** Which of several faults is told. */
  'json.verify_schema': (value) => (value as RegoValue[])[0] as RegoValue,
};

/** The part of an answer that is the same each time. */
export function withoutChance(builtin: string, answer: Answer): Answer {
  const certain = WITHOUT_CHANCE[builtin];
  if (certain === undefined || answer.outcome !== 'value') return answer;
  return { ...answer, text: toJsonText(certain(parseRego(answer.text))) };
}
