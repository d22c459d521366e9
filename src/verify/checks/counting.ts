import type { Approval } from '../../contract/approval.ts';
import type { DecisionRecord } from '../../contract/record.ts';

/**
 * `counting`: laws 3 and 11, by the record alone: which verdicts may count at all, and that a new one which counts makes the
 * allow of a case that waited. Returns ends of sentences about the record.
 */
export function findCountingFaults(record: DecisionRecord): string[] {
  const { decision, approvals, evaluated_at, seq } = record;
  const faults = decision.counted.flatMap(({ approval: id, person }) => {
    const approval = approvals.find((each) => each.id === id);
    const why = approval === undefined ? 'the record does not contain' : refusalOf(approval, person, record);
    return why === null ? [] : [`counts approval ${id}, which ${why}`];
  });
  const places = decision.counted.filter(({ requirement }) => requirement !== null);
  if (new Set(places.map(({ person }) => person)).size < places.length) faults.push('counts a person twice');
  if (decision.outcome !== 'allow' || seq === 0) return faults;
  const newest = approvals.at(-1);
  if (newest?.at !== evaluated_at || !decision.counted.some(({ approval }) => approval === newest.id)) {
    faults.push('allows, though its newest approval does not count or was not given then');
  }
  return faults;
}

/** Why an approval must not count; null where it may. */
function refusalOf(approval: Approval, person: string, record: DecisionRecord): string | null {
  const { approver, verdict, expires_at, at } = approval;
  if (approver.person !== person) return 'another person gave';
  if (approval.case !== record.case || approval.request_digest !== record.request_digest)
    return 'was given in another case';
  if (Object.values(record.opened.persons).includes(person)) return 'a person behind the request gave';
  if (at > record.evaluated_at) return 'was given later';
  if (verdict === 'approve' && expires_at <= record.evaluated_at) return 'had expired';
  return (verdict === 'reject') === (record.decision.outcome === 'deny') ? null : 'has another verdict';
}
