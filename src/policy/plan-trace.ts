import { AppError } from '../domain/errors.ts';
import { type Block, ENTRY_PLAN, type Plan, type PlannedFunction, type Statement } from './plan.ts';
import {
  ANY,
  addMember,
  ELEMENT,
  joined,
  keyOf,
  membersOf,
  nothing,
  type Origin,
  originValue,
  type Place,
  partsOf,
  textValue,
  type Value,
} from './plan-value.ts';

/** What a rule or function does when it is called with such arguments. */
export interface Visit {
  /** Below `data`; empty for the plan itself. */
  path: readonly string[];
  /** Without the input and the data. */
  args: readonly Value[];
  result: Value;
  readings: Reading[];
  calls: Call[];
}

/** A member of `input` or `data` that is looked at, and where policy names it. */
export interface Reading {
  steps: readonly string[];
  place: Place;
}

export interface Call {
  callee: Visit;
  place: Place;
}

/**
 * Follows the values of a plan from rule to rule: which members of input and data each rule looks at, under whatever name
 * it has them, and which constants it hands to which function. All ways are taken, whatever the conditions. Answers the
 * visits, each function once for each set of arguments.
 */
export function tracePlan(plan: Plan): Visit[] {
  const tracer: Tracer = {
    strings: plan.static.strings.map(({ value }) => value),
    files: plan.static.files.map(({ value }) => value),
    functions: new Map(plan.funcs.funcs.map((each) => [each.name, each])),
    visits: new Map(),
  };
  const entry = plan.plans.plans.find(({ name }) => name === ENTRY_PLAN);
  if (!entry) throw new AppError('internal', 'the plan lacks its entry');
  const roots = [originValue({ isName: false, steps: ['input'] }), originValue({ isName: false, steps: ['data'] })];
  visit(tracer, { name: ENTRY_PLAN, path: [''], params: [0, 1], return: -1, blocks: entry.blocks }, roots);
  return [...tracer.visits.values()];
}

interface Tracer {
  strings: readonly string[];
  files: readonly string[];
  functions: ReadonlyMap<string, PlannedFunction>;
  visits: Map<string, Visit>;
}

interface Frame {
  tracer: Tracer;
  visit: Visit;
  locals: Map<number, Value>;
}

/** A local by its number, as some statements have it, or what may also be a constant. */
type Operand = number | { type: 'local' | 'string_index'; value: number } | { type: 'bool'; value: boolean };
type Handler = (frame: Frame, stmt: Fields, place: Place) => void;

/** What statements have; each type has some of it. */
interface Fields {
  source: Operand;
  target: number;
  key: Operand;
  value: Operand;
  a: Operand;
  b: Operand;
  array: number;
  set: number;
  object: number;
  index: number;
  local: number;
  result: number;
  func: string;
  args: readonly Operand[];
  /** Of a dynamic call; that of `with` is of indexes of strings. */
  path: readonly Operand[] | null;
  block: Block;
  blocks: readonly Block[];
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  ArrayAppendStmt: append,
  AssignIntStmt: assignNumber,
  AssignVarOnceStmt: assign,
  AssignVarStmt: assign,
  BlockStmt: (frame, { blocks }) => runApart(frame, blocks ?? []),
  CallDynamicStmt: callDynamic,
  CallStmt: call,
  DotStmt: (frame, { source, key, target }, place) => {
    set(frame, target, dot(frame, read(frame, source, place), read(frame, key, place), place));
  },
  EqualStmt: compare,
  MakeArrayStmt: make,
  MakeNumberIntStmt: assignNumber,
  MakeNullStmt: make,
  MakeNumberRefStmt: assignNumberOfText,
  MakeObjectStmt: make,
  MakeSetStmt: make,
  LenStmt: make,
  NotEqualStmt: compare,
  NotStmt: (frame, { block }) => runApart(frame, [block]),
  ObjectInsertOnceStmt: insert,
  ObjectInsertStmt: insert,
  ObjectMergeStmt: (frame, { a, b, target }, place) => {
    set(frame, target, joined([read(frame, a, place), read(frame, b, place)]));
  },
  ResetLocalStmt: (frame, { target }) => void frame.locals.delete(target),
  ScanStmt: scan,
  SetAddStmt: (frame, { set: into, value }, place) => {
    addMember(local(frame, into), ELEMENT, read(frame, value, place));
  },
  WithStmt: runWith,
};

/** They steer, or look at a value as a whole. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'BreakStmt',
  'IsArrayStmt',
  'IsDefinedStmt',
  'IsObjectStmt',
  'IsSetStmt',
  'IsUndefinedStmt',
  'NopStmt',
  'ResultSetAddStmt',
  'ReturnLocalStmt',
]);

function visit(tracer: Tracer, planned: PlannedFunction, args: readonly Value[]): Visit {
  const key = JSON.stringify([planned.name, ...args.map((arg) => keyOf(arg))]);
  const before = tracer.visits.get(key);
  if (before) return before;
  const [path, own] = [planned.path.slice(1), args.slice(2)];
  const found: Visit = { path, args: own, result: nothing(), readings: [], calls: [] };
  tracer.visits.set(key, found);
  const locals = new Map(planned.params.map((param, index) => [param, args[index] ?? nothing()]));
  const frame: Frame = { tracer, visit: found, locals };
  runApart(frame, planned.blocks);
  found.result = local(frame, planned.return);
  return found;
}

/** Each block may end anywhere, so what was there before remains possible after it. */
function runApart(frame: Frame, blocks: readonly Block[]): void {
  for (const block of blocks) {
    const before = frame.locals;
    frame.locals = new Map(before);
    for (const { type, stmt } of block.stmts) runStatement(frame, type, stmt);
    for (const [name, value] of before) {
      const after = frame.locals.get(name);
      if (after !== value) frame.locals.set(name, after ? joined([value, after]) : value);
    }
  }
}

function runStatement(frame: Frame, type: string, stmt: Statement['stmt']): void {
  if (WITHOUT_EFFECT.has(type)) return;
  const handler = HANDLERS[type];
  if (!handler) throw new AppError('internal', `opa plans a statement that is not known here: ${type}`);
  const place = { file: frame.tracer.files[stmt.file] ?? '.', line: stmt.row, column: stmt.col };
  handler(frame, stmt as unknown as Fields, place);
}

function local(frame: Frame, name: number): Value {
  const value = frame.locals.get(name) ?? nothing();
  frame.locals.set(name, value);
  return value;
}

function set(frame: Frame, name: number, value: Value): void {
  frame.locals.set(name, value);
}

function read(frame: Frame, operand: Operand, place: Place): Value {
  if (typeof operand === 'number') return local(frame, operand);
  if (operand.type === 'local') return local(frame, operand.value);
  return operand.type === 'bool' ? nothing() : textValue(frame.tracer.strings[operand.value] ?? '', place);
}

function assign(frame: Frame, { source, target }: Fields, place: Place): void {
  set(frame, target, read(frame, source, place));
}

function make(frame: Frame, { target }: Fields): void {
  set(frame, target, nothing());
}

function assignNumber(frame: Frame, { value, target }: Fields, place: Place): void {
  set(frame, target, textValue(String(value), place));
}

function assignNumberOfText(frame: Frame, { index, target }: Fields, place: Place): void {
  set(frame, target, textValue(frame.tracer.strings[index] ?? '', place));
}

function append(frame: Frame, { array, value }: Fields, place: Place): void {
  const list = local(frame, array);
  addMember(list, String(list.members.size), read(frame, value, place));
}

function insert(frame: Frame, { object, key, value }: Fields, place: Place): void {
  const [into, named] = [local(frame, object), read(frame, key, place)];
  const names = [...named.texts.keys()];
  for (const name of names.length > 0 ? names : [ANY]) addMember(into, name, read(frame, value, place));
  // An object with the names of another is looked at as that other.
  for (const [id, origin] of named.origins) if (origin.isName) into.origins.set(id, origin);
}

function compare(frame: Frame, { a, b }: Fields, place: Place): void {
  relate(frame, read(frame, a, place), read(frame, b, place), place);
}

function scan(frame: Frame, { source, key, value, block }: Fields, place: Place): void {
  const scanned = read(frame, source, place);
  set(frame, key as number, joined([namesOf(scanned, place), ...membersOf(scanned, [ELEMENT])]));
  set(frame, value as number, dot(frame, scanned, nothing(), place));
  runApart(frame, [block]);
}

function runWith(frame: Frame, { local: name, path, value, block }: Fields, place: Place): void {
  const steps = (path ?? []).map((index) => frame.tracer.strings[index as number] ?? ANY);
  const before = local(frame, name);
  const replaced = steps.reduceRight(
    (inner, step) => {
      const outer = nothing();
      addMember(outer, step, inner);
      return outer;
    },
    read(frame, value, place),
  );
  set(frame, name, steps.length === 0 ? replaced : joined([before, replaced]));
  runApart(frame, [block]);
  set(frame, name, before);
}

function call(frame: Frame, { func, args, result }: Fields, place: Place): void {
  const values = args.map((arg) => read(frame, arg, place));
  const planned = frame.tracer.functions.get(func);
  set(frame, result, planned ? callPlanned(frame, planned, values, place) : callBuiltin(frame, func, values, place));
}

/** Calls all functions that the path may lead to. */
function callDynamic(frame: Frame, { path, args, result }: Fields, place: Place): void {
  const steps = (path ?? []).map((step) => [...read(frame, step, place).texts.keys()]);
  const values = args.map((arg) => read(frame, arg, place));
  const results = [...frame.tracer.functions.values()]
    .filter((planned) => planned.path.length === steps.length && planned.params.length === args.length)
    .filter((planned) => steps.every((names, at) => names.length === 0 || names.includes(planned.path[at] ?? '')))
    .map((planned) => callPlanned(frame, planned, values, place));
  set(frame, result, joined(results));
}

function callPlanned(frame: Frame, planned: PlannedFunction, values: readonly Value[], place: Place): Value {
  const callee = visit(frame.tracer, planned, values);
  frame.visit.calls.push({ callee, place });
  return callee.result;
}

/** The members of a value under the names that `key` may be; under any name, where nobody knows. */
function dot(frame: Frame, value: Value, key: Value, place: Place): Value {
  const origins: Origin[] = [];
  for (const { isName, steps } of value.origins.values()) {
    if (isName) continue;
    const names = key.texts.size > 0 ? [...key.texts] : [[ANY, place] as const];
    for (const [name, written] of names) {
      const reading = [...steps, name];
      origins.push({ isName: false, steps: reading });
      frame.visit.readings.push({ steps: reading, place: written });
    }
  }
  relate(frame, joined([namesIn(value), ...membersOf(value, [ELEMENT])]), key, place);
  return joined([originValue(...origins), ...membersOf(value, key.texts.keys())]);
}

function namesIn({ origins }: Value): Value {
  return originValue(...[...origins.values()].filter(({ isName }) => isName));
}

/** The names of the members of a value, as values. */
function namesOf(value: Value, place: Place): Value {
  const named = [...value.origins.values()].filter(({ isName }) => !isName);
  const names = [...value.members.keys()].filter((name) => name !== ANY && name !== ELEMENT);
  return joined([
    originValue(...named.map(({ steps }) => ({ isName: true, steps: [...steps, ANY] }))),
    namesIn(value),
    ...names.map((name) => textValue(name, place)),
  ]);
}

/** Neither a number, which may be one of a list, nor what stands for names that are not known. */
const NAME = /[A-Za-z]/;

/** Who compares the name of a member with a constant, or an object with one that has a member, looks at that member. */
function relate(frame: Frame, left: Value, right: Value, place: Place): void {
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const readings = [...readingsOfNames(one, other), ...readingsOfMembers(one, other, place)];
    frame.visit.readings.push(...readings.filter(({ steps }) => NAME.test(steps.at(-1) ?? '')));
  }
}

function readingsOfNames(one: Value, other: Value): Reading[] {
  const names = [...partsOf(one)].flatMap(({ origins }) => [...origins.values()].filter(({ isName }) => isName));
  if (names.length === 0) return [];
  const texts = [...partsOf(other)].flatMap((part) => [...part.texts]);
  return names.flatMap(({ steps }) => texts.map(([name, place]) => ({ steps: [...steps.slice(0, -1), name], place })));
}

function readingsOfMembers({ origins }: Value, { members }: Value, place: Place): Reading[] {
  const objects = [...origins.values()].filter(({ isName }) => !isName);
  return objects.flatMap(({ steps }) => [...members.keys()].map((name) => ({ steps: [...steps, name], place })));
}

type Builtin = (frame: Frame, args: readonly Value[], place: Place) => Value;

const BUILTINS: Readonly<Record<string, Builtin>> = {
  'array.concat': (_, args) => joined(args),
  'object.remove': (_, [object]) => object ?? nothing(),
  'object.union': (_, args) => joined(args),
  'object.union_n': (_, args) => joined(args.flatMap((arg) => membersOf(arg, []))),
  'object.filter': filtered,
  'object.get': (frame, [object = nothing(), path = nothing(), otherwise = nothing()], place) => {
    return joined([getAt(frame, object, path, place), otherwise]);
  },
  'object.keys': (_, [object = nothing()], place) => asSet(namesOf(object, place)),
  'json.filter': filtered,
  'json.remove': (_, [object]) => object ?? nothing(),
  minus: (_, args) => originsIn(args), // What is taken away is not looked at.
  or: (_, args) => joined(args),
  union: (_, args) => joined(args.flatMap((arg) => membersOf(arg, []))),
  walk: (_, [walked = nothing()]) => walkedSet(walked),
};

function callBuiltin(frame: Frame, name: string, args: readonly Value[], place: Place): Value {
  return (BUILTINS[name] ?? derived)(frame, args, place);
}

/** What is made of a part of the request is still what the request says. */
function derived(frame: Frame, args: readonly Value[], place: Place): Value {
  for (const [index, arg] of args.entries()) {
    for (const other of args.slice(index + 1)) relate(frame, arg, other, place);
  }
  return originsIn(args);
}

function originsIn(values: readonly Value[]): Value {
  return originValue(...values.flatMap((value) => [...partsOf(value)].flatMap((part) => [...part.origins.values()])));
}

/** `object.get` takes a name, or a list of them as a way. */
function getAt(frame: Frame, object: Value, path: Value, place: Place): Value {
  if (path.members.size === 0) return dot(frame, object, path, place);
  return [...path.members.values()].reduce((value, step) => dot(frame, value, step, place), object);
}

/** The object, of which constants say what to keep: names, or ways like `resource/properties`. */
function filtered(frame: Frame, [object = nothing(), wanted = nothing()]: readonly Value[], place: Place): Value {
  const ways = [...partsOf(wanted)].flatMap((part) => [...part.texts]);
  for (const [way, written] of ways) {
    way.split('/').reduce((value, step) => dot(frame, value, textValue(step, written), place), object);
  }
  return object;
}

function asSet(elements: Value): Value {
  const all = nothing();
  addMember(all, ELEMENT, elements);
  return all;
}

/** `walk` relates a value to lists of a way and what is there. */
function walkedSet(walked: Value): Value {
  const origins = [...walked.origins.values()].filter(({ isName }) => !isName);
  const below = origins.map(({ steps }) => [...steps, ANY]); // However deep.
  const pair = nothing();
  const way = nothing();
  addMember(way, ANY, originValue(...below.map((steps) => ({ isName: true, steps: [...steps, ANY] }))));
  addMember(pair, '0', way);
  addMember(pair, '1', joined([...partsOf(walked), originValue(...below.map((steps) => ({ isName: false, steps })))]));
  return asSet(pair);
}
