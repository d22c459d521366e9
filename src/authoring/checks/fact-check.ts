import { isOfRequest } from '../plan/assertion.ts';
import { ANY, type Assertion, type Place } from '../plan/value.ts';
import type { Choice, Reading, Replacement, Visit } from '../plan/visit.ts';
import { byPlace, type PolicyFault } from '../policy-fault.ts';
import type { RegoModule } from '../toolchain/rego-modules.ts';
import { factNamed } from './fact-names.ts';

const RULE = 'asserted-fact';
const COMMENT = /#\s*countersign ignore:(\S*)\s*(.*)$/;
const LEAST_REASON_LENGTH = 10;

/** A comment that permits a policy to read an assertion with the name of a fact, and the reason. */
export interface Exception extends Place {
  reason: string;
}

/** A place at which a policy lets the request vouch for itself, and how. */
interface Vouching extends Place {
  how: string;
}

/** The exceptions in use, in the order of the files. Faults are places without an exception, and comments without effect. */
export interface FactCheck {
  faults: PolicyFault[];
  exceptions: Exception[];
}

/**
 * Finds policies that take a fact from the request, although only data or a verified caller may state it (law 4,
 * fact-names.ts). They are found whatever variable holds the request, and also where the request chooses whose fact is taken,
 * or where `with` replaces input or data by a part of the request. A comment `# countersign ignore:asserted-fact REASON` at
 * the line, or in the comment above it, permits one.
 */
export function checkFacts(visits: readonly Visit[], modules: readonly RegoModule[]): FactCheck {
  const comments = modules.flatMap(commentsOf);
  const used = new Set<Exception>();
  const faults = vouchingsOf(visits).flatMap(({ how, ...place }) => {
    const exception = comments.find((comment) => covers(comment, place, modules));
    if (exception) used.add(exception);
    return exception ? [] : [{ ...place, message: `${how} (${RULE})` }];
  });
  const wrong = comments.flatMap((comment) => faultsOfComment(comment, used.has(comment)));
  return { faults: [...faults, ...wrong].sort(byPlace), exceptions: comments.filter((comment) => used.has(comment)) };
}

function vouchingsOf(visits: readonly Visit[]): Vouching[] {
  const found = visits.flatMap(({ readings, choices, replacements }) => [
    ...readings.flatMap(assertedFact),
    ...readings.flatMap(({ steps, by }) => chosenFact(steps, by)),
    ...choices.flatMap((choice) => readings.flatMap((reading) => factOfChoice(choice, reading))),
    ...replacements.map(replacedInput),
  ]);
  return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
}

/** A fact that is read from `input.request`. */
function assertedFact({ steps, place }: Reading): Vouching[] {
  if (!isOfRequest(steps)) return [];
  const [, , ...said] = steps;
  const what = factNamed(said);
  // Members of such a member were reported with it.
  if (what === undefined || said.some((_, end) => end > 0 && factNamed(said.slice(0, end)) !== undefined)) return [];
  const how = `takes ${what} from the request (${nameOf(['request', ...said])}), which cannot vouch for itself`;
  return [{ ...place, how: `${how}: take it from data or from the verified caller` }];
}

/** A fact of data or the caller, where the request chooses whose. */
function chosenFact(steps: readonly string[], by: Assertion | undefined): Vouching[] {
  if (by === undefined || isOfRequest(steps)) return [];
  const [, ...way] = steps;
  const end = way.findIndex((_, index) => factNamed(way.slice(0, index + 1)) !== undefined);
  if (end < 0) return [];
  const fact = nameOf(steps.slice(0, end + 2));
  const chooser = nameOf(by.steps.slice(1));
  const how = `takes ${factNamed(way.slice(0, end + 1))} of what the request chooses (${fact}, by ${chooser})`;
  return [
    {
      ...by.at,
      how: `${how}, which cannot vouch for itself: find it by what is asked for, by data or by the verified caller`,
    },
  ];
}

/** The same for an element that is found by comparing it, or its key, with the request. */
function factOfChoice({ steps, by }: Choice, reading: Reading): Vouching[] {
  const isOfOne = reading.steps.length > steps.length && steps.every((step, at) => step === reading.steps[at]);
  return isOfOne ? chosenFact(reading.steps, by) : [];
}

function replacedInput({ steps, by, place }: Replacement): Vouching {
  const how = `replaces ${nameOf(steps)} by ${nameOf(by.steps.slice(1))} of the request`;
  return { ...place, how: `${how}: the policy would then judge what the request says, not what is requested or known` };
}

function nameOf(steps: readonly string[]): string {
  return steps
    .map((step) => (step === ANY ? '[…]' : `.${step}`))
    .join('')
    .slice(1);
}

interface Comment extends Exception {
  rule: string;
}

function commentsOf({ file, text }: RegoModule): Comment[] {
  return text.split('\n').flatMap((line, index) => {
    const [comment, rule = '', reason = ''] = COMMENT.exec(line) ?? [];
    if (comment === undefined) return [];
    return [{ file, line: index + 1, column: line.indexOf(comment) + 1, rule, reason: reason.trim() }];
  });
}

/** A comment applies to its own line, or, on a line of its own, to the first line of code after it. */
function covers(comment: Comment, { file, line }: Place, modules: readonly RegoModule[]): boolean {
  if (comment.file !== file || comment.rule !== RULE || comment.line > line) return false;
  const lines = modules.find((module) => module.file === file)?.text.split('\n') ?? [];
  const isComment = (at: number) => lines[at - 1]?.trimStart().startsWith('#') ?? false;
  let covered = comment.line;
  while (covered < line && isComment(covered)) covered++;
  return covered === line;
}

function faultsOfComment({ file, line, column, rule, reason }: Comment, isUsed: boolean): PolicyFault[] {
  const fault = (message: string) => [{ file, line, column, message }];
  if (rule !== RULE) return fault(`there is no rule ${rule || 'without a name'} to ignore; the only one is ${RULE}`);
  if (reason.length < LEAST_REASON_LENGTH) return fault(`gives no reason for ignoring ${RULE}`);
  return isUsed ? [] : fault(`ignores ${RULE}, which does not occur here`);
}
