import { escapePointer } from '../base/json-text.ts';
import { publicKeySchema, thumbprint } from '../base/public-key.ts';
import { findWeakness } from '../rego/key-weakness.ts';

/** What is wrong at an RFC 6901 pointer into `data`. */
export interface KeyFault {
  pointer: string;
  message: string;
}

/**
 * What no schema can say of the keys of persons (`data.organisation.people[person].keys`): each has to be one by
 * which nobody else can sign, and a key of two persons would not tell who signed. What does not look like a public key is left to the schema.
 */
export function findKeyFaults(data: unknown): KeyFault[] {
  const firstOwner = new Map<string, string>();
  return registeredKeys(data).flatMap(({ person, pointer, jwk }) => {
    const parsed = publicKeySchema.safeParse(jwk);
    if (!parsed.success) return [];
    const weakness = findWeakness(parsed.data);
    if (weakness !== null) return [{ pointer, message: `is not a key that identifies anybody: it ${weakness}` }];
    const kid = thumbprint(parsed.data);
    const owner = firstOwner.get(kid);
    firstOwner.set(kid, owner ?? person);
    return owner === undefined ? [] : [{ pointer, message: `is registered already, for ${owner}` }];
  });
}

/** In data that nobody has checked yet. */
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
