import { writeNumber } from './sections.ts';

/** Instructions of the binary format, see https://webassembly.github.io/spec/core/binary/instructions.html. */
const OP = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  i64Load: 0x29,
  i32Load8: 0x2d,
  i32Load16: 0x2f,
  i32Store16: 0x3b,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32LessUnsigned: 0x49,
  i32GreaterUnsigned: 0x4b,
  i64LessUnsigned: 0x54,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Multiply: 0x6c,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32ShiftRight: 0x76,
  i64Add: 0x7c,
} as const;
const I32 = 0x7f;
const NO_VALUE = 0x40;
const BYTE_ALIGNED = 0;

/** Instructions as bytes. */
export type Code = readonly number[];

export const getLocal = (index: number): Code => [OP.localGet, ...writeNumber(index)];
/** Sets a local and leaves the value on the stack. */
export const teeLocal = (index: number): Code => [OP.localTee, ...writeNumber(index)];
export const call = (index: number): Code => [OP.call, ...writeNumber(index)];
export const i32 = (value: number): Code => [OP.i32Const, ...writeSigned(BigInt(value))];
export const i64 = (value: bigint): Code => [OP.i64Const, ...writeSigned(value)];
export const isZero: Code = [OP.i32Eqz];
export const isEqual: Code = [OP.i32Eq];
export const isLess: Code = [OP.i32LessUnsigned];
export const isGreater: Code = [OP.i32GreaterUnsigned];
export const isLess64: Code = [OP.i64LessUnsigned];
export const setLocal = (index: number): Code => [OP.localSet, ...writeNumber(index)];
export const add: Code = [OP.i32Add];
export const multiply: Code = [OP.i32Multiply];
export const or: Code = [OP.i32Or];
export const xor: Code = [OP.i32Xor];
/** Unsigned. */
export const shiftRight: Code = [OP.i32ShiftRight];
export const subtract: Code = [OP.i32Sub];
export const and: Code = [OP.i32And];
export const add64: Code = [OP.i64Add];
/** Loads take an address from the stack; offsets are in bytes. */
export const load = (offset: number): Code => [OP.i32Load, BYTE_ALIGNED, ...writeNumber(offset)];
export const load64 = (offset: number): Code => [OP.i64Load, BYTE_ALIGNED, ...writeNumber(offset)];
export const load8 = (offset: number): Code => [OP.i32Load8, BYTE_ALIGNED, ...writeNumber(offset)];
export const load16 = (offset: number): Code => [OP.i32Load16, BYTE_ALIGNED, ...writeNumber(offset)];

/** Takes an address and a value. */
export const store16 = (offset: number): Code => [OP.i32Store16, BYTE_ALIGNED, ...writeNumber(offset)];

/** Each of the three leaves one i32. */
export function ifElse(condition: Code, then: Code, otherwise: Code): Code {
  return [...condition, OP.if, I32, ...then, OP.else, ...otherwise, OP.end];
}

/** Leaves nothing on the stack. */
export function when(condition: Code, then: Code): Code {
  return [...condition, OP.if, NO_VALUE, ...then, OP.end];
}

/** Returns a value from the function if the condition holds. */
export function returnIf(condition: Code, value: Code): Code {
  return [...condition, OP.if, NO_VALUE, ...value, OP.return, OP.end];
}

/** Evaluates the condition first, and repeats the code while it holds. */
export function whileLoop(condition: Code, code: Code): Code {
  const [outer, inner] = [1, 0];
  const stop = [...condition, OP.i32Eqz, OP.branchIf, outer];
  return [OP.block, NO_VALUE, OP.loop, NO_VALUE, ...stop, ...code, OP.branch, inner, OP.end, OP.end];
}

/** An entry of the code section: a function with this many i32 locals after its parameters. */
export function functionBody(locals: number, code: Code): Uint8Array {
  const declared = locals === 0 ? [0] : [1, ...writeNumber(locals), I32];
  const body = [...declared, ...code, OP.end];
  return Uint8Array.from([...writeNumber(body.length), ...body]);
}

/** LEB128, signed. */
function writeSigned(value: bigint): number[] {
  const [byte, rest] = [Number(value & 0x7fn), value >> 7n];
  const isLast = (rest === 0n && byte < 0x40) || (rest === -1n && byte >= 0x40);
  return isLast ? [byte] : [byte + 0x80, ...writeSigned(rest)];
}
