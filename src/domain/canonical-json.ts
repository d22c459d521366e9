import { hash } from 'node:crypto';

/** A SHA-256 digest, written `sha256:` and 64 lower-case hex digits. */
export type Sha256 = `sha256:${string}` & { readonly brand: 'Sha256' };

export const SHA256_PATTERN = /^sha256:[0-9a-f]{64}$/;

/**
 * A value in its canonical form. Inside of another value canonicalJson takes the text over, so that what several documents
 * hold (the request stands in the policy input and in the record) is serialised once.
 */
export class Canonical {
  readonly text: string;

  constructor(value: unknown) {
    this.text = canonicalJson(value);
  }
}

/**
 * RFC 8785 canonical JSON. Our own, because no library takes over what is serialised already; the tests hold it against
 * one. Throws TypeError for what JSON cannot carry: undefined members (a digest must never cover less than it seems to),
 * NaN, infinities, lone surrogates, BigInt, functions, and objects of other classes.
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
      if (Array.isArray(value)) return `[${Array.from(value, (item) => canonicalJson(item)).join(',')}]`;
      return value instanceof Canonical ? value.text : canonicalObject(value as Record<string, unknown>);
    default:
      throw new TypeError(`not canonical JSON: ${typeof value}`);
  }
}

/** Members sorted by the UTF-16 code units of their names, which is what sort() does (RFC 8785 §3.2.3). */
function canonicalObject(value: Record<string, unknown>): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`not canonical JSON: an object of the class ${prototype.constructor?.name}`);
  }
  let members = '';
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) throw new TypeError(`not canonical JSON: undefined at "${key}"`);
    members += `${members === '' ? '' : ','}${quote(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** JSON.stringify escapes exactly what RFC 8785 §3.2.2.2 wants escaped, and lone surrogates, which it forbids. */
function quote(text: string): string {
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
