/** Where Go's package regexp reads a pattern otherwise than RE2JS, which takes no groups of one name and no `\p{letter}`. */
export interface Translation {
  /** For RE2JS. */
  pattern: string;
  /** The groups of each name by their numbers, in order. */
  names: ReadonlyMap<string, readonly number[]>;
  /** A message about the translated pattern as one about the given. */
  restored(message: string): string;
}

/** A literal between `\Q` and `\E`, a class of Unicode, another escape, a bracketed class, or the start of a group. */
const TOKEN =
  /\\Q.*?(?:\\E|$)|(?<unicode>\\[pP](?:\{[^}]*\}|[^{]))|\\.|(?<brackets>\[\^?\]?(?:\[:\^?[a-z]*:\]|\\.|[^\]\\])*)|\(\?P?<(?<name>[A-Za-z0-9_]+)>|(?<group>\((?!\?))/gsu;
const IN_BRACKETS = /(?<unicode>\\[pP](?:\{[^}]*\}|[^{]))|\\./gsu;

export function translateGoRegex(given: string): Translation {
  const names = new Map<string, number[]>();
  const changes: [to: string, from: string][] = [];
  const mark = unusedMark(given);
  let groups = 0;
  const changed = (from: string, to: string) => {
    if (from !== to) changes.push([to, from]);
    return to;
  };
  const named = (token: string, name: string) => {
    const numbers = names.get(name) ?? [];
    names.set(name, numbers);
    numbers.push(groups);
    return numbers.length === 1 ? token : changed(token, `(?P<${name}${mark}${numbers.length}>`);
  };
  const pattern = given.replace(TOKEN, (token, ...more) => {
    const { unicode, brackets, name, group } = more.at(-1);
    if (group !== undefined || name !== undefined) groups++;
    if (unicode !== undefined) return changed(token, unicodeClass(token));
    if (name !== undefined) return named(token, name);
    if (brackets === undefined) return token;
    return token.replace(IN_BRACKETS, (escaped, found) => (found ? changed(escaped, unicodeClass(escaped)) : escaped));
  });
  const restored = (message: string) => changes.reduce((text, [to, from]) => text.replaceAll(to, from), message);
  return { pattern, names, restored };
}

/** So many underscores that no name of the pattern has them. */
function unusedMark(pattern: string): string {
  const longest = Math.max(0, ...Array.from(pattern.matchAll(/_+/g), ([run]) => run.length));
  return '_'.repeat(longest + 1);
}

/** `\p{greek}` as `\p{Greek}`, and with an unknown name what Go does not know. */
function unicodeClass(text: string): string {
  const [, start = '', negation = '', name = ''] = /^(\\[pP])\{?(\^?)([^}]*)\}?$/u.exec(text) ?? [];
  const canonical = canonicalName(name);
  if (!/^[A-Za-z]+$/.test(canonical)) return text;
  const known = NEWER_NAMES.has(canonical) ? `${name}?` : (CATEGORY_ALIASES[canonical] ?? canonical);
  return known === name ? text : `${start}{${negation}${known}}`;
}

function canonicalName(name: string): string {
  const letters = name.replace(/[_ -]/g, '');
  return letters.slice(0, 1).replace(/[a-z]/, upper) + letters.slice(1).replace(/[A-Z]/g, lower);
}

const upper = (char: string) => char.toUpperCase();
const lower = (char: string) => char.toLowerCase();

/** RE2JS knows these, Go does not. It does not find names of several words either, which it looks up in one. */
const NEWER_NAMES: ReadonlySet<string> = new Set(
  'Alphabetic Dash Emoji Garay Lowercase Math Sidetic Sunuwar Todhri Unknown Uppercase'.split(' '),
);

/** unicode.CategoryAliases of Go. */
const CATEGORY_ALIASES: Readonly<Record<string, string>> = {
  __proto__: null as never,
  Casedletter: 'LC',
  Closepunctuation: 'Pe',
  Cntrl: 'Cc',
  Combiningmark: 'M',
  Connectorpunctuation: 'Pc',
  Control: 'Cc',
  Currencysymbol: 'Sc',
  Dashpunctuation: 'Pd',
  Decimalnumber: 'Nd',
  Digit: 'Nd',
  Enclosingmark: 'Me',
  Finalpunctuation: 'Pf',
  Format: 'Cf',
  Initialpunctuation: 'Pi',
  Letter: 'L',
  Letternumber: 'Nl',
  Lineseparator: 'Zl',
  Lowercaseletter: 'Ll',
  Mark: 'M',
  Mathsymbol: 'Sm',
  Modifierletter: 'Lm',
  Modifiersymbol: 'Sk',
  Nonspacingmark: 'Mn',
  Number: 'N',
  Openpunctuation: 'Ps',
  Other: 'C',
  Otherletter: 'Lo',
  Othernumber: 'No',
  Otherpunctuation: 'Po',
  Othersymbol: 'So',
  Paragraphseparator: 'Zp',
  Privateuse: 'Co',
  Punct: 'P',
  Punctuation: 'P',
  Separator: 'Z',
  Spaceseparator: 'Zs',
  Spacingmark: 'Mc',
  Surrogate: 'Cs',
  Symbol: 'S',
  Titlecaseletter: 'Lt',
  Unassigned: 'Cn',
  Uppercaseletter: 'Lu',
};
