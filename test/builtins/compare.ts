import { type Answer, describeAnswer, isSameAnswer } from './answer.ts';
import { answersByOpa, type Call } from './by-opa.ts';
import { casesOf } from './cases.ts';
import { withoutChance } from './chance.ts';
import type { DeclaredBuiltin } from './declared.ts';
import { KNOWN_DIFFERENCES, type KnownDifference } from './known-differences.ts';

/** A call that OPA and we answer differently. */
export interface Difference {
  builtin: string;
  args: string;
  ours: Answer;
  theirs: Answer;
}

/** What came of all cases of a builtin. */
export interface Comparison {
  builtin: string;
  cases: number;
  /** How many of them OPA answers with a value: the rest says nothing about values. */
  values: number;
  /** Those that nothing excuses. */
  differences: Difference[];
  /** OPA itself panics, or does not end. */
  unanswered: Difference[];
  known: { difference: Difference; by: KnownDifference }[];
  /** Both are errors, but with different texts. */
  otherTexts: Difference[];
}

export interface Options {
  opa: string;
  count: number;
  seed: number;
  answer: (call: Call) => Promise<Answer> | Answer;
}

/** Compares the builtins one after the other. */
export async function* compareBuiltins(
  builtins: readonly DeclaredBuiltin[],
  { opa, count, seed, answer }: Options,
): AsyncGenerator<Comparison> {
  for (const builtin of builtins) {
    const calls = casesOf(builtin, count, seed).map((args) => ({ builtin, args }));
    const theirs = await answersByOpa(opa, calls);
    const comparison: Comparison = {
      builtin: builtin.name,
      cases: calls.length,
      values: theirs.filter(({ outcome }) => outcome === 'value').length,
      differences: [],
      unanswered: [],
      known: [],
      otherTexts: [],
    };
    for (const [index, call] of calls.entries()) {
      place(comparison, {
        builtin: builtin.name,
        args: call.args,
        ours: await answer(call),
        theirs: theirs[index] as Answer,
      });
    }
    yield comparison;
  }
}

function place(comparison: Comparison, difference: Difference): void {
  const { ours, theirs } = difference;
  if (theirs.outcome === 'lost') {
    comparison.unanswered.push(difference);
    return;
  }
  const { builtin } = difference;
  if (isSameAnswer(withoutChance(builtin, ours), withoutChance(builtin, theirs))) {
    const saysOther = ours.outcome === 'error' && theirs.outcome === 'error' && ours.message !== theirs.message;
    if (saysOther) comparison.otherTexts.push(difference);
    return;
  }
  const by = KNOWN_DIFFERENCES.find(
    ({ builtins, isMeant }) => builtins.includes(difference.builtin) && isMeant(difference),
  );
  if (by === undefined) comparison.differences.push(difference);
  else comparison.known.push({ difference, by });
}

/** The shortest is the easiest to understand. */
export function smallest(differences: readonly Difference[]): Difference | undefined {
  return differences.toSorted((a, b) => a.args.length - b.args.length)[0];
}

/** For a person: the call and both answers. */
export function explain({ builtin, args, ours, theirs }: Difference): string {
  return `${builtin} ${args}\n  opa: ${describeAnswer(theirs)}\n  we:  ${describeAnswer(ours)}`;
}
