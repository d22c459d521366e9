import { AppError } from '../../base/errors.ts';
import { PolicyFaults } from '../policy-fault.ts';
import { strangersIn } from './assertion.ts';
import { callBuiltin } from './builtins.ts';
import type { Block, Plan, PlannedFunction, Statement } from './plan.ts';
import { dot, eachOf, namesOf, relate } from './reading.ts';
import {
  ANY,
  addMember,
  ELEMENT,
  joined,
  keyOf,
  membersOf,
  NotFollowed,
  nothing,
  originValue,
  type Place,
  textValue,
  type Value,
} from './value.ts';
import type { Frame, Tracer, Visit } from './visit.ts';

/**
 * Follows the values of a plan from rule to rule: which members of input and data each rule looks at, under whatever name
 * it has them, and which constants it hands to which function. All ways are taken, whatever the conditions. Answers the
 * visits, each function once for each set of arguments. Throws PolicyFaults for policy that nests or multiplies so far that
 * it cannot be followed.
 */
export function tracePlan(plan: Plan): Visit[] {
  const tracer: Tracer = {
    strings: plan.strings,
    files: plan.files,
    functions: new Map(plan.functions.map((each) => [each.name, each])),
    visits: new Map(),
    place: { file: '.', line: 1, column: 1 },
    level: 0,
    steps: 0,
  };
  const roots = [originValue({ isName: false, steps: ['input'] }), originValue({ isName: false, steps: ['data'] })];
  try {
    visit(tracer, { name: '', path: [''], params: [0, 1], return: -1, blocks: plan.blocks }, roots);
  } catch (error) {
    if (!(error instanceof NotFollowed)) throw error;
    throw new PolicyFaults([
      { ...tracer.place, message: `cannot be followed to where its facts come from: ${error.message}` },
    ]);
  }
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
  /** Of a string that is a number. OPA writes it so. */
  Index: number;
  local: number;
  result: number;
  func: string;
  args: readonly Operand[];
  /** Of a dynamic call; that of `with` is of indexes of strings. */
  path: readonly Operand[];
  block: Block;
  blocks: readonly Block[];
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  ArrayAppendStmt: append,
  AssignIntStmt: assignNumber,
  AssignVarOnceStmt: assign,
  AssignVarStmt: assign,
  BlockStmt: (frame, { blocks }) => runApart(frame, blocks),
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
  ResetLocalStmt: (frame, { target }) => set(frame, target, undefined),
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
  const frame: Frame = { tracer, visit: found, input: planned.params[0] ?? -1, locals, before: new Map() };
  runApart(frame, planned.blocks);
  found.result = local(frame, planned.return);
  return found;
}

/** Far beyond what policies have, and small enough for the stack. */
const MOST_LEVELS = 500;
const MOST_STEPS = 1_000_000;

/** Each block may end anywhere, so what was there before remains possible after it. */
function runApart(frame: Frame, blocks: readonly Block[]): void {
  if (++frame.tracer.level > MOST_LEVELS) {
    throw new NotFollowed(`rules and comprehensions lie more than ${MOST_LEVELS} levels within each other`);
  }
  for (const block of blocks) runBlock(frame, block);
  frame.tracer.level--;
}

function runBlock(frame: Frame, block: Block): void {
  const outer = frame.before;
  frame.before = new Map();
  for (const { type, stmt } of block.stmts) runStatement(frame, type, stmt);
  for (const [name, value] of frame.before) {
    if (!outer.has(name)) outer.set(name, value);
    const after = frame.locals.get(name);
    if (value !== undefined && after !== value) frame.locals.set(name, after ? joined([value, after]) : value);
  }
  frame.before = outer;
}

function runStatement(frame: Frame, type: string, stmt: Statement['stmt']): void {
  if (WITHOUT_EFFECT.has(type)) return;
  const handler = HANDLERS[type];
  if (!handler) throw new AppError('internal', `opa plans a statement of an unknown type: ${type}`);
  const { tracer } = frame;
  const place = { file: tracer.files[stmt.file] ?? '.', line: Math.max(stmt.row, 1), column: Math.max(stmt.col, 1) };
  if (stmt.row > 0) tracer.place = place;
  if (++tracer.steps > MOST_STEPS) throw new NotFollowed('functions are called with too many different arguments');
  handler(frame, stmt as unknown as Fields, place);
}

function local(frame: Frame, name: number): Value {
  const value = frame.locals.get(name) ?? nothing();
  if (!frame.locals.has(name)) set(frame, name, value);
  return value;
}

/** Undefined takes away what was there. */
function set(frame: Frame, name: number, value: Value | undefined): void {
  if (!frame.before.has(name)) frame.before.set(name, frame.locals.get(name));
  if (value) frame.locals.set(name, value);
  else frame.locals.delete(name);
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

function assignNumberOfText(frame: Frame, { Index, target }: Fields, place: Place): void {
  set(frame, target, textValue(frame.tracer.strings[Index] ?? '', place));
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
  const steps = path.map((index) => frame.tracer.strings[index as number] ?? ANY);
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
  const steps = path.map((step) => [...read(frame, step, place).texts.keys()]);
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
