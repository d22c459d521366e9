import type { DecisionRecord } from '../../contract/record.ts';
import type { Statement } from '../../contract/statement.ts';
import { instantOf, isDecision, isEnding, standingAfter } from '../../domain/statement.ts';
import type { Members } from '../find-records.ts';

/** What can be held against `latest`, where the case stood when an idempotency key led to its first answer again. */
export interface LatestComparison {
  differing: string[];
  ignored: string[];
  /** Its seq, where that is of a record that was not given. */
  saidSeq: number | null;
}

/** The records of the case that were given, in its order, and the instant at which the answer was said. */
interface KnownAt {
  known: readonly Statement[];
  asOf: string;
}

/**
 * Judges what `latest` of an answer says. No record is the last for certain, so that most of it cannot be derived; but it has
 * to fit the records that are known.
 */
export function judgeLatest(said: unknown, record: DecisionRecord, at: KnownAt): LatestComparison {
  const { known } = at;
  const refused = (...names: string[]) => ({
    differing: names.map((name) => `latest.${name}`),
    ignored: [],
    saidSeq: null,
  });
  if (typeof said !== 'object' || said === null) return { differing: ['latest'], ignored: [], saidSeq: null };
  const latest = said as Members;
  const named = known.find(({ jti }) => jti === latest['id']);
  if (named === undefined) {
    // Nothing is decided after an allow or a deny, and a later record has a greater seq.
    if (record.decision.outcome !== 'approval_required') return refused('id');
    const { seq } = latest;
    if (typeof seq !== 'number' || seq <= record.seq) return refused('seq');
    if (known.some((each) => each.seq === seq)) return refused('id');
    return { differing: [], ignored: ['latest'], saidSeq: seq };
  }
  if (!isDecision(named) || named.seq < record.seq) return refused('id');
  const differing = Object.keys(latest).filter((name) => !fits(name, latest, named, at));
  return {
    ...refused(...differing),
    ignored: Object.keys(latest)
      .filter((name) => !differing.includes(name) && !isDerived(name, named))
      .map((name) => `latest.${name}`),
  };
}

/** Whether a member says something that can be, by the decision that is named and by what followed on it. */
function fits(name: string, latest: Members, named: DecisionRecord, at: KnownAt): boolean {
  const value = latest[name];
  const { outcome } = named.decision;
  const isOpen = outcome === 'approval_required';
  switch (name) {
    case 'seq':
      return value === named.seq;
    case 'outcome':
      return value === outcome || (isOpen && value === 'deny' && (latest['ended'] ?? null) !== null);
    case 'ended':
      return value === null || (isOpen && latest['outcome'] === 'deny' && mayEndBy(value, named, at.known));
    case 'grant_state':
      return (value === null) === (outcome !== 'allow') && (value === 'revoked' || !isRevoked(at));
    default:
      return true;
  }
}

/** A revoked grant stays revoked. */
function isRevoked({ known, asOf }: KnownAt): boolean {
  const standing = standingAfter(known.filter((record) => instantOf(record) <= asOf));
  return standing !== null && standing.revoked_at !== null;
}

function mayEndBy(statement: unknown, { seq }: DecisionRecord, known: readonly Statement[]): boolean {
  const next = known.find((record) => record.seq === seq + 1);
  if (next === undefined) return statement === 'withdrawal' || statement === 'expiry';
  return isEnding(next) && next.statement === statement;
}

/** What changes when a case goes on cannot be derived, since no record tells that none follows. */
function isDerived(name: string, { decision }: DecisionRecord): boolean {
  if (name === 'id' || name === 'seq') return true;
  if (name === 'outcome' || name === 'ended') return decision.outcome !== 'approval_required';
  return name === 'grant_state' && decision.outcome !== 'allow';
}
