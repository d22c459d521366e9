import { formatRego, isRegoObject, type RegoObject, type RegoValue, regoEntries, regoTypeOf } from '../value.ts';
import { queryEscape } from './encoding.ts';
import { decodeUtf8 } from './go-encoding.ts';
import { goQuote } from './go-quote.ts';
import { Scope } from './go-template-scope.ts';
import { type Node, type Operand, type Pipe, parseTemplate, type Term } from './go-template-syntax.ts';
import { isPrintable } from './go-unicode.ts';
import { type GoValue, goSprintf } from './sprintf.ts';

/** A number of the data, which Go holds as its text: to a template it is a string, and no index or integer. */
class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * What a template handles: `undefined` is Go's no value, `null` a nil that was found in the data, and a `bigint` an
 * integer of the template itself.
 */
type Value = undefined | null | boolean | string | bigint | NumberText | Value[] | ReadonlyMap<string, Value>;

type TemplateFunction = (...args: Value[]) => Value;

/** What stops the nodes that are being written: the end of the template, or of a loop. */
type Stop = 'break' | 'continue' | undefined;

/** Loops within loops have to end in a time that does not depend on the machine. */
const MAX_STEPS = 1_000_000;
const NO_VALUE = '<no value>';

/** Renders Go's text/template as OPA does. Throws Error for what Go refuses, and for what go-template-syntax.ts does. */
export function renderTemplate(template: string, variables: RegoObject): string {
  const nodes = parseTemplate(template, new Set([...Object.keys(FUNCTIONS), 'and', 'or']));
  const renderer = new Renderer(fromRego(variables));
  renderer.write(nodes);
  return renderer.text.replaceAll(NO_VALUE, '<undefined>');
}

/** OPA hands its text of the data to Go's JSON parser, which takes neither sets nor Go's own escapes. */
function fromRego(value: RegoValue): Value {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return JSON.parse(goQuote(value)) as string;
  if (Array.isArray(value)) return value.map(fromRego);
  if (!isRegoObject(value)) {
    if (value instanceof Set) throw new Error('a template has no place for sets');
    return new NumberText(formatRego(value));
  }
  const members = regoEntries(value).map(([key, member]): [string, Value] => {
    if (typeof key !== 'string') throw new Error(`a template has no place for a key of type ${regoTypeOf(key)}`);
    return [fromRego(key) as string, fromRego(member)];
  });
  return new Map(members.sort(([a], [b]) => compareText(a, b)));
}

/** As Go orders strings: by their bytes. */
function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

class Renderer {
  text = '';
  #dot: Value;
  readonly #variables = new Scope<Value>();
  #steps = 0;

  constructor(data: Value) {
    this.#dot = data;
    this.#variables.declare('$', data);
  }

  /** Long texts cost nothing to put together and all at once to use: an allocation of that size ends the whole process. */
  #spend(cost: number): void {
    this.#steps += cost;
    if (this.#steps > MAX_STEPS) throw new Error(`the template takes more than ${MAX_STEPS} steps and characters`);
  }

  write(nodes: readonly Node[]): Stop {
    for (const node of nodes) {
      this.#spend(1);
      const stop = this.#writeNode(node);
      if (stop !== undefined) return stop;
    }
    return undefined;
  }

  #writeNode(node: Node): Stop {
    switch (node.type) {
      case 'text':
        this.#spend(node.text.length);
        this.text += node.text;
        return undefined;
      case 'action': {
        const value = this.#pipe(node.pipe);
        if (node.pipe.variables.length === 0) {
          const text = printed(value);
          this.#spend(text.length);
          this.text += text;
        }
        return undefined;
      }
      case 'break':
      case 'continue':
        return node.type;
      default:
        return this.#scoped(() => this.#control(node));
    }
  }

  /** Variables that are declared within live no longer. */
  #scoped<T>(run: () => T): T {
    const [known, dot] = [this.#variables.size, this.#dot];
    const result = run();
    this.#variables.shrinkTo(known);
    this.#dot = dot;
    return result;
  }

  #control({ type, pipe, body, otherwise }: Node & { type: 'if' | 'with' | 'range' }): Stop {
    const value = this.#pipe(pipe);
    if (type === 'range') return this.#range(value, pipe, body, otherwise);
    if (!isTrue(value)) return this.write(otherwise);
    if (type === 'with') this.#dot = value;
    return this.write(body);
  }

  #range(value: Value, pipe: Pipe, body: readonly Node[], otherwise: readonly Node[]): Stop {
    let isEmpty = true;
    for (const [index, element] of entriesOf(value, pipe.variables.length)) {
      isEmpty = false;
      // An empty body takes a step as well.
      this.#spend(1);
      const [first, second] = pipe.variables;
      if (first !== undefined) this.#assign(first, second === undefined ? element : index);
      if (second !== undefined) this.#assign(second, element);
      const stop = this.#scoped(() => {
        this.#dot = element;
        return this.write(body);
      });
      if (stop === 'break') break;
    }
    return isEmpty ? this.write(otherwise) : undefined;
  }

  #pipe({ variables, isAssignment, commands }: Pipe): Value {
    let value: Value;
    for (const [position, command] of commands.entries()) {
      // A nil that comes out of a command is no value.
      value = this.#command(command, position === 0 ? [] : [value]) ?? undefined;
    }
    for (const name of variables) {
      if (isAssignment) this.#assign(name, value);
      else this.#variables.declare(name, value);
    }
    return value;
  }

  #assign(name: string, value: Value): void {
    this.#variable(name).value = value;
  }

  #variable(name: string): { value: Value } {
    const variable = this.#variables.find(name);
    if (variable === undefined) throw new Error(`undefined variable: ${name}`);
    return variable;
  }

  /** `last` holds the value of the command before, if there is one. */
  #command([term, ...args]: readonly [Term, ...Term[]], last: readonly Value[]): Value {
    const { operand, fields } = term;
    this.#spend(1 + fields.length);
    if (operand.type === 'function' && fields.length === 0) return this.#call(operand.name, args, last);
    if (operand.type === 'nil') throw new Error('nil is not a command');
    const hasArgs = args.length + last.length > 0;
    if (hasArgs && fields.length === 0) throw new Error("can't give argument to non-function");
    return fieldOf(this.#operand(operand), fields, hasArgs);
  }

  #term({ operand, fields }: Term): Value {
    this.#spend(1 + fields.length);
    return fieldOf(this.#operand(operand), fields, false);
  }

  #operand(operand: Operand): Value {
    switch (operand.type) {
      case 'dot':
        return this.#dot;
      case 'nil':
        return undefined;
      case 'constant':
        return operand.value;
      case 'variable':
        return this.#variable(operand.name).value;
      case 'function':
        return this.#call(operand.name, [], []);
      case 'pipe':
        return this.#pipe(operand.pipe);
    }
  }

  #call(name: string, args: readonly Term[], last: readonly Value[]): Value {
    if (name === 'and' || name === 'or') return this.#andOr(name, args, last);
    const values = [...args.map((arg) => this.#term(arg)), ...last];
    const [least, most] = ARGUMENTS[name] ?? [0, Number.POSITIVE_INFINITY];
    if (values.length < least || values.length > most) throw wrongNumberOfArguments(name, values.length);
    // What a function is given bounds what it makes of it: it is paid for before anything is put together.
    for (const value of values) this.#spend(isText(value) ? textOf(value).length : 1);
    const result = FUNCTIONS[name]?.(...values);
    // Widths of printf, and what lists and maps print as, only show now.
    if (isText(result) || Array.isArray(result))
      this.#spend(Array.isArray(result) ? result.length : textOf(result).length);
    return result;
  }

  /** Evaluates no more arguments than it takes. */
  #andOr(name: 'and' | 'or', args: readonly Term[], last: readonly Value[]): Value {
    if (args.length + last.length === 0) throw wrongNumberOfArguments(name, 0);
    let value: Value;
    for (const arg of args) {
      value = this.#term(arg);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return last.length > 0 ? last[0] : value;
  }
}

function wrongNumberOfArguments(name: string, count: number): Error {
  return new Error(`wrong number of args for ${name}: got ${count}`);
}

function fieldOf(value: Value, fields: readonly string[], hasArgs: boolean): Value {
  return fields.reduce<Value>((receiver, field, index) => {
    if (receiver === undefined) return undefined;
    if (receiver === null) throw new Error(`nil pointer evaluating interface {}.${field}`);
    if (!isMap(receiver)) throw new Error(`can't evaluate field ${field} in type ${typeOf(receiver)}`);
    if (hasArgs && index === fields.length - 1) throw new Error(`${field} is not a method but has arguments`);
    return receiver.get(field);
  }, value);
}

function* entriesOf(value: Value, variables: number): Generator<[Value, Value]> {
  if (typeof value === 'bigint') {
    if (variables > 1) throw new Error(`can't use ${value} to iterate over more than one variable`);
    for (let number = 0n; number < value; number++) yield [undefined, number];
  } else if (isMap(value) || Array.isArray(value)) {
    for (const [key, element] of value.entries()) yield [typeof key === 'number' ? BigInt(key) : key, element];
  } else if (value !== undefined) {
    throw new Error(`range can't iterate over ${printed(value)}`);
  }
}

function isMap(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

function isTrue(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMap(value)) return value.size > 0;
  // Numbers of the data are texts, and `0` is no empty one. A bigint is true as in JavaScript.
  return Boolean(value);
}

/** As Go names types. */
function typeOf(value: Value): string {
  if (value instanceof NumberText) return 'json.Number';
  if (Array.isArray(value)) return '[]interface {}';
  if (isMap(value)) return 'map[string]interface {}';
  if (typeof value === 'bigint') return 'int';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** What an action writes. */
function printed(value: Value): string {
  return value === undefined || value === null ? NO_VALUE : textOf(value);
}

/** Go's `%v`. */
function textOf(value: Value): string {
  if (value === undefined || value === null) return '<nil>';
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`;
  if (isMap(value)) return `map[${Array.from(value, ([key, member]) => `${key}:${textOf(member)}`).join(' ')}]`;
  return String(value);
}

function isText(value: Value): value is string | NumberText {
  return typeof value === 'string' || value instanceof NumberText;
}

/** Go's fmt.Sprint: a space between two that are no texts. */
function sprint(values: readonly Value[]): string {
  return values.reduce<string>((text, value, index) => {
    const isApart = index > 0 && !isText(value) && !isText(values[index - 1]);
    return `${text}${isApart ? ' ' : ''}${textOf(value)}`;
  }, '');
}

/** The text that is escaped. */
function textOfArguments(values: readonly Value[]): string {
  return sprint(values.map((value) => value ?? NO_VALUE));
}

const index: TemplateFunction = (item, ...indexes) => {
  if (item === undefined || item === null) throw new Error('index of untyped nil');
  return indexes.reduce<Value>((found, each) => {
    if (found === undefined || found === null) throw new Error('index of nil pointer');
    if (isMap(found)) {
      if (typeof each !== 'string') throw new Error(`value has type ${typeOf(each)}; should be string`);
      return found.get(each) ?? null;
    }
    if (Array.isArray(found)) return found[indexOf(each, found.length - 1)];
    if (!isText(found)) throw new Error(`can't index item of type ${typeOf(found)}`);
    const bytes = Buffer.from(textOf(found));
    return BigInt(bytes[indexOf(each, bytes.length - 1)] ?? 0);
  }, item);
};

function indexOf(value: Value, last: number): number {
  if (typeof value !== 'bigint') throw new Error(`cannot index slice/array with type ${typeOf(value)}`);
  if (value < 0n || value > BigInt(last)) throw new Error(`index out of range: ${value}`);
  return Number(value);
}

const slice: TemplateFunction = (item, ...indexes) => {
  const bytes = isText(item) ? Buffer.from(textOf(item)) : undefined;
  const list = bytes ?? item;
  if (!Array.isArray(list) && bytes === undefined) throw new Error(`can't slice item of type ${typeOf(item)}`);
  if (indexes.length > (bytes === undefined ? 3 : 2)) throw new Error(`too many slice indexes: ${indexes.length}`);
  const { length } = list as Value[];
  // Go lets a slice grow into its spare capacity, which nobody can know of here.
  const [from = 0, to = length, capacity = length] = indexes.map((each) => indexOf(each, length));
  if (from > to || to > capacity) throw new Error('invalid slice index');
  if (bytes === undefined) return (item as Value[]).slice(from, to);
  const text = decodeUtf8(bytes.subarray(from, to));
  if (!Buffer.from(text).equals(bytes.subarray(from, to))) throw new Error('the slice would cut a character');
  return item instanceof NumberText ? new NumberText(text) : text;
};

const length: TemplateFunction = (item) => {
  if (isText(item)) return BigInt(Buffer.byteLength(textOf(item)));
  if (Array.isArray(item)) return BigInt(item.length);
  if (isMap(item)) return BigInt(item.size);
  throw new Error(item === null ? 'len of nil pointer' : `len of type ${typeOf(item)}`);
};

/** The kinds that can be compared; undefined for the others. */
function basicKind(value: Value): 'bool' | 'int' | 'string' | undefined {
  if (isText(value)) return 'string';
  if (typeof value === 'bigint') return 'int';
  return typeof value === 'boolean' ? 'bool' : undefined;
}

function isEqual(a: Value, b: Value): boolean {
  const [kind, other] = [basicKind(a), basicKind(b)];
  const [isNil, isOtherNil] = [a ?? null, b ?? null].map((each) => each === null);
  if (isNil || isOtherNil) return Boolean(isNil && isOtherNil);
  if (kind !== other) throw new Error(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
  if (kind === undefined) throw new Error(`non-comparable type: ${typeOf(b)}`);
  return textOf(a) === textOf(b);
}

function isLess(a: Value, b: Value): boolean {
  const [kind, other] = [basicKind(a), basicKind(b)];
  if (kind === undefined || other === undefined) throw new Error('invalid type for comparison');
  if (kind !== other) throw new Error(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
  if (kind === 'bool') throw new Error('invalid type for comparison');
  return kind === 'int' ? (a as bigint) < (b as bigint) : compareText(textOf(a), textOf(b)) < 0;
}

/** Where Go would complain within the text (`%!d(…)`), and for values whose types matter here and not there, an error. */
const printf: TemplateFunction = (format, ...args) => {
  if (typeof format !== 'string') throw new Error(`wrong type for value; expected string; got ${typeOf(format)}`);
  const isSimple = !/%(?![v%])/.test(format);
  const values = args.map((arg): GoValue => {
    if (typeof arg === 'bigint') return { type: 'int64', value: arg, name: 'int' };
    if (!isText(arg) && !isSimple) throw new Error(`printf of type ${typeOf(arg)} is not supported but for %v`);
    return { type: 'string', value: textOf(arg), name: typeOf(arg) };
  });
  const text = goSprintf(format, values, MAX_STEPS);
  if (text.includes('%!')) throw new Error(`printf would say ${goQuote(text)}`);
  return text;
};

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

function jsEscaped(char: string): string {
  if (/[\\'"]/.test(char)) return `\\${char}`;
  if (char >= '\x80' && isPrintable(char)) return char;
  return `\\u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

const ARGUMENTS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  eq: [1, Number.POSITIVE_INFINITY],
  index: [1, Number.POSITIVE_INFINITY],
  len: [1, 1],
  not: [1, 1],
  printf: [1, Number.POSITIVE_INFINITY],
  slice: [1, Number.POSITIVE_INFINITY],
  ...Object.fromEntries(['ge', 'gt', 'le', 'lt', 'ne'].map((name) => [name, [2, 2] as const])),
};

/** Go's predefined functions but for `and` and `or`, and for `call`, since there is nothing to call. */
const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  eq: (first, ...others) => {
    if (others.length === 0) throw new Error('missing argument for comparison');
    return others.some((other) => isEqual(first, other));
  },
  ge: (a, b) => !isLess(a, b),
  gt: (a, b) => !isLess(a, b) && !isEqual(a, b),
  html: (...values) => textOfArguments(values).replace(/[\0"'&<>]/g, (char) => HTML[char] ?? char),
  index,
  js: (...values) => textOfArguments(values).replace(/[\\'"<>&=]|[^ -\x7f]/gu, jsEscaped),
  le: (a, b) => isLess(a, b) || isEqual(a, b),
  len: length,
  lt: isLess,
  ne: (a, b) => !isEqual(a, b),
  not: (value) => !isTrue(value),
  print: (...values) => sprint(values),
  printf,
  println: (...values) => `${values.map(textOf).join(' ')}\n`,
  slice,
  urlquery: (...values) => queryEscape(textOfArguments(values)),
};
