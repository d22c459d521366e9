/**
 * Whether an answer says the same as the record in it. This does not verify the record (`countersign verify` does): it keeps
 * a cached or confused answer of something in between from being taken for a decision.
 */
import { CountersignError, notAnAnswer } from './error.ts';
import type {
  Calls,
  CaseEndAnswer,
  DecisionAnswer,
  DecisionBatchResults,
  DecisionRecord,
  GrantEventAnswer,
  Problem,
  RecordedGrantStatus,
} from './wire.ts';

/** What any record says of itself. */
interface Said extends Pick<DecisionRecord, 'jti' | 'case'> {
  statement: string;
  at?: string;
  decision?: DecisionRecord['decision'];
  standing?: RecordedGrantStatus;
}

/** An allow has an end, and nothing else has. Throws CountersignError `not_an_answer`. */
export function checkedDecision(answer: DecisionAnswer, status: number): DecisionAnswer {
  const { id, outcome, expires_at, record } = answer;
  const said = saidBy(record);
  const isConsistent =
    said.jti === id &&
    said.case === answer.case &&
    said.statement === 'decision' &&
    said.decision?.outcome === outcome &&
    said.decision.expires_at === expires_at &&
    (outcome === 'allow') === (expires_at !== null && Number.isFinite(Date.parse(expires_at)));
  if (isConsistent) return answer;
  throw notAnAnswer(status, 'The answer contradicts the record in it.');
}

/** A review that was not recorded must not be taken for one, nor a grant for revoked that is not. */
export function checkedGrantEvent(
  answer: GrantEventAnswer,
  status: number,
  statement: GrantEventAnswer['statement'] = answer.statement,
): GrantEventAnswer {
  const said = saidBy(answer.record);
  const isConsistent =
    isThisStatement(answer, said, statement) &&
    said.standing?.expires_at === answer.expires_at &&
    said.standing.review_by === answer.review_by &&
    said.standing.due === answer.review_reason &&
    (answer.grant_state === 'revoked' || said.standing.revoked_at === null);
  if (isConsistent) return answer;
  throw notAnAnswer(status, `The answer is not the ${statement} that its record states.`);
}

/** A request that was not withdrawn must not be taken for one that was. */
export function checkedCaseEnd(
  answer: CaseEndAnswer,
  status: number,
  statement: CaseEndAnswer['statement'] = answer.statement,
): CaseEndAnswer {
  const said = saidBy(answer.record);
  if (isThisStatement(answer, said, statement) && said.at === answer.at) return answer;
  throw notAnAnswer(status, `The answer is not the ${statement} that its record states.`);
}

/** Whether answer and record are of this statement, and of the same record of the same case. */
function isThisStatement(
  answer: Pick<GrantEventAnswer | CaseEndAnswer, 'id' | 'case' | 'statement'>,
  said: ReturnType<typeof saidBy>,
  statement: string,
): boolean {
  return (
    answer.statement === statement &&
    said.jti === answer.id &&
    said.case === answer.case &&
    said.statement === statement
  );
}

/** The record that was asked for, whatever it states. */
export function checkedRecord(
  answer: Calls['getDecision']['answer'],
  status: number,
  id: string,
): Calls['getDecision']['answer'] {
  if (answer.id !== id) throw notAnAnswer(status, 'The answer is another record than the one that was asked for.');
  if (!('statement' in answer)) return checkedDecision(answer, status);
  return 'grant_state' in answer ? checkedGrantEvent(answer, status) : checkedCaseEnd(answer, status);
}

/** One result for each request of a batch, in the same order. */
export function checkedResults(
  { results }: DecisionBatchResults,
  status: number,
  count: number,
): (DecisionAnswer | CountersignError)[] {
  if (results.length !== count) throw notAnAnswer(status, `The answer has ${results.length} results, not ${count}.`);
  return results.map((result) =>
    'answer' in result ? checkedDecision(result.answer, status) : toError(result.problem),
  );
}

/** The error that a problem stands for. */
export function toError(
  { status, code, detail, errors }: Problem,
  retryAfterSeconds: number | null = null,
): CountersignError {
  const isRetryable = RETRYABLE.has(status);
  return new CountersignError(status, code, detail, { errors: errors ?? [], isRetryable, retryAfterSeconds });
}

/** With these statuses the service says that it did nothing, and that a later call may succeed. */
export const RETRYABLE: ReadonlySet<number> = new Set([429, 503]);

/** The members of the record; none of them where it is none. */
function saidBy(record: string): Partial<Said> {
  try {
    const bytes = Uint8Array.from(
      atob((record.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
      (each) => each.charCodeAt(0),
    );
    return (JSON.parse(new TextDecoder().decode(bytes)) as Partial<Said> | null) ?? {};
  } catch {
    return {};
  }
}
