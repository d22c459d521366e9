import { parseAddress } from './net.ts';

const CHARACTER = '[^\\x00-\\x20\\x7f()<>[\\]:;@\\\\,".]';
const DOT_ATOM = `${CHARACTER}+(?:\\.${CHARACTER}+)*`;
const QUOTED = '"(?:[^\\x00-\\x08\\x0a-\\x1f\\x7f"\\\\]|\\\\[^\\x00-\\x08\\x0a-\\x1f\\x7f])*"';
const LITERAL = '\\[([^\\x00-\\x20\\x7f[\\]\\\\]*)\\]';
const SPEC = new RegExp(`^[ \\t]*(?:(?!"")${QUOTED}|${DOT_ATOM})@[ \\t]*(?:${LITERAL}|${DOT_ATOM})`);
const WORD = new RegExp(`^(?:${QUOTED}|(?:${CHARACTER}|\\.)+)`);

/** Whether Go's mail.ParseAddress takes a text: `a@b`, `Name <a@b>`, or a group of one address. */
export function isMailAddress(text: string): boolean {
  const rest = afterAddress(text, true);
  return rest !== undefined && withoutComments(rest) === '';
}

/** What follows the address that a text begins with; undefined where it begins with none. */
function afterAddress(text: string, mayBeGroup: boolean): string | undefined {
  const start = withoutSpace(text);
  const spec = afterSpec(start);
  if (spec !== undefined) {
    const rest = withoutSpace(spec);
    return rest.startsWith('(') ? withoutComments(rest) : rest;
  }
  const named = start.startsWith('<') ? start : afterPhrase(start);
  if (named === undefined) return undefined;
  if (mayBeGroup && named.startsWith(':')) return afterGroup(named.slice(1));
  const address = named.startsWith('<') ? afterSpec(named.slice(1)) : undefined;
  return address?.startsWith('>') ? address.slice(1) : undefined;
}

function afterSpec(text: string): string | undefined {
  const [spec, literal] = SPEC.exec(text) ?? [];
  if (spec === undefined) return undefined;
  const rest = text.slice(spec.length);
  // An atom is taken as far as it goes: here its last part is no part of an atom.
  if (literal === undefined) return new RegExp(`^(?:${CHARACTER}|\\.)`).test(rest) ? undefined : rest;
  return parseAddress(literal) === undefined ? undefined : rest;
}

/** Words with comments between them. */
function afterPhrase(text: string): string | undefined {
  const [first] = WORD.exec(text) ?? [];
  if (first === undefined) return undefined;
  let rest: string | undefined = text.slice(first.length);
  for (;;) {
    rest = withoutComments(rest);
    const word: string | undefined = rest === undefined ? undefined : WORD.exec(rest)?.[0];
    if (rest === undefined || word === undefined) return rest;
    rest = rest.slice(word.length);
  }
}

/** A group of one address; `text` begins behind its colon. */
function afterGroup(text: string): string | undefined {
  const rest = afterAddress(text, false);
  const end = rest === undefined ? undefined : withoutComments(rest);
  return end?.startsWith(';') ? end.slice(1) : undefined;
}

function withoutSpace(text: string): string {
  return text.replace(/^[ \t]+/, '');
}

/** Without the spaces and comments that a text begins with; undefined where a comment does not end. */
function withoutComments(text: string): string | undefined {
  let rest = withoutSpace(text);
  while (rest.startsWith('(')) {
    const end = endOfComment(rest);
    if (end === undefined) return undefined;
    rest = withoutSpace(rest.slice(end));
  }
  return rest;
}

function endOfComment(text: string): number | undefined {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '\\') index++;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return index + 1;
  }
  return undefined;
}
