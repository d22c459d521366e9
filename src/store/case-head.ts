import { canonicalJson } from '../base/canonical-json.ts';
import type { Ending } from '../contract/case-end.ts';
import type { Standing } from '../contract/grant.ts';
import type { AccessRequest } from '../contract/request.ts';
import type { Statement } from '../contract/statement.ts';
import type { Directory } from '../domain/directory.ts';
import { initialStanding } from '../domain/grant.ts';
import type { RecordDraft } from '../domain/record.ts';
import { kindOf } from '../domain/request.ts';
import { isDecision, isEnding, standingAfter } from '../domain/statement.ts';
import type { CaseHead, HistoryQuery } from './store.ts';

/** By what cases are found to be like this one. */
export type Likeness = Pick<HistoryQuery, 'kind' | 'subject' | 'resource' | 'team'>;

/** What the keys of subjects and resources are made of. */
export type Named = Pick<AccessRequest['resource'], 'type' | 'id'>;

/** Before the id of a person in a key; the other keys begin with `[`. */
const PERSON = 'person:';

/** A person is the same under each of their identities. */
export function likeness(request: AccessRequest, directory: Directory): Likeness {
  const { subject, resource } = request;
  const person = directory.personOf(subject.id);
  return {
    kind: kindOf(request),
    subject: person === null ? keyOf(subject) : keyOfPerson(person),
    resource: keyOf(resource),
    team: person && directory.teamOf(person),
  };
}

/** The key of a subject behind whom a person is known; their id may hold anything. */
export function keyOfPerson(person: string): string {
  return PERSON + person;
}

/** The key of a resource, and of a subject behind whom no person is known. */
export function keyOf({ type, id }: Named): string {
  return canonicalJson([type, id]);
}

/** What a key was made of. */
export function namedBy(key: string): { person: string } | Named {
  if (key.startsWith(PERSON)) return { person: key.slice(PERSON.length) };
  const [type, id] = JSON.parse(key) as [string, string];
  return { type, id };
}

/** How the grant of a case stands; null where nothing was granted. */
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
export function headAfter(record: RecordDraft, like: Likeness): CaseHead {
  const { outcome, tier, expires_at, closes_at, controls } = record.decision;
  return {
    ...like,
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
 * What records do not tell is taken from `kept`: the keys of the subject and of the team, and which policy looked last.
 */
export function headFrom(statements: readonly Statement[], kept: CaseHead): CaseHead | null {
  const decision = statements.find(isDecision);
  const last = statements.at(-1);
  if (decision === undefined || last === undefined) return null;
  const { subject, team } = kept;
  const like = { kind: decision.kind, subject, resource: keyOf(decision.request.resource), team };
  const head = { ...headAfter(decision, like), controls: [...new Set(decision.decision.controls)].sort() };
  const { last_policy } = kept;
  if (isDecision(last)) return { ...head, last_policy };
  if (isEnding(last)) return { ...headAfterEnding(head, last), last_policy };
  return { ...head, ...standingAfter([last]), seq: last.seq, record: last.jti, last_policy };
}
