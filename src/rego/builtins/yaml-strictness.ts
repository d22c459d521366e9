import { type Document, isScalar, Lexer, type Scalar, visit } from 'yaml';

/** What Go's reader of YAML 1.1 refuses and the library takes. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;
/** Marks of the library's lexer, before a document and before a scalar without quotes. */
const DOCUMENT = '\u0002';
const MAX_KEY_LENGTH = 1024;
const SCALAR = '\u001f';

/** The text as the library reads it as Go would: without a mark of its encoding, and U+0085 ends a line. Throws Error. */
export function normalizeText(text: string): string {
  const body = text.replace(/^\ufeff/, '');
  if (CONTROL.test(body)) throw new Error('yaml: control characters are not allowed');
  return body.replaceAll('\u0085', '\n');
}

/** Throws Error for tabs where a token would begin, and for text or an end of a document where none may stand. */
export function checkTokens(text: string): void {
  const checker = new TokenChecker();
  for (const token of new Lexer().lex(text)) checker.take(token);
}

/** Reads the tokens of the library's lexer: whitespace, line ends, indicators, and scalars behind a mark. */
class TokenChecker {
  /** Whether a line begins here, or what stands here is indented by an indicator before it. */
  #mayIndent = true;
  /** Of brackets and braces. */
  #depth = 0;
  #document: 'first' | 'open' | 'ended' = 'first';
  /** Of a block scalar that comes next. */
  #header = '';
  #wasPlain = false;

  take(token: string): void {
    if (/^[ \t]+$/.test(token)) this.#space(token);
    else if (/^\r?\n$/.test(token)) this.#mayIndent = !this.#wasPlain;
    else if (token === '...') this.#end();
    else if (this.#header !== '' && token !== SCALAR && !token.startsWith('#')) this.#block(token);
    else if (token === '---') this.#start();
    else if (token !== DOCUMENT && !/^[#%]/.test(token)) this.#content(token);
  }

  #space(token: string): void {
    if (!this.#mayIndent || this.#depth > 0 || this.#header !== '' || !token.includes('\t')) return;
    throw new Error('yaml: found character that cannot start any token');
  }

  #end(): void {
    if (this.#document === 'first') throw new Error('yaml: did not find expected node content');
    [this.#document, this.#mayIndent, this.#wasPlain] = ['ended', true, false];
  }

  #start(): void {
    [this.#document, this.#mayIndent, this.#wasPlain] = ['open', false, false];
  }

  #block(scalar: string): void {
    const isIndented = /\d/.test(this.#header);
    this.#header = '';
    this.#mayIndent = true;
    if (isIndented || !/^(?: *\n)* *\t/.test(scalar)) return;
    throw new Error('yaml: found a tab character where an indentation space is expected');
  }

  #content(token: string): void {
    if (this.#document === 'ended') throw new Error('yaml: did not find expected <document start>');
    this.#document = 'open';
    this.#mayIndent = token === '-' || token === '?';
    if (token === '[' || token === '{') this.#depth++;
    if (token === ']' || token === '}') this.#depth--;
    if (/^[|>]/.test(token)) this.#header = token;
    this.#wasPlain = token === SCALAR || (this.#wasPlain && !/^[-?:,[\]{}"'&*!|>]/.test(token));
  }
}

/** Throws Error for escapes and keys that Go does not read, and sets right what a block scalar at the end of the text is. */
export function checkDocument(document: Document, text: string): void {
  visit(document, {
    Scalar(_, node) {
      if (node.type === 'QUOTE_DOUBLE' && node.range) checkEscapes(text.slice(node.range[0], node.range[1]));
      if (isUnended(node, text)) node.value = String(node.value).replace(/\n$/, '');
    },
    Map(_, { flow, items }) {
      if (flow) for (const { key } of items) if (isScalar(key)) checkKey(key, text);
    },
  });
}

/** Whether a block scalar ends with the text, and its last line has no end: the library gives it one. */
function isUnended({ type, range }: Scalar, text: string): boolean {
  const isBlock = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED';
  return isBlock && (range?.[1] ?? 0) >= text.length && !/\n[ \t]*$/.test(text);
}

/** In YAML 1.1, a key between braces stands on one line, unless `?` leads it. */
function checkKey({ range }: Scalar, text: string): void {
  const [start = 0, end = 0] = range ?? [];
  const isLed = /\?\s*$/.test(text.slice(0, start));
  if (isLed || (end - start <= MAX_KEY_LENGTH && !text.slice(start, end).includes('\n'))) return;
  throw new Error("yaml: did not find expected ',' or '}'");
}

function checkEscapes(source: string): void {
  for (const [, char = '', code = ''] of source.matchAll(/\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gis)) {
    const point = Number.parseInt(char || code || '0', 16);
    if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) {
      throw new Error('yaml: found invalid Unicode character escape code');
    }
  }
  if (/^(?:[^\\]|\\[^/])*\\\//s.test(source)) throw new Error('yaml: found unknown escape character');
}

/** Throws Error for directives that Go's reader does not take. */
export function checkDirectives(text: string): void {
  for (const [lines] of text.matchAll(/(?:^(?:%.*|[ \t]*#.*|[ \t]*)\n)+/gm)) {
    const versions = [...lines.matchAll(/^%YAML[ \t]+(\S+)/gm)].map(([, version]) => version);
    if (versions.some((version) => version !== '1.1')) throw new Error('yaml: found incompatible YAML document');
    if (versions.length > 1) throw new Error('yaml: found duplicate %YAML directive');
  }
}
