import { isObject } from '../../base/json-object.ts';
import { valuesAt } from '../../bundle/data-values.ts';
import { createDirectory, readDirectoryData } from '../../domain/directory.ts';

/** The possible approvers, by the names that requirements use. */
export interface Approvers {
  /**
   * The persons whose approval could count for a group, `on-call:<team>` or `sponsor:<vendor>`: active persons with an identity
   * or a key. Undefined where there is no such group, team on call or vendor.
   */
  named(name: string): ReadonlySet<string> | undefined;
  /** Whether a person has a key to sign approvals with. */
  canSign(person: string): boolean;
}

/** Reads the possible approvers from policy data. Throws ZodError for data of another shape. */
export function readApprovers(data: unknown): Approvers {
  const people = readDirectoryData(data);
  const directory = createDirectory(people);
  const identified = new Set(Object.values(people.identities));
  const canSign = (person: string) => (people.organisation.people[person]?.keys.length ?? 0) > 0;
  const able = new Set(
    Object.keys(people.organisation.people)
      .filter((person) => directory.isActive(person))
      .filter((person) => identified.has(person) || canSign(person)),
  );
  const byName = new Map<string, Set<string>>();
  for (const group of Object.keys(people.organisation.groups)) byName.set(group, new Set());
  for (const person of able) for (const group of directory.groupsOf(person)) byName.get(group)?.add(person);
  for (const { key, value } of valuesAt(data, 'organisation/on_call/*')) {
    byName.set(`on-call:${key}`, new Set((Array.isArray(value) ? value : []).filter((person) => able.has(person))));
  }
  for (const { key, value } of valuesAt(data, 'organisation/vendors/*')) {
    const sponsor = isObject(value) ? value['sponsor'] : undefined;
    byName.set(
      `sponsor:${key}`,
      new Set([sponsor].filter((person) => typeof person === 'string' && able.has(person)) as string[]),
    );
  }
  return { named: (name) => byName.get(name), canSign };
}
