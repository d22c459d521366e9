import { canonicalJson } from '../../base/canonical-json.ts';
import type { Approval } from '../../contract/approval.ts';
import type { Ending } from '../../contract/case-end.ts';
import type { DecisionRecord } from '../../contract/record.ts';
import type { Statement } from '../../contract/statement.ts';
import { recordDigest } from '../../domain/record.ts';
import { instantOf, isDecision, isEnding } from '../../domain/statement.ts';
import type { Link } from '../report.ts';

/**
 * `step`: a record may follow on the one right before it. Returns ends of sentences about the record. What a statement about
 * a grant may say is checked by `grant_event`.
 */
export function findStepFaults(record: Statement, last: Link): string[] {
  return [
    ...faultsByStatement(record, last),
    ...(instantOf(record) < instantOf(last.record) ? ['is older than the record before it'] : []),
    ...(record.kind === last.record.kind ? [] : ['is of another kind than the record before it']),
  ];
}

function faultsByStatement(record: Statement, last: Link): string[] {
  if (isEnding(last.record)) return [`follows the end of the case, a ${last.record.statement}`];
  if (isDecision(record)) return faultsOfDecision(record, last);
  return isEnding(record) ? faultsOfEnding(record, last) : [];
}

/** A decision follows on one that waits for approval, about the same request of the same persons. */
function faultsOfDecision(record: DecisionRecord, { record: last }: Link): string[] {
  if (!isDecision(last) || last.decision.outcome !== 'approval_required')
    return ['decides a case that was already decided'];
  const { closes_at } = last.decision;
  const differing = (['opened', 'caller', 'request_digest'] as const).filter(
    (name) => canonicalJson(record[name]) !== canonicalJson(last[name]),
  );
  return [
    ...(differing.length === 0 ? [] : [`differs from the decision before it in ${differing.join(', ')}`]),
    ...(closes_at === null || record.evaluated_at < closes_at ? [] : ['decides after the case has closed']),
    ...faultsOfApprovals(record, last),
  ];
}

/** Verdicts are never changed and never go; a decision adds one at most, and an allow is made by one (law 11). */
function faultsOfApprovals(record: DecisionRecord, last: DecisionRecord): string[] {
  const [given, ...more] = record.approvals.slice(last.approvals.length);
  const kept = record.approvals.slice(0, last.approvals.length);
  if (canonicalJson(kept.map(withoutFacts)) !== canonicalJson(last.approvals.map(withoutFacts))) {
    return ['changes or drops approvals of the record before it'];
  }
  if (more.length > 0) return ['adds more than one approval'];
  if (given !== undefined && given.at !== record.evaluated_at)
    return ['adds an approval that was given at another time'];
  const { outcome, counted } = record.decision;
  const isByPerson = counted.some(({ approval }) => approval === given?.id);
  return outcome === 'allow' && !isByPerson ? ['allows without a new verdict that counts'] : [];
}

/** What persons an identity leads to, and their groups, are facts of each evaluation. */
function withoutFacts({ approver, submitted_by, on_behalf_of, ...said }: Approval): object {
  const { identity, assurance } = approver;
  const { client, principal } = submitted_by;
  return {
    ...said,
    approver: { identity, assurance },
    submitted_by: { client, principal },
    deputy: on_behalf_of?.identity ?? null,
  };
}

/** A case ends without a decision only while it waits for approval, and the end names the decision that waited. */
function faultsOfEnding(record: Ending, { record: last, jws }: Link): string[] {
  if (!isDecision(last) || last.decision.outcome !== 'approval_required') return ['ends a case that had ended already'];
  if (record.decision.jti !== last.jti || record.decision.digest !== recordDigest(jws)) {
    return ['does not name the decision that waited for approval by its digest'];
  }
  if (record.statement === 'withdrawal') return [];
  return [
    ...(record.closes_at === last.decision.closes_at ? [] : ['states another closes_at than the decision that waited']),
    ...(record.at >= record.closes_at ? [] : ['ends the case before it closes']),
  ];
}
