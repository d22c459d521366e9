import { type Ending, endingSchema } from '../contract/case-end.ts';
import type { Outcome } from '../contract/decision.ts';
import type { Standing } from '../contract/grant.ts';
import type { GrantEvent } from '../contract/grant-event.ts';
import type { DecisionRecord } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { initialStanding } from './grant.ts';

export function isDecision(statement: Statement): statement is DecisionRecord {
  return statement.statement === 'decision';
}

const ENDINGS: ReadonlySet<string> = new Set(endingSchema.options.map(({ shape }) => shape.statement.value));

/** Whether a statement ends an open case without a decision. */
export function isEnding(statement: Statement): statement is Ending {
  return ENDINGS.has(statement.statement);
}

/** Whether a statement is an event of a grant. */
export function isGrantEvent(statement: Statement): statement is GrantEvent {
  return !isDecision(statement) && !isEnding(statement);
}

/** When it was made: UTC, milliseconds, Z. */
export function instantOf(statement: Statement): string {
  return isDecision(statement) ? statement.evaluated_at : statement.at;
}

/** The status of a case after its newest statement: the outcome of a grant stays allow, even after it ends. */
export function outcomeAfter(last: Statement): Outcome {
  if (isDecision(last)) return last.decision.outcome;
  return isEnding(last) ? 'deny' : 'allow';
}

/** How a case ended, as a sentence; `last` is its newest statement, and the case does not wait for approval. */
export function describeEnd(last: Statement): string {
  if (isDecision(last)) return `The case ended with ${last.decision.outcome} at ${last.evaluated_at}.`;
  if (!isEnding(last)) return 'The case ended with allow.';
  return last.statement === 'withdrawal'
    ? `The request was withdrawn at ${last.at}.`
    : `The request expired: it was not approved before ${last.closes_at}.`;
}

/** The status of the grant of a case after these statements, which are in the order of the case; null if there is none. */
export function standingAfter(statements: readonly Statement[]): Standing | null {
  const last = statements.at(-1);
  if (last === undefined || isEnding(last)) return null;
  return isDecision(last) ? initialStanding(last.decision) : last.standing;
}
