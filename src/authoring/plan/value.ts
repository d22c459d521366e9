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
  /** How deep members lie within members. */
  depth: number;
}

/** Policy that cannot be followed, with why as its message. */
export class NotFollowed extends Error {
  override readonly name = 'NotFollowed';
}

const MOST_DEPTH = 200;

export const ANY = '*';
/** Where the elements of a set are, which have no names: each is its own. */
export const ELEMENT = '';

export function nothing(): Value {
  return { origins: new Map(), texts: new Map(), members: new Map(), depth: 0 };
}

export function textValue(text: string, place: Place): Value {
  return { ...nothing(), texts: new Map([[text, place]]) };
}

export function originValue(...origins: readonly Origin[]): Value {
  return { ...nothing(), origins: new Map(origins.map((origin) => [JSON.stringify(origin), origin])) };
}

/** What was joined before: what is in many places is joined once. */
interface Done {
  value?: Value;
  next: Map<Value, Done>;
}

export function joined(values: readonly Value[], done: Done = { next: new Map() }): Value {
  const all = nothing();
  const members = new Map<string, Set<Value>>();
  for (const value of values) {
    for (const [key, origin] of value.origins) all.origins.set(key, origin);
    for (const [text, place] of value.texts) all.texts.set(text, place);
    for (const [name, member] of value.members) members.set(name, (members.get(name) ?? new Set()).add(member));
  }
  for (const [name, either] of members) setMember(all, name, joinedOnce([...either], done));
  return all;
}

function joinedOnce(values: readonly Value[], done: Done): Value {
  if (values.length === 1 && values[0]) return values[0];
  let at = done;
  for (const value of values) {
    const next = at.next.get(value) ?? { next: new Map() };
    at.next.set(value, next);
    at = next;
  }
  at.value ??= joined(values, done);
  return at.value;
}

/** The value that a member was joined for, and only for it: it may grow in place. A set of thousands would be copied as often. */
const growing = new WeakMap<Value, Value>();

/** Changes the value that gets the member. Throws NotFollowed where it gets too deep. */
export function addMember(value: Value, name: string, member: Value): void {
  const before = value.members.get(name);
  if (before === undefined || before === member) {
    setMember(value, name, member);
  } else if (growing.get(before) === value) {
    grow(before, member);
    setMember(value, name, before);
  } else {
    const both = joined([before, member]);
    growing.set(both, value);
    setMember(value, name, both);
  }
}

function grow(value: Value, by: Value): void {
  for (const [key, origin] of by.origins) value.origins.set(key, origin);
  for (const [text, place] of by.texts) value.texts.set(text, place);
  for (const [name, member] of by.members) addMember(value, name, member);
}

/** In the place of what has the name, if anything has. Throws NotFollowed where it gets too deep. */
export function setMember(value: Value, name: string, member: Value): void {
  value.members.set(name, member);
  value.depth = Math.max(value.depth, member.depth + 1);
  if (value.depth > MOST_DEPTH)
    throw new NotFollowed(`objects, arrays and sets lie more than ${MOST_DEPTH} levels deep`);
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
