import { type Instruction, instructionsOf, OPCODE } from './instructions.ts';

/** The calls that look up a member in a function that OPA compiled from policy, as offsets. */
export interface Reads {
  /** In a reference that begins with `data`. */
  ofData: ReadonlySet<number>;
  /** In any other value. */
  ofOthers: ReadonlySet<number>;
  /** In the value that a loop runs over, by the key that the loop has just given. */
  ofScans: ReadonlySet<number>;
}

/** The indices of the functions that are called. The first parameter of each is a value. */
export interface ReadFunctions {
  get: number;
  typeOf: number | undefined;
}

/** The parameters of rules and functions are the input, the data, then their arguments. */
const DATA = 1;

/**
 * Follows references that begin with `data`. Each step is `local.get VALUE`, the key, `call get`, and a local that takes the
 * result. A value that policy binds to a variable is copied to another local, and look-ups in it are not part of the reference.
 * There is one exception: where a rule is looked up at evaluation time and has no value, the reference goes on in the data.
 */
export function readsOf(body: Uint8Array, { get, typeOf }: ReadFunctions): Reads {
  const steps = stepsOf(body);
  const dynamic = new Set(steps.filter(followsDynamicCall).map(({ operand }) => operand));
  /** The locals that hold intermediate values of references from `data`. */
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
    // `with` replaces the data in this local for a while and restores them.
    else if (operand !== DATA && !dynamic.has(operand)) reference.delete(operand);
  }

  for (const step of steps) {
    if (isCallOf(step, get)) noteRead(step);
    // A value that is compared with a pattern, such as {1: x}, is not read by a reference.
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
