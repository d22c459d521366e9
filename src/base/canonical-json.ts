import { hash } from 'node:crypto';
import { z } from 'zod';

/** A SHA-256 digest, written `sha256:` and 64 lower-case hex digits. */
export type Sha256 = `sha256:${string}` & { readonly brand: 'Sha256' };

export const sha256Schema = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/**
 * A value in its canonical form. Inside of another value canonicalJson takes the text over, so that what several documents
 * hold (the request stands in the policy input and in the record) is serialised once.
 */
export class Canonical {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static of(value: unknown): Canonical {
    return new Canonical(canonicalJson(value));
  }

  /** Text that canonicalJson has written already: it is used unchanged. */
  static written(text: string): Canonical {
    return new Canonical(text);
  }

  /** An array of values that are in canonical form already. */
  static list(items: readonly string[]): Canonical {
    return new Canonical(`[${items.join(',')}]`);
  }
}

/**
 * RFC 8785 canonical JSON. Our own, because no library takes over what is serialised already, and every decision writes its
 * record this way; the tests hold it against one. Throws TypeError for what JSON cannot carry: undefined members (a digest
 * must never cover less than it seems to), NaN, infinities, lone surrogates, BigInt, functions, objects of other classes.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`not canonical JSON: ${value}`);
      return String(value); // RFC 8785 §3.2.2.3 takes ECMAScript's form of numbers.
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return canonicalArray(value);
      return value instanceof Canonical ? value.text : canonicalObject(value as Record<string, unknown>);
    default:
      throw new TypeError(`not canonical JSON: ${typeof value}`);
  }
}

function canonicalArray(items: readonly unknown[]): string {
  let text = '';
  for (const item of items) text += `${text === '' ? '[' : ','}${canonicalJson(item)}`;
  return text === '' ? '[]' : `${text}]`;
}

function canonicalObject(value: Record<string, unknown>): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`not canonical JSON: an object of the class ${prototype.constructor?.name}`);
  }
  let text = '';
  for (const name of sortedNames(value)) {
    const member = value[name];
    if (member === undefined) throw new TypeError(`not canonical JSON: undefined at "${name}"`);
    text += `${text === '' ? '{' : ','}${quotedName(name)}:${canonicalJson(member)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** By UTF-16 code units, which is how JavaScript compares (RFC 8785 §3.2.3). Most objects are in order, and stay as they are. */
function sortedNames(value: object): string[] {
  const names = Object.keys(value);
  for (let index = 1; index < names.length; index++) {
    if ((names[index - 1] as string) > (names[index] as string)) return names.sort();
  }
  return names;
}

/** Names repeat. Untrusted names, which may be long, must not fill the memory; at most they fill the table. */
const MAX_KNOWN_NAMES = 1000;
const MAX_KNOWN_NAME_LENGTH = 40;
const knownNames = new Map<string, string>();

function quotedName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const quoted = quote(name);
  if (name.length <= MAX_KNOWN_NAME_LENGTH && knownNames.size < MAX_KNOWN_NAMES) knownNames.set(name, quoted);
  return quoted;
}

/** Printable ASCII without quotation mark and backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** JSON.stringify escapes exactly what RFC 8785 §3.2.2.2 wants escaped, and lone surrogates, which it forbids. */
function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('not canonical JSON: a lone surrogate');
  return JSON.stringify(text);
}

export function sha256(data: string | Uint8Array): Sha256 {
  return `sha256:${hash('sha256', data, 'hex')}` as Sha256;
}

/** SHA-256 over the canonical JSON of a value. */
export function digestOf(value: unknown): Sha256 {
  return sha256(canonicalJson(value));
}
