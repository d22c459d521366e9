import { type Instruction, instructionsOf, OPCODE } from './instructions.ts';

/** The indices of the functions that are called; undefined for one that the module does not have. */
export interface ScanFunctions {
  /** `(value, key) -> next key` */
  iterate: number;
  newArray: number | undefined;
  /** `(array, item)` */
  append: number | undefined;
}

/** The target of a branch: a block, or a loop with the scans in it. */
interface Label {
  scans: number[] | undefined;
  isOrdered: boolean;
}

/**
 * The scans (loops over a set or an object) of a function that OPA compiled from policy in which the order of the members can
 * affect the result, as offsets of the calls that give the next key. These are loops that append to an array made before them,
 * and loops that may end before the last member. All other loops build sets, objects and rules, for which the order is irrelevant.
 */
export function orderedScansIn(body: Uint8Array, functions: ScanFunctions): ReadonlySet<number> {
  const instructions = instructionsOf(body);
  const ordered = new Set<number>();
  const labels: Label[] = [];
  /** The number of labels that were open when the array in a local was made, by that local. */
  const madeAt = new Map<number, number>();

  /** The order matters in all loops from this label inwards. */
  function markFrom(place: number): void {
    for (const label of labels.slice(Math.max(place, 0))) label.isOrdered = true;
  }

  function noteCall(at: number): void {
    const { operand, start } = instructions[at] as Instruction;
    const next = instructions[at + 1];
    if (operand === functions.iterate) {
      labels.findLast(({ scans }) => scans !== undefined)?.scans?.push(start);
    } else if (operand === functions.newArray && next?.opcode === OPCODE.setLocal) {
      madeAt.set(next.operand, labels.length);
    } else if (operand === functions.append) {
      const array = instructions[at - 2];
      markFrom((array?.opcode === OPCODE.getLocal ? madeAt.get(array.operand) : undefined) ?? 0);
    }
  }

  function noteBranch(at: number): void {
    const { operand, opcode } = instructions[at] as Instruction;
    const scan = instructions[at - 3];
    // `call iterate, local.tee, i32.eqz, br_if` ends a loop after its last member.
    const isAtEnd = opcode === OPCODE.branchIf && scan?.opcode === OPCODE.call && scan.operand === functions.iterate;
    if (!isAtEnd) markFrom(labels.length - operand);
  }

  function open(scans: number[] | undefined): void {
    labels.push({ scans, isOrdered: false });
  }

  function close(): void {
    const label = labels.pop();
    if (label?.isOrdered) for (const scan of label.scans ?? []) ordered.add(scan);
  }

  const notes: Readonly<Record<number, (at: number) => void>> = {
    [OPCODE.loop]: () => open([]),
    [OPCODE.block]: () => open(undefined),
    [OPCODE.if]: () => open(undefined),
    [OPCODE.end]: close,
    [OPCODE.call]: noteCall,
    [OPCODE.branch]: noteBranch,
    [OPCODE.branchIf]: noteBranch,
    [OPCODE.branchTable]: () => markFrom(0),
    [OPCODE.return]: () => markFrom(0),
  };
  for (const [at, { opcode }] of instructions.entries()) notes[opcode]?.(at);
  return ordered;
}
