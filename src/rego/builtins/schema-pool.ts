import { createRequire } from 'node:module';
import { isRegoObject, type RegoValue } from '../value.ts';
import { parseUrl } from './go-url.ts';

/** Which draft a schema is of; `any` takes the keywords of all. */
export type Draft = 4 | 6 | 7 | 'any';

export interface SchemaDocument {
  document: RegoValue;
  draft: Draft | undefined;
}

const DRAFTS: ReadonlyMap<string, Draft> = new Map([
  ['http://json-schema.org/draft-04/schema', 4],
  ['http://json-schema.org/draft-06/schema', 6],
  ['http://json-schema.org/draft-07/schema', 7],
]);

/** Schemas of schemas that need not be fetched. */
const KNOWN_DOCUMENTS: ReadonlyMap<string, string> = new Map([
  ['http://json-schema.org/draft-06/schema', 'ajv/dist/refs/json-schema-draft-06.json'],
  ['http://json-schema.org/draft-07/schema', 'ajv/dist/refs/json-schema-draft-07.json'],
]);

/** The draft that a document names; undefined where it names none that is known. Throws Error for what is no schema. */
export function draftOf(document: RegoValue): Draft | undefined {
  if (typeof document === 'boolean') return undefined;
  if (!isRegoObject(document)) throw new Error('schema is invalid');
  const schema = member(document, '$schema');
  if (schema === undefined) return undefined;
  if (typeof schema !== 'string') throw new Error('$schema must be of type string');
  parseUrl(schema);
  return DRAFTS.get(schema.replace(/#$/, ''));
}

/** What a `$ref` may lead to: the document, and the parts of it that have an id. */
export class SchemaPool {
  readonly #documents = new Map<string, SchemaDocument>();

  /** Makes each `$ref` in the document absolute. */
  constructor(document: RegoValue) {
    this.#add(document, '');
  }

  /** Throws Error for a reference that leads nowhere, or out of the document. */
  find(reference: string): SchemaDocument {
    const known = this.#documents.get(reference.replace(/#$/, ''));
    if (known !== undefined) return known;
    const [base = '', fragment = ''] = reference.split(/#(.*)/s);
    if (!this.#documents.has(base) && KNOWN_DOCUMENTS.has(base)) {
      const text = JSON.stringify(createRequire(import.meta.url)(KNOWN_DOCUMENTS.get(base) ?? ''));
      this.#add(JSON.parse(text), base);
    }
    const document = this.#documents.get(base);
    if (document === undefined) throw new Error(notThere(reference));
    const found = { document: follow(document.document, decoded(fragment)), draft: document.draft };
    this.#documents.set(reference, found);
    return found;
  }

  #add(document: RegoValue, reference: string): void {
    const draft = draftOf(document);
    this.#resolve(document, reference, draft);
    this.#documents.set(reference, { document, draft });
  }

  #resolve(node: RegoValue, base: string, draft: Draft | undefined): void {
    if (Array.isArray(node)) for (const each of node) this.#resolve(each, base, draft);
    if (!isRegoObject(node)) return;
    const members = node as { [key: string]: RegoValue };
    const id = member(members, Object.hasOwn(members, 'id') ? 'id' : '$id');
    const own = typeof id === 'string' ? absolute(base, id) : undefined;
    if (own !== undefined) {
      if (this.#documents.has(own)) throw new Error(`Reference already exists: "${own}"`);
      this.#documents.set(own, { document: node, draft });
    }
    const inner = own ?? base;
    const ref = member(members, '$ref');
    if (typeof ref === 'string') members['$ref'] = absolute(inner, ref) ?? ref;
    for (const [keyword, value] of Object.entries(members)) this.#resolveKeyword(keyword, value, inner, draft);
  }

  #resolveKeyword(keyword: string, value: RegoValue, base: string, draft: Draft | undefined): void {
    if (keyword === 'const' || keyword === 'enum') return;
    const isNamed = ['properties', 'dependencies', 'patternProperties'].includes(keyword);
    if (!isNamed) this.#resolve(value, base, draft);
    else if (isRegoObject(value)) for (const each of Object.values(value)) this.#resolve(each, base, draft);
  }
}

function member(object: RegoValue, name: string): RegoValue | undefined {
  return Object.hasOwn(object as object, name) ? (object as { [key: string]: RegoValue })[name] : undefined;
}

/** As Go resolves a reference against a base; undefined for what is no reference. */
function absolute(base: string, reference: string): string | undefined {
  try {
    parseUrl(reference);
  } catch {
    return undefined;
  }
  const document = base.replace(/#.*$/s, '');
  if (reference === '' || reference.startsWith('#')) return (document + reference).replace(/#$/, '');
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return reference.replace(/#$/, '');
  if (document === '') return (reference.startsWith('/') ? reference : `/${reference}`).replace(/#$/, '');
  return new URL(reference, new URL(document, 'relative://')).href.replace(/^relative:\/\//, '').replace(/#$/, '');
}

/** The part that a JSON pointer names; what is no pointer names the whole. */
function follow(document: RegoValue, pointer: string): RegoValue {
  if (!pointer.startsWith('/')) return document;
  return pointer.slice(1).split('/').reduce<RegoValue>(step, document);
}

function step(node: RegoValue, token: string): RegoValue {
  if (Array.isArray(node)) {
    if (!/^[+-]?\d+$/.test(token)) throw new Error(`Invalid array index '${token}'`);
    const found = node[Number(token)];
    if (found === undefined) throw new Error(`Out of bound array[0,${node.length}] index '${Number(token)}'`);
    return found;
  }
  if (!isRegoObject(node)) throw new Error(`Invalid token reference '${token}'`);
  const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
  const found = member(node, key);
  if (found === undefined) throw new Error(`Object has no key '${key}'`);
  return found;
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function notThere(reference: string): string {
  const isCanonical = /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(reference);
  return isCanonical ? `remote reference loading disabled: ${reference}` : `Reference ${reference} must be canonical`;
}
