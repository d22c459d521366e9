import { factNamed } from './fact-names.ts';
import type { Reading, Visit } from './plan-trace.ts';
import { ANY, type Place } from './plan-value.ts';
import type { PolicyFault } from './policy-fault.ts';
import type { RegoModule } from './rego-modules.ts';

const RULE = 'asserted-fact';
const COMMENT = /#\s*countersign ignore:(\S*)\s*(.*)$/;
const LEAST_REASON_LENGTH = 10;

/** A comment that lets policy look at an assertion with the name of a fact, and why. */
export interface Exception extends Place {
  reason: string;
}

/** A member of the request that policy looks at as if it were a fact. */
interface Assertion extends Place {
  what: string;
  member: string;
}

/** Exceptions in the order of the files, and faults: assertions without one, and exceptions that are none. */
export interface FactCheck {
  faults: PolicyFault[];
  exceptions: Exception[];
}

/**
 * Looks for policy that takes from the request what only data or a verified caller may say (law 4, fact-names.ts), under
 * whatever name it has the request. A comment `# countersign ignore:asserted-fact REASON` at the line, or in the comment
 * above it, lets one pass.
 */
export function checkFacts(visits: readonly Visit[], modules: readonly RegoModule[]): FactCheck {
  const assertions = assertionsOf(visits);
  const comments = modules.flatMap(commentsOf);
  const used = new Map<Exception, boolean>();
  const faults = assertions.flatMap((assertion) => {
    const exception = comments.find((comment) => covers(comment, assertion, modules));
    if (exception) used.set(exception, true);
    return exception ? [] : [faultOfAssertion(assertion)];
  });
  const wrong = comments.flatMap((comment) => faultsOfComment(comment, used.has(comment)));
  return { faults: [...faults, ...wrong].sort(byPlace), exceptions: comments.filter((comment) => used.has(comment)) };
}

function byPlace(one: Place, other: Place): number {
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  return one.line - other.line || one.column - other.column;
}

function assertionsOf(visits: readonly Visit[]): Assertion[] {
  const found = visits.flatMap(({ readings }) => readings.flatMap(assertionOf));
  return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
}

function assertionOf({ steps: [root, part, ...steps], place }: Reading): Assertion[] {
  if (root !== 'input' || (part !== 'request' && part !== ANY)) return [];
  const what = factNamed(steps);
  // What lies below such a member was told with it.
  if (what === undefined || steps.some((_, end) => end > 0 && factNamed(steps.slice(0, end)) !== undefined)) return [];
  return [{ ...place, what, member: ['request', ...steps].join('.') }];
}

function faultOfAssertion({ what, member, ...place }: Assertion): PolicyFault {
  const reason = `takes ${what} from the request (${member}), which cannot vouch for itself`;
  return { ...place, message: `${reason}: take it from data or from the verified caller (${RULE})` };
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

/** A comment is about its own line; one that stands alone is about the first line of policy after it. */
function covers(comment: Comment, { file, line }: Assertion, modules: readonly RegoModule[]): boolean {
  if (comment.file !== file || comment.rule !== RULE || comment.line > line) return false;
  const lines = modules.find((module) => module.file === file)?.text.split('\n') ?? [];
  const isComment = (at: number) => lines[at - 1]?.trimStart().startsWith('#') ?? false;
  let covered = comment.line;
  while (covered < line && isComment(covered)) covered++;
  return covered === line;
}

function faultsOfComment({ file, line, column, rule, reason }: Comment, isUsed: boolean): PolicyFault[] {
  const fault = (message: string) => [{ file, line, column, message }];
  if (rule !== RULE) return fault(`no rule ${rule || 'without a name'} can be ignored; there is ${RULE}`);
  if (reason.length < LEAST_REASON_LENGTH) return fault(`says not why ${RULE} is ignored here`);
  return isUsed ? [] : fault(`ignores ${RULE} where there is none`);
}
