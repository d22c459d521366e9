import { type Instruction, instructionsOf, OPCODE } from './instructions.ts';

/** The functions that the compiler calls, by index; undefined where a module does not have one. */
export interface ScanFunctions {
  /** Takes a value and a key, and gives the next key. */
  iterate: number;
  newArray: number | undefined;
  /** Takes an array and an item. */
  append: number | undefined;
}

/** What a branch can name: a block, or a loop with the scans in it. */
interface Label {
  scans: number[] | undefined;
  isOrdered: boolean;
}

/**
 * The scans of a function that OPA compiled from policy whose order can be seen, as offsets of the calls that give the next
 * key: those in a loop that adds to an array made before it, or that may end before all members had their turn, so that the
 * order tells which of them are looked at. Other loops build sets, objects and rules, which are the same in any order.
 */
export function orderedScansIn(body: Uint8Array, functions: ScanFunctions): ReadonlySet<number> {
  const instructions = instructionsOf(body);
  const ordered = new Set<number>();
  const labels: Label[] = [];
  /** How many labels were open where an array was made, by its local. */
  const madeAt = new Map<number, number>();

  /** All loops within the label at this place show their order. */
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
