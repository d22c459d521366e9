import { createHash } from 'node:crypto';

/** Where something was written; line and column count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** Something of `input` or `data`: the way to it, with ANY for a step that only an evaluation knows. */
export interface Origin {
  /** The name of a member instead of the member itself; the last step is that name then. */
  isName: boolean;
  /** `input` or `data`, then the members. */
  steps: readonly string[];
  /** Where policy names it; only of what the request says. */
  at?: Place;
  /** What the request says that chose it among others. */
  by?: Assertion;
  /** The index of the step that is any of many, one after the other; of the last such step. */
  each?: number;
}

/** Something that a request says, and where policy names it. */
export interface Assertion {
  /** `input`, `request`, then the members. */
  steps: readonly string[];
  at: Place;
}

/** What a local of a plan may be: all that the ways to it can give together. */
export interface Value {
  origins: Map<string, Origin>;
  /** Constants, and where they were written. */
  texts: Map<string, Place>;
  /** Of what policy puts together itself, by name or index; at ANY what only an evaluation knows the name of. */
  members: Map<string, Value>;
}

export const ANY = '*';
/** Where the elements of a set are, which have no names: each is its own. */
export const ELEMENT = '';

export function nothing(): Value {
  return { origins: new Map(), texts: new Map(), members: new Map() };
}

export function textValue(text: string, place: Place): Value {
  return { ...nothing(), texts: new Map([[text, place]]) };
}

export function originValue(...origins: readonly Origin[]): Value {
  return { ...nothing(), origins: new Map(origins.map((origin) => [JSON.stringify(origin), origin])) };
}

export function joined(values: readonly Value[]): Value {
  const all = nothing();
  for (const value of values) {
    for (const [key, origin] of value.origins) all.origins.set(key, origin);
    for (const [text, place] of value.texts) all.texts.set(text, place);
    for (const [name, member] of value.members) addMember(all, name, member);
  }
  return all;
}

/** Changes the value that gets the member. */
export function addMember(value: Value, name: string, member: Value): void {
  const before = value.members.get(name);
  value.members.set(name, before === undefined || before === member ? member : joined([before, member]));
}

/** The members of what policy put together under these names; all of them where no name is known. */
export function membersOf(value: Value, names: Iterable<string>): Value[] {
  const wanted = new Set(names);
  if (wanted.size === 0) return [...value.members.values()];
  return [...value.members]
    .filter(([name]) => name === ANY || name === ELEMENT || wanted.has(name))
    .map(([, member]) => member);
}

/** The value and all that is in it, each once: what is in many places is not many. */
export function partsOf(value: Value): Set<Value> {
  const parts = new Set([value]);
  for (const part of parts) for (const member of part.members.values()) parts.add(member);
  return parts;
}

/** The same text for values that mean the same. */
export function keyOf(value: Value, known = new Map<Value, string>()): string {
  const before = known.get(value);
  if (before !== undefined) return before;
  const texts = [...value.texts].map(([text, { file, line, column }]) => JSON.stringify([text, file, line, column]));
  const members = [...value.members].map(([name, member]) => JSON.stringify([name, keyOf(member, known)]));
  const content = JSON.stringify([[...value.origins.keys()].sort(), texts.sort(), members.sort()]);
  // Short, however much is in it.
  const key = createHash('sha256').update(content).digest('base64');
  known.set(value, key);
  return key;
}
