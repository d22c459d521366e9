import { type Instruction, instructionsOf, OPCODE } from './instructions.ts';

/** Where a function that OPA compiled from policy looks up a member: offsets of the calls. */
export interface Reads {
  /** In a reference that begins with `data`. */
  ofData: ReadonlySet<number>;
  /** In any other value. */
  ofOthers: ReadonlySet<number>;
  /** By the key that an iteration has just given. */
  ofScans: ReadonlySet<number>;
}

/** The functions that the compiler calls: each takes a value first. */
export interface ReadFunctions {
  get: number;
  typeOf: number | undefined;
}

/** Each rule and function gets the input, the data, then its arguments. */
const DATA = 1;

/**
 * Follows references from `data`: each step is `local.get VALUE`, the key, `call get`, and what it found goes to a local. What
 * policy binds to a variable gets to another local by an assignment and is part of no reference from there on, but where a
 * rule that is looked up at evaluation time has no value the reference goes on in the data.
 */
export function readsOf(body: Uint8Array, { get, typeOf }: ReadFunctions): Reads {
  const steps = stepsOf(body);
  const dynamic = new Set(steps.filter(followsDynamicCall).map(({ operand }) => operand));
  /** The locals that hold what a reference from `data` has come to. */
  const reference = new Set([DATA]);
  const [ofData, ofOthers, ofScans] = [new Set<number>(), new Set<number>(), new Set<number>()];

  function noteRead({ start, before, after }: Step): void {
    const value = before?.before;
    if (isGetLocal(value) && reference.has(value.operand)) ofData.add(start);
    else (after?.opcode === OPCODE.setLocal ? ofScans : ofOthers).add(start);
  }

  function noteAssignment({ operand, before }: Step): void {
    const isRead = before !== undefined && ofData.has(before.start);
    const goesOn = isGetLocal(before) && reference.has(before.operand) && dynamic.has(operand);
    if (isRead || goesOn) reference.add(operand);
    // `with` puts other data there for a while, and then the data again.
    else if (operand !== DATA && !dynamic.has(operand)) reference.delete(operand);
  }

  for (const step of steps) {
    if (isCallOf(step, get)) noteRead(step);
    // A pattern such as {1: x} is no part of the reference that it is compared with.
    else if (isCallOf(step, typeOf) && isGetLocal(step.before)) reference.delete(step.before.operand);
    else if (isAssignment(step)) noteAssignment(step);
  }
  return { ofData, ofOthers, ofScans };
}

interface Step extends Instruction {
  before: Step | undefined;
  after?: Step;
}

function stepsOf(body: Uint8Array): Step[] {
  const steps: Step[] = [];
  for (const instruction of instructionsOf(body)) {
    const before = steps.at(-1);
    const step: Step = { ...instruction, before };
    if (before) before.after = step;
    steps.push(step);
  }
  return steps;
}

const isAssignment = ({ opcode }: Step) => opcode === OPCODE.setLocal || opcode === OPCODE.teeLocal;
const followsDynamicCall = (step: Step) => isAssignment(step) && step.before?.opcode === OPCODE.callIndirect;
const isGetLocal = (step: Step | undefined): step is Step => step?.opcode === OPCODE.getLocal;
const isCallOf = (step: Step, index: number | undefined) => step.opcode === OPCODE.call && step.operand === index;
