import { addSeconds } from '../base/instant.ts';
import type { Approval } from '../contract/approval.ts';
import type { DecisionRecord } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { DEFAULT_CASE_TTL_SECONDS } from '../domain/evaluation.ts';
import { instantOf, isDecision } from '../domain/statement.ts';

/**
 * What a record says that no service may sign, whatever came before it: each the end of a sentence about it. An empty list
 * means that it can be.
 */
export function faultsOfRecord(record: Statement): string[] {
  const isOfItsTime = record.iat === Math.floor(Date.parse(instantOf(record)) / 1000);
  return [
    ...(isOfItsTime ? [] : ['says another time in iat than in its instant']),
    ...(isDecision(record)
      ? [...faultsOfOpening(record), ...faultsOfOutcome(record), ...faultsOfCounting(record)]
      : []),
  ];
}

function faultsOfOpening({ seq, opened, evaluated_at, approvals }: DecisionRecord): string[] {
  if (seq > 0) return opened.at > evaluated_at ? ['was decided before its case was opened'] : [];
  return [
    ...(opened.at === evaluated_at ? [] : ['opens the case, but at another instant than opened.at']),
    ...(approvals.length === 0 ? [] : ['opens the case, but has approvals already']),
  ];
}

function faultsOfOutcome(record: DecisionRecord): string[] {
  const { outcome, confirmation_needed, unmet, denials, expires_at, review_by, closes_at } = record.decision;
  const faults: string[] = [];
  const require = (holds: boolean, why: string) => {
    if (!holds) faults.push(why);
  };
  if (confirmation_needed) {
    require(outcome === 'approval_required' && record.seq > 0, 'asks for a confirmation where there is none to give');
    require(unmet.length === 0, 'asks for a confirmation, though requirements are not met');
  }
  if (outcome === 'approval_required') {
    require(confirmation_needed || unmet.length > 0, 'waits for approval, though no requirement is unmet');
    require(closes_at === closingOf(record), 'says another closes_at than its policy gives');
    require(closes_at === null || closes_at > record.evaluated_at, 'waits for approval after the case has closed');
  } else require(closes_at === null, 'has ended, but says when the case closes');
  if (outcome === 'allow') {
    require(record.evaluation !== null, 'allows without an evaluation');
    require(unmet.length === 0 && denials.length === 0, 'allows in spite of what is unmet or denied');
    require(review_by !== null, 'allows without a review');
  } else require(review_by === null, 'grants nothing, but has a review_by');
  require((outcome === 'allow') === (expires_at !== null), 'has an end without an allow, or an allow without an end');
  require((outcome === 'deny') === denials.length > 0, 'has denials without a deny, or a deny without denials');
  return faults;
}

function closingOf({ opened, evaluation }: DecisionRecord): string {
  return addSeconds(opened.at, evaluation?.case_ttl_seconds ?? DEFAULT_CASE_TTL_SECONDS);
}

/** Laws 3 and 11: which verdicts may count at all, and that one which is given now makes the allow of a case that waited. */
function faultsOfCounting(record: DecisionRecord): string[] {
  const { decision, approvals, evaluated_at, seq } = record;
  const faults = decision.counted.flatMap(({ approval: id, person }) => {
    const approval = approvals.find((each) => each.id === id);
    const why = approval === undefined ? 'is not in it' : refusalOf(approval, person, record);
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
  if (approver.person !== person) return 'is of another person';
  if (approval.case !== record.case || approval.request_digest !== record.request_digest) return 'is of another case';
  if (Object.values(record.opened.persons).includes(person)) return 'is of a person behind the request';
  if (at > record.evaluated_at) return 'was given later';
  if (verdict === 'approve' && expires_at <= record.evaluated_at) return 'had expired';
  return (verdict === 'reject') === (record.decision.outcome === 'deny') ? null : 'has another verdict';
}
