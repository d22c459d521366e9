/** A place in a text. Line and column count from 1. */
export interface Position {
  line: number;
  column: number;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Finds the value that an RFC 6901 pointer names in valid JSON text; undefined if there is no such value. */
export function positionOfPointer(text: string, pointer: string): Position | undefined {
  const tokens = [...text.matchAll(TOKEN)];
  const words = tokens.map(([word]) => word);
  let at = 0;
  for (const step of pointer.split('/').slice(1)) {
    const found = findChild(words, at, step.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (found === undefined) return undefined;
    at = found;
  }
  return positionAt(text, tokens[at]?.index ?? 0);
}

/** The place of the character at an offset. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The index of the word with which a member or element of the value at `start` begins. */
function findChild(words: readonly string[], start: number, step: string): number | undefined {
  const isObject = words[start] === '{';
  if (!isObject && words[start] !== '[') return undefined;
  let at = start + 1;
  for (let index = 0; words[at] !== '}' && words[at] !== ']'; index++) {
    const name = isObject ? JSON.parse(words[at] ?? '""') : String(index);
    const value = isObject ? at + 2 : at;
    if (name === step) return value;
    at = skip(words, value);
    if (words[at] === ',') at++;
  }
  return undefined;
}

/** The index after the value that begins at `start`. */
function skip(words: readonly string[], start: number): number {
  let depth = 0;
  let at = start;
  do {
    const word = words[at++];
    if (word === '{' || word === '[') depth++;
    else if (word === '}' || word === ']') depth--;
  } while (depth > 0);
  return at;
}
