import { z } from 'zod';
import { followUpSchema } from './follow-up.ts';
import { initialStanding, type Standing } from './grant.ts';
import { type DecisionRecord, recordSchema } from './record.ts';

/** The payload of any record. */
export const statementSchema = z.discriminatedUnion('statement', [recordSchema, ...followUpSchema.options]);
export type Statement = z.infer<typeof statementSchema>;

export function isDecision(statement: Statement): statement is DecisionRecord {
  return statement.statement === 'decision';
}

/** When it was made: UTC, milliseconds, Z. */
export function instantOf(statement: Statement): string {
  return isDecision(statement) ? statement.evaluated_at : statement.at;
}

/** How the grant of a case stands after these statements, which are in the order of the case; null where there is none. */
export function standingAfter(statements: readonly Statement[]): Standing | null {
  const last = statements.at(-1);
  if (last === undefined) return null;
  return isDecision(last) ? initialStanding(last.decision) : last.standing;
}
