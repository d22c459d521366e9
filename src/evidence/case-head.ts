import { canonicalJson } from '../domain/canonical-json.ts';
import type { Directory } from '../domain/directory.ts';
import type { RecordDraft } from '../domain/record.ts';
import { type AccessRequest, kindOf } from '../domain/request.ts';
import type { CaseHead, HistoryQuery } from './store.ts';

/** By what cases are found to be like this one. */
export type Likeness = Pick<HistoryQuery, 'kind' | 'subject' | 'resource'>;

/** What the keys of subjects and resources are made of. */
export type Named = Pick<AccessRequest['resource'], 'type' | 'id'>;

/** A person is the same under each of their identities. */
export function likeness(request: AccessRequest, directory: Directory): Likeness {
  const { subject, resource } = request;
  return {
    kind: kindOf(request),
    subject: directory.personOf(subject.id) ?? keyOf(subject),
    resource: keyOf(resource),
  };
}

/** The key of a resource, and of a subject behind whom no person is known. */
export function keyOf({ type, id }: Named): string {
  return canonicalJson([type, id]);
}

/** What a key was made of; null for that of a person, which is the person's id as it is. */
export function namedBy(key: string): Named | null {
  if (!key.startsWith('["')) return null;
  const [type, id] = JSON.parse(key) as [string, string];
  return { type, id };
}

/** The head of a case after this record. */
export function headAfter(record: RecordDraft, like: Likeness): CaseHead {
  const { outcome, tier, expires_at, controls } = record.decision;
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
    controls,
  };
}
