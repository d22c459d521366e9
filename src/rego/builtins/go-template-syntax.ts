/**
 * The syntax of Go's text/template: what `strings.render_template` can do with data. Templates in templates (`define`,
 * `block`, `template`) and numbers other than plain integers are refused. Throws Error for what does not parse.
 */

import { Scope } from './go-template-scope.ts';
import { WORD_CHARACTER } from './go-unicode.ts';

/** What a template is made of. */
export type Node =
  | { type: 'text'; text: string }
  | { type: 'action'; pipe: Pipe }
  | { type: 'if' | 'with' | 'range'; pipe: Pipe; body: readonly Node[]; otherwise: readonly Node[] }
  | { type: 'break' | 'continue' };

/** Commands, each of which gets the value of the one before, and the variables that the last value goes to. */
export interface Pipe {
  variables: readonly string[];
  /** `=` and not `:=`: the variables are there already. */
  isAssignment: boolean;
  commands: readonly (readonly [Term, ...Term[]])[];
}

/** A word of a command, and the fields of it: `$x.a.b`. */
export interface Term {
  operand: Operand;
  fields: readonly string[];
}

export type Operand =
  | { type: 'dot' | 'nil' }
  | { type: 'variable' | 'function'; name: string }
  | { type: 'constant'; value: boolean | string | bigint }
  | { type: 'pipe'; pipe: Pipe };

type TokenType =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'declare'
  | 'assign'
  | 'char'
  | 'string'
  | 'raw'
  | 'variable'
  | 'field'
  | 'dot'
  | 'number'
  | 'word'
  | 'end of text';

interface Token {
  type: TokenType;
  text: string;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'],
]);

/** More than anybody writes, and less than the stack holds. */
const MAX_DEPTH = 200;
const MAX_ARGUMENTS = 1000;
const MAX_INT64 = 2n ** 63n - 1n;

/** The functions are those that the template may call. */
export function parseTemplate(text: string, functions: ReadonlySet<string>): Node[] {
  return new Parser(tokensOf(text), functions).parse();
}

/** Text and actions; trim markers have done their work, and comments are gone. */
function tokensOf(template: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < template.length) {
    const found = template.indexOf('{{', at);
    const start = found < 0 ? template.length : found;
    const trims = /^-[ \t\r\n]/.test(template.slice(start + 2, start + 4));
    const text = template.slice(at, start);
    tokens.push({ type: 'text', text: trims ? withoutBlanksBehind(text) : text });
    if (found < 0) break;
    at = lexAction(template, start + (trims ? 4 : 2), tokens);
  }
  return tokens.filter(({ type, text }) => type !== 'text' || text !== '');
}

/** Not by a pattern, which would try every run of blanks. */
function withoutBlanksBehind(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

const CLOSING = /(?:[ \t\r\n]-)?\}\}/y;
/** What has to follow a word, a field or a variable. */
const TERMINATOR = /[ \t\r\n.,|:)(]|\}\}|$/y;
const TOKENS: readonly (readonly [TokenType, RegExp])[] = [
  ['space', /[ \t\r\n]+(?=[ \t\r\n]-\}\})|[ \t\r\n]+/y],
  ['declare', /:=/y],
  ['assign', /=/y],
  ['string', /"(?:[^"\\\n]|\\[^\n])*"/y],
  ['raw', /`[^`]*`/y],
  ['variable', new RegExp(`\\$(?:${WORD_CHARACTER})*`, 'uy')],
  ['number', new RegExp(`[+-]?\\.?[0-9](?:${WORD_CHARACTER}|\\.)*|[+-](?:${WORD_CHARACTER}|\\.)*|'.*?'`, 'suy')],
  ['field', new RegExp(`\\.(?:${WORD_CHARACTER})+`, 'uy')],
  ['dot', /\./y],
  ['word', new RegExp(`(?:${WORD_CHARACTER})+`, 'uy')],
  ['char', /[|(),]/y],
];

/** Lexes an action behind its opening; says where the text goes on. */
function lexAction(template: string, start: number, tokens: Token[]): number {
  if (template.startsWith('/*', start)) {
    const end = template.indexOf('*/', start + 2);
    return afterTrim(template, end < 0 ? undefined : matchAt(CLOSING, template, end + 2), 'comment');
  }
  tokens.push({ type: 'left', text: '{{' });
  for (let at = start; at < template.length; ) {
    const closing = matchAt(CLOSING, template, at);
    if (closing !== undefined) {
      tokens.push({ type: 'right', text: '}}' });
      return afterTrim(template, closing, 'action');
    }
    const token = tokenAt(template, at);
    tokens.push(token);
    at += token.text.length;
  }
  throw new Error('unclosed action');
}

function tokenAt(template: string, at: number): Token {
  for (const [type, pattern] of TOKENS) {
    const match = matchAt(pattern, template, at);
    if (match === undefined) continue;
    const [text] = match;
    const needsTerminator = type === 'variable' || type === 'field' || type === 'dot' || type === 'word';
    if (needsTerminator && matchAt(TERMINATOR, template, at + text.length) === undefined) break;
    return { type, text };
  }
  throw new Error(`unexpected ${JSON.stringify(template.slice(at, at + 10))} in action`);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** Behind an action or a comment, and behind the blanks that it trims. */
function afterTrim(template: string, match: RegExpExecArray | undefined, what: string): number {
  if (match === undefined) throw new Error(`unclosed ${what}`);
  const end = match.index + match[0].length;
  if (!match[0].endsWith('-}}')) return end;
  return end + (/^[ \t\r\n]*/.exec(template.slice(end))?.[0].length ?? 0);
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #functions: ReadonlySet<string>;
  #at = 0;
  readonly #variables = new Scope<undefined>();
  #ranges = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], functions: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#functions = functions;
    this.#variables.declare('$', undefined);
  }

  parse(): Node[] {
    const { nodes, end } = this.#list();
    if (end !== undefined) throw new Error(`unexpected {{${end}}}`);
    return nodes;
  }

  /** Nodes up to the `end` or `else` that closes them, whose token is read, or up to the end of the template. */
  #list(): { nodes: Node[]; end: 'end' | 'else' | undefined } {
    const nodes: Node[] = [];
    while (this.#at < this.#tokens.length) {
      const token = this.#next();
      if (token.type === 'text') {
        nodes.push({ type: 'text', text: token.text });
        continue;
      }
      if (token.type !== 'left') throw unexpected(token);
      const keyword = this.#keyword();
      if (keyword === 'end' || keyword === 'else') return { nodes, end: keyword };
      nodes.push(this.#action(keyword));
    }
    return { nodes, end: undefined };
  }

  #keyword(): string | undefined {
    const { type, text } = this.#peekBehindSpace();
    if (type !== 'word' || !KEYWORDS.has(text)) return undefined;
    this.#nextBehindSpace();
    return text;
  }

  #action(keyword: string | undefined): Node {
    switch (keyword) {
      case undefined:
        return { type: 'action', pipe: this.#pipe('}}') };
      case 'if':
      case 'with':
      case 'range':
        return this.#nested(() => this.#control(keyword));
      case 'break':
      case 'continue':
        if (this.#ranges === 0) throw new Error(`{{${keyword}}} outside {{range}}`);
        this.#close();
        return { type: keyword };
      default:
        throw new Error(`{{${keyword}}} is not supported`);
    }
  }

  #control(type: 'if' | 'with' | 'range'): Node {
    const known = this.#variables.size;
    const pipe = this.#pipe('}}', type === 'range');
    if (type === 'range') this.#ranges++;
    const { nodes: body, end } = this.#list();
    if (type === 'range') this.#ranges--;
    if (end === undefined) throw new Error('unexpected EOF');
    const otherwise = end === 'else' ? this.#otherwise(type) : [];
    if (end === 'end') this.#close();
    this.#variables.shrinkTo(known);
    return { type, pipe, body, otherwise };
  }

  /** Behind `else`: what stands up to the `end`, or the rest of a chain, which has only one `end`. */
  #otherwise(type: 'if' | 'with' | 'range'): Node[] {
    const { text } = this.#peekBehindSpace();
    if (type !== 'range' && text === type) {
      this.#nextBehindSpace();
      return [this.#nested(() => this.#control(type))];
    }
    this.#close();
    const { nodes, end } = this.#list();
    if (end !== 'end') throw new Error('expected {{end}}');
    this.#close();
    return nodes;
  }

  #pipe(end: '}}' | ')', isRange = false): Pipe {
    const { variables, isAssignment } = this.#declarations(isRange);
    const commands: [Term, ...Term[]][] = [];
    do {
      const command = this.#command();
      const kind = command[0].operand.type;
      const isInert = command[0].fields.length === 0 && (kind === 'constant' || kind === 'dot' || kind === 'nil');
      if (commands.length > 0 && isInert) throw new Error('non executable command in pipeline');
      commands.push(command);
    } while (this.#skip('|'));
    if (!this.#skip(end)) throw unexpected(this.#peekBehindSpace());
    return { variables, isAssignment, commands };
  }

  #declarations(isRange: boolean): Pick<Pipe, 'variables' | 'isAssignment'> {
    const start = this.#at;
    const names: string[] = [];
    while (this.#peekBehindSpace().type === 'variable' && names.length < 2) {
      names.push(this.#nextBehindSpace().text);
      const { type } = this.#peekBehindSpace();
      if (type === 'declare' || type === 'assign') {
        this.#nextBehindSpace();
        for (const name of names) this.#variables.declare(name, undefined);
        return { variables: names, isAssignment: type === 'assign' };
      }
      if (!isRange || !this.#skip(',')) break;
    }
    this.#at = start;
    return { variables: [], isAssignment: false };
  }

  #command(): [Term, ...Term[]] {
    const terms = [this.#term()] as [Term, ...Term[]];
    while (this.#skipSpace() && this.#startsTerm()) {
      if (terms.length > MAX_ARGUMENTS) throw new Error(`a command has more than ${MAX_ARGUMENTS} arguments`);
      terms.push(this.#term());
    }
    return terms;
  }

  #startsTerm(): boolean {
    const { type, text } = this.#peek();
    return type !== 'right' && !['|', ')'].includes(text);
  }

  #term(): Term {
    const first = this.#nextBehindSpace();
    const operand = this.#operand(first);
    const fields = first.type === 'field' ? [first.text.slice(1)] : [];
    while (this.#peek().type === 'field') fields.push(this.#next().text.slice(1));
    const isBare = operand.type === 'constant' || operand.type === 'nil' || first.type === 'dot';
    if (isBare && fields.length > 0) throw new Error(`unexpected . after term ${JSON.stringify(first.text)}`);
    return { operand, fields };
  }

  #operand(token: Token): Operand {
    switch (token.type) {
      case 'dot':
      case 'field':
        return { type: 'dot' };
      case 'variable':
        if (this.#variables.find(token.text) !== undefined) return { type: 'variable', name: token.text };
        throw new Error(`undefined variable ${JSON.stringify(token.text)}`);
      case 'string':
        return { type: 'constant', value: unquoted(token.text) };
      case 'raw':
        return { type: 'constant', value: token.text.slice(1, -1).replaceAll('\r', '') };
      case 'number':
        return { type: 'constant', value: integerOf(token.text) };
      case 'word':
        return this.#word(token);
      default:
        if (token.text !== '(') throw unexpected(token);
        return this.#nested(() => ({ type: 'pipe', pipe: this.#pipe(')') }));
    }
  }

  #word({ text }: Token): Operand {
    if (text === 'nil') return { type: 'nil' };
    if (text === 'true' || text === 'false') return { type: 'constant', value: text === 'true' };
    if (!this.#functions.has(text)) throw new Error(`function ${JSON.stringify(text)} not defined`);
    return { type: 'function', name: text };
  }

  #nested<T>(parse: () => T): T {
    if (this.#depth === MAX_DEPTH) throw new Error('max expression depth exceeded');
    this.#depth++;
    const parsed = parse();
    this.#depth--;
    return parsed;
  }

  #close(): void {
    const token = this.#nextBehindSpace();
    if (token.type !== 'right') throw unexpected(token);
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { type: 'end of text', text: '' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #skipSpace(): boolean {
    const isSpace = this.#peek().type === 'space';
    if (isSpace) this.#at++;
    return isSpace;
  }

  #peekBehindSpace(): Token {
    this.#skipSpace();
    return this.#peek();
  }

  #nextBehindSpace(): Token {
    this.#skipSpace();
    return this.#next();
  }

  #skip(text: string): boolean {
    const { type, text: found } = this.#peekBehindSpace();
    const isThere = found === text && (type === 'char' || type === 'right');
    if (isThere) this.#at++;
    return isThere;
  }
}

function unexpected({ type, text }: Token): Error {
  return new Error(`unexpected ${text === '' ? type : JSON.stringify(text)}`);
}

function integerOf(text: string): bigint {
  if (!/^[+-]?(?:0|[1-9][0-9]*)$/.test(text)) throw new Error(`the number ${text} is not supported: integers only`);
  const value = BigInt(text.replace('+', ''));
  if (value > MAX_INT64 || value < -MAX_INT64 - 1n) throw new Error(`integer overflow: ${JSON.stringify(text)}`);
  return value;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** Go's strconv.Unquote, but for escapes that are bytes and not characters. */
function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-7][0-9A-Fa-f]|.)/gs, (_, escaped) => {
    const known = ESCAPES[escaped];
    if (known !== undefined) return known;
    const code = Number.parseInt(escaped.slice(1), 16);
    const isCharacter = escaped.length > 1 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    if (!isCharacter) throw new Error(`invalid syntax: \\${escaped}`);
    return String.fromCodePoint(code);
  });
}
