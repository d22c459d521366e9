import { escapePointer } from '../../base/json-text.ts';
import { publicKeySchema, thumbprint } from '../../base/public-key.ts';
import { findWeakness } from '../../rego/key-weakness.ts';
import type { DataFault } from '../data-values.ts';

/**
 * Finds faults that no schema can express in the public keys of persons (`data.organisation.people[person].keys`): a weak key,
 * by which somebody else can sign, and a key of two persons, which does not tell who signed. A value that does not look like
 * a public key is left to the schema.
 */
export function findKeyFaults(data: unknown): DataFault[] {
  const firstOwner = new Map<string, string>();
  return registeredKeys(data).flatMap(({ person, pointer, jwk }) => {
    const parsed = publicKeySchema.safeParse(jwk);
    if (!parsed.success) return [];
    const weakness = findWeakness(parsed.data);
    if (weakness !== null) return [{ pointer, message: `cannot identify its owner: it ${weakness}` }];
    const kid = thumbprint(parsed.data);
    const owner = firstOwner.get(kid);
    firstOwner.set(kid, owner ?? person);
    return owner === undefined ? [] : [{ pointer, message: `is already registered for ${owner}` }];
  });
}

/** The data have not been checked yet. */
function registeredKeys(data: unknown): { person: string; pointer: string; jwk: unknown }[] {
  const { people } = (data as { organisation?: { people?: object } } | null)?.organisation ?? {};
  return Object.entries(people ?? {}).flatMap(([person, entry]) => {
    const keys = (entry as { keys?: unknown } | null)?.keys;
    if (!Array.isArray(keys)) return [];
    return keys.map((jwk, index) => ({ person, pointer: `${pointerOf(person)}/${index}`, jwk }));
  });
}

function pointerOf(person: string): string {
  return `/organisation/people/${escapePointer(person)}/keys`;
}
