import { AppError } from '../domain/errors.ts';
import { type Block, ENTRY_PLAN, type Plan, type PlannedFunction, type Statement } from './plan.ts';
import { strangersIn } from './plan-assertion.ts';
import { callBuiltin } from './plan-builtins.ts';
import { dot, eachOf, namesOf, relate } from './plan-reading.ts';
import {
  ANY,
  addMember,
  ELEMENT,
  joined,
  keyOf,
  membersOf,
  nothing,
  originValue,
  type Place,
  textValue,
  type Value,
} from './plan-value.ts';
import type { Frame, Tracer, Visit } from './plan-visit.ts';

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
  const found: Visit = { path, args: own, result: nothing(), readings: [], choices: [], replacements: [], calls: [] };
  tracer.visits.set(key, found);
  const locals = new Map(planned.params.map((param, index) => [param, args[index] ?? nothing()]));
  const frame: Frame = { tracer, visit: found, input: planned.params[0] ?? -1, locals };
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
  set(frame, value as number, eachOf(frame, scanned, place));
  runApart(frame, [block]);
}

function runWith(frame: Frame, { local: name, path, value, block }: Fields, place: Place): void {
  const steps = (path ?? []).map((index) => frame.tracer.strings[index as number] ?? ANY);
  const before = local(frame, name);
  const instead = read(frame, value, place);
  const target = [name === frame.input ? 'input' : 'data', ...steps];
  const strangers = strangersIn(instead, target, place);
  frame.visit.replacements.push(...strangers.map((by) => ({ steps: target, by, place })));
  const replaced = steps.reduceRight((inner, step) => {
    const outer = nothing();
    addMember(outer, step, inner);
    return outer;
  }, instead);
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
