import { canonicalJson } from '../domain/canonical-json.ts';
import type { Directory } from '../domain/directory.ts';
import type { DecisionRecord } from '../domain/record.ts';
import { type AccessRequest, kindOf } from '../domain/request.ts';
import type { CaseHead, HistoryQuery } from './store.ts';

/** By what cases are found to be like this one. */
export type Likeness = Pick<HistoryQuery, 'kind' | 'subject' | 'resource'>;

/** A person is the same under each of their identities. */
export function likeness(request: AccessRequest, directory: Directory): Likeness {
  const { subject, resource } = request;
  return {
    kind: kindOf(request),
    subject: directory.personOf(subject.id) ?? canonicalJson([subject.type, subject.id]),
    resource: canonicalJson([resource.type, resource.id]),
  };
}

/** The head of a case after this record. */
export function headAfter(record: DecisionRecord, like: Likeness): CaseHead {
  const { outcome, tier, expires_at } = record.decision;
  return {
    ...like,
    case: record.case,
    seq: record.seq,
    record: record.jti,
    client: record.caller.client,
    outcome,
    tier,
    at: record.evaluated_at,
    expires_at,
  };
}
