import { canonicalJson } from '../../base/canonical-json.ts';
import type { AccessRequest } from '../../contract/request.ts';
import type { Directory } from '../directory.ts';
import { kindOf } from '../request.ts';

/**
 * The keys by which a case is found from other cases: `subject` and `resource` are keys for equality, not for display; `team`
 * is the team of the subject, null if the subject is not a known person.
 */
export interface CaseKeys {
  kind: string;
  subject: string;
  resource: string;
  team: string | null;
}

/** The type and id of a subject or a resource, as the request names it. */
export type Named = Pick<AccessRequest['resource'], 'type' | 'id'>;

/** Precedes the id of a person in a key; all other keys begin with `[`. */
const PERSON = 'person:';

/** The keys of a request. A person has one key under all of their identities. */
export function caseKeysOf(request: AccessRequest, directory: Directory): CaseKeys {
  const { subject, resource } = request;
  const person = directory.personOf(subject.id);
  return {
    kind: kindOf(request),
    subject: person === null ? keyOf(subject) : keyOfPerson(person),
    resource: keyOf(resource),
    team: person && directory.teamOf(person),
  };
}

/** The key of a subject behind whom a person is known; the id of the person may hold any character. */
export function keyOfPerson(person: string): string {
  return PERSON + person;
}

/** The key of a resource, and of a subject behind whom no person is known. */
export function keyOf({ type, id }: Named): string {
  return canonicalJson([type, id]);
}

/** What a key was made from. */
export function namedBy(key: string): { person: string } | Named {
  if (key.startsWith(PERSON)) return { person: key.slice(PERSON.length) };
  const [type, id] = JSON.parse(key) as [string, string];
  return { type, id };
}
