import { readNumber, writeNumber } from './sections.ts';

/** Instructions of the binary format, see https://webassembly.github.io/spec/core/binary/instructions.html. */
export const OPCODE = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  branchTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  getLocal: 0x20,
  setLocal: 0x21,
  teeLocal: 0x22,
  constant: 0x41,
} as const;

/** An instruction and its offsets in an entry of the code section. */
export interface Instruction {
  opcode: number;
  /** The index, or the non-negative constant, after the opcode; 0 if there is none. */
  operand: number;
  start: number;
  end: number;
}

/** Code that replaces some instructions. */
export interface Edit {
  start: number;
  end: number;
  code: readonly number[];
}

/** LEB128 of a 64-bit number. */
const MAX_NUMBER_BYTES = 10;
/** The longest function of the shipped policies takes 27 KB, and a set of 50,000 constants less than 1 MB. */
const MAX_ENTRY_BYTES = 2 ** 22;

type Skip = (entry: Uint8Array, at: number) => number;

const nothing: Skip = (_, at) => at;
const number: Skip = (entry, at) => {
  let end = at;
  while ((entry[end] ?? 0) >= 0x80 && end < at + MAX_NUMBER_BYTES) end++;
  return end + 1;
};
const twoNumbers: Skip = (entry, at) => number(entry, number(entry, at));
const targets: Skip = (entry, at) => {
  const [count, first] = readNumber(entry, at);
  let next = first;
  for (let target = 0; target <= count && next < entry.length; target++) next = number(entry, next);
  return next;
};
const bytes = (count: number): Skip => {
  return (_, at) => at + count;
};

/** How to skip the operands of an opcode, by ranges of opcodes. */
const OPERANDS: readonly (readonly [first: number, last: number, skip: Skip])[] = [
  [0x00, 0x01, nothing], // unreachable, nop
  [0x02, 0x04, bytes(1)], // block, loop, if: the type of their result
  [0x05, 0x05, nothing], // else
  [0x0b, 0x0b, nothing], // end
  [0x0c, 0x0d, number], // br, br_if
  [0x0e, 0x0e, targets], // br_table
  [0x0f, 0x0f, nothing], // return
  [0x10, 0x10, number], // call
  [0x11, 0x11, twoNumbers], // call_indirect
  [0x1a, 0x1b, nothing], // drop, select
  [0x20, 0x24, number], // locals and globals
  [0x28, 0x3e, twoNumbers], // loads and stores
  [0x3f, 0x40, number], // memory.size, memory.grow
  [0x41, 0x42, number], // constants: i32, i64
  [0x43, 0x43, bytes(4)], // f32
  [0x44, 0x44, bytes(8)], // f64
  [0x45, 0xc4, nothing], // comparisons, arithmetic, conversions
];
const SKIPS: readonly (Skip | undefined)[] = Array.from({ length: 256 }, (_, opcode) => {
  return OPERANDS.find(([first, last]) => opcode >= first && opcode <= last)?.[2];
});
const WITH_OPERAND: ReadonlySet<number> = new Set([
  ...[OPCODE.branch, OPCODE.branchIf, OPCODE.call, OPCODE.callIndirect],
  ...[OPCODE.getLocal, OPCODE.setLocal, OPCODE.teeLocal, OPCODE.constant],
]);

/**
 * The instructions of an entry of the code section, which begins with its length. Throws Error for instructions that are not
 * in version 1 of WebAssembly with the sign-extension operators: OPA's compiler writes no others.
 */
export function instructionsOf(entry: Uint8Array): Instruction[] {
  if (entry.length > MAX_ENTRY_BYTES) throw new Error(`it has a function of more than ${MAX_ENTRY_BYTES} bytes`);
  const instructions: Instruction[] = [];
  for (let at = afterLocals(entry); at < entry.length; ) {
    const opcode = entry[at] as number;
    const skip = SKIPS[opcode];
    if (skip === undefined) throw new Error(`it has an instruction 0x${opcode.toString(16)}, which OPA does not write`);
    const end = skip(entry, at + 1);
    const operand = WITH_OPERAND.has(opcode) ? readNumber(entry, at + 1)[0] : 0;
    instructions.push({ opcode, operand, start: at, end });
    at = end;
  }
  return instructions;
}

/** An entry of the code section with some instructions replaced. The edits are in ascending order. */
export function editEntry(entry: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let [, at] = readNumber(entry, 0);
  for (const { start, end, code } of edits) {
    parts.push(entry.subarray(at, start), Uint8Array.from(code));
    at = end;
  }
  const body = Buffer.concat([...parts, entry.subarray(at)]);
  return Buffer.concat([Uint8Array.from(writeNumber(body.length)), body]);
}

function afterLocals(entry: Uint8Array): number {
  const [, start] = readNumber(entry, 0);
  let [groups, at] = readNumber(entry, start);
  for (; groups > 0 && at < entry.length; groups--) at = number(entry, at) + 1; // The count, then the type.
  return at;
}
