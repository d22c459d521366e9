import type { Ending } from '../contract/case-end.ts';
import type { Standing } from '../contract/grant.ts';
import type { Statement } from '../contract/statement.ts';
import { initialStanding } from '../domain/grant.ts';
import { type CaseKeys, keyOf } from '../domain/history/case-keys.ts';
import type { RecordDraft } from '../domain/record.ts';
import { isDecision, isEnding, standingAfter } from '../domain/statement.ts';
import type { CaseHead } from './store.ts';

/** The status of the grant of a case; null where nothing was granted. */
export function standingAt({
  outcome,
  expires_at,
  review_by,
  review,
  due,
  revoked_at,
  judged_by,
}: CaseHead): Standing | null {
  return outcome === 'allow' && expires_at !== null
    ? { expires_at, review_by, review, due, revoked_at, judged_by }
    : null;
}

const NO_STANDING = { review_by: null, review: null, due: null, revoked_at: null, judged_by: null };

/** The head of a case after a decision. */
export function headAfter(record: RecordDraft, keys: CaseKeys): CaseHead {
  const { outcome, tier, expires_at, closes_at, controls } = record.decision;
  return {
    ...keys,
    case: record.case,
    seq: record.seq,
    record: record.jti,
    decision: record.jti,
    client: record.caller.client,
    outcome,
    tier,
    at: record.evaluated_at,
    closes_at,
    last_policy: record.policy.digest,
    controls,
    ...(initialStanding(record.decision) ?? { ...NO_STANDING, expires_at }),
  };
}

/** The head of a case after a statement that ends it without a decision. */
export function headAfterEnding(head: CaseHead, { jti, seq, policy }: Ending): CaseHead {
  return { ...head, seq, record: jti, outcome: 'deny', closes_at: null, last_policy: policy.digest };
}

/**
 * The head of a case after its newest decision and what followed on it, in the order of the case; null without a decision.
 * Members that the records do not state are taken from `kept`: the keys of the subject and of the team, and the last policy.
 */
export function headFrom(statements: readonly Statement[], kept: CaseHead): CaseHead | null {
  const decision = statements.find(isDecision);
  const last = statements.at(-1);
  if (decision === undefined || last === undefined) return null;
  const { subject, team } = kept;
  const keys = { kind: decision.kind, subject, resource: keyOf(decision.request.resource), team };
  const head = { ...headAfter(decision, keys), controls: [...new Set(decision.decision.controls)].sort() };
  const { last_policy } = kept;
  if (isDecision(last)) return { ...head, last_policy };
  if (isEnding(last)) return { ...headAfterEnding(head, last), last_policy };
  return { ...head, ...standingAfter([last]), seq: last.seq, record: last.jti, last_policy };
}
