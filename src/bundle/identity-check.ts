import unhomoglyph from 'unhomoglyph';
import { escapePointer } from '../base/json-text.ts';
import { type DataFault, isObject } from './data-values.ts';

interface Identity {
  text: string;
  person: string;
  isAscii: boolean;
  /** The text without what a reader does not see. */
  seen: string;
}

/** What an identity looks like, to be compared with others. */
type Look = (identity: Identity) => string;

/** Letters look alike as they are written, or all small or all capital: `ВОВ` is no `bob`, and looks like `BOB`. */
const LOOKS: readonly Look[] = [
  ({ seen }) => skeleton(seen),
  ({ seen }) => skeleton(seen.toLowerCase()),
  ({ seen }) => skeleton(seen.toUpperCase()),
];

/**
 * Finds identities (`data.identities`) of different persons that a reader takes for one and the same: they differ only in
 * case, width, blanks or characters that cannot be seen, or letters of another script look like theirs (the skeletons of
 * UTS #39). Two that are both ASCII are alike only if their case alone differs: `comer` and `corner` are two names.
 */
export function findIdentityFaults(data: unknown): DataFault[] {
  const identities = identitiesIn(data);
  const faults = new Map<string, DataFault>();
  const add = ({ text, person }: Identity, other: Identity, why: string) => {
    const pointer = `/identities/${escapePointer(text)}`;
    const message = `${person} would be taken for ${other.person}: it ${why} ${JSON.stringify(other.text)}`;
    if (!faults.has(pointer)) faults.set(pointer, { pointer, message });
  };
  for (const [one, other] of alike(identities, fold)) {
    add(one, other, 'differs only in case or in what cannot be seen from');
  }
  if (identities.every(({ isAscii }) => isAscii)) return [...faults.values()];
  for (const look of LOOKS) {
    for (const [one, other] of alike(identities, look)) {
      if (one.isAscii && other.isAscii) continue;
      // Whichever of the two is not plain ASCII is the one to look at.
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
