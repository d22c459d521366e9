import unhomoglyph from 'unhomoglyph';
import { isObject } from '../../base/json-object.ts';
import { escapePointer } from '../../base/json-text.ts';
import type { DataFault } from '../data-values.ts';

interface Identity {
  text: string;
  person: string;
  isAscii: boolean;
  /** The text without the characters that a reader does not see. */
  seen: string;
}

/** A key under which identities that look alike are equal. */
type Look = (identity: Identity) => string;

/** Letters look alike as written, or in lower or upper case: `ВОВ` (Cyrillic) does not look like `bob`, but like `BOB`. */
const LOOKS: readonly Look[] = [
  ({ seen }) => skeleton(seen),
  ({ seen }) => skeleton(seen.toLowerCase()),
  ({ seen }) => skeleton(seen.toUpperCase()),
];

/**
 * Finds identities (`data.identities`) of different persons that a reader takes for the same: they differ only in case, width,
 * white space or invisible characters, or they contain letters of another script that look like theirs (the skeletons of
 * UTS #39). Two ASCII identities are alike only if they differ in case alone: `comer` and `corner` are two names.
 */
export function findIdentityFaults(data: unknown): DataFault[] {
  const identities = identitiesIn(data);
  const faults = new Map<string, DataFault>();
  const add = ({ text, person }: Identity, other: Identity, why: string) => {
    const pointer = `/identities/${escapePointer(text)}`;
    const message = `${person} could be mistaken for ${other.person}: this identity ${why} ${JSON.stringify(other.text)}`;
    if (!faults.has(pointer)) faults.set(pointer, { pointer, message });
  };
  for (const [one, other] of alike(identities, fold)) {
    add(one, other, 'differs only in case or invisible characters from');
  }
  if (identities.every(({ isAscii }) => isAscii)) return [...faults.values()];
  for (const look of LOOKS) {
    for (const [one, other] of alike(identities, look)) {
      if (one.isAscii && other.isAscii) continue;
      // The fault is reported at the identity that is not plain ASCII.
      const [odd, plain] = one.isAscii ? [other, one] : [one, other];
      add(odd, plain, 'has letters that look like those of');
    }
  }
  return [...faults.values()];
}

function identitiesIn(data: unknown): Identity[] {
  const identities = isObject(data) ? data['identities'] : undefined;
  if (!isObject(identities)) return [];
  return Object.entries(identities).flatMap(([text, person]) => {
    if (typeof person !== 'string') return [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
    const isAscii = /^[\x00-\x7f]*$/.test(text);
    return [{ text, person, isAscii, seen: isAscii ? text.trim() : visibleText(text) }];
  });
}

/** Each identity that looks like an earlier one of another person, with that one. */
function alike(identities: readonly Identity[], look: Look): [Identity, Identity][] {
  const first = new Map<string, Identity>();
  return identities.flatMap((identity) => {
    const key = look(identity);
    const other = first.get(key);
    if (other === undefined) first.set(key, identity);
    return other === undefined || other.person === identity.person ? [] : [[identity, other] as [Identity, Identity]];
  });
}

/** Case folding as far as JavaScript has it: `ß` is `ss`, and both sigmas are one. */
function fold({ seen, isAscii }: Identity): string {
  return isAscii ? seen.toLowerCase() : seen.toUpperCase().toLowerCase().normalize('NFKC');
}

function skeleton(text: string): string {
  return unhomoglyph(text.normalize('NFD')).toLowerCase();
}

function visibleText(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .trim();
}
