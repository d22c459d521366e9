/*
 * Modules in the form of OPA's (https://www.openpolicyagent.org/docs/wasm) that do what OPA's would not: bodies of functions
 * are instructions of the binary format (https://webassembly.github.io/spec/core/binary/instructions.html).
 */

const [I32, MUTABLE, END, FUNCTION, GLOBAL] = [0x7f, 0x01, 0x0b, 0x00, 0x03];
/** What builtins and entry points read as, by address. */
const NO_BUILTINS = { address: 8, text: '{}' };
const ENTRYPOINTS = { address: 32, text: '{"approval/decision":0}' };
/** Where whatever the host writes goes. */
const FREE_ADDRESS = [0x41, ...signed(16_384)];

/** Functions that the loader looks for. */
const RUNTIME = { opa_value_iter: 9, opa_value_get: 9, opa_value_hash: 10, eval: 10 };
/** Answers 0, which is no value. */
const NOTHING = [0x41, 0x00];

/** `loop br 0 end unreachable` */
export const LOOP = [0x03, 0x40, 0x0c, 0x00, END, 0x00];

/** Of `opa_json_parse(address, bytes)`: loops where there are more than two bytes, and answers for `{}`. */
export const LOOP_OVER_DATA = [0x20, 0x01, 0x41, 0x02, 0x4b, 0x04, 0x40, ...LOOP, END, 0x41, 0x01];

/** Takes 16 MiB at a time until it has 3 GiB or gets no more, then writes all over it but for the first KiB. */
export const FILL_MEMORY = [
  ...[0x02, 0x40, 0x03, 0x40], // block loop
  ...[0x3f, 0x00, 0x41, ...signed(3 * 2 ** 14), 0x4f, 0x0d, 0x01], // memory.size, i32.const 49152, i32.ge_u, br_if 1
  ...[0x41, ...signed(256), 0x40, 0x00, 0x41, ...signed(-1), 0x46, 0x0d, 0x01], // i32.const 256, memory.grow, -1, eq, br_if 1
  ...[0x0c, 0x00, END, END], // br 0
  ...[0x41, ...signed(1024), 0x41, 0x01], // from 1024 on, ones
  ...[0x3f, 0x00, 0x41, 0x10, 0x74, 0x41, ...signed(1024), 0x6b], // memory.size << 16, - 1024
  ...[0xfc, 0x0b, 0x00], // memory.fill
];

export interface ModuleParts {
  /** Instructions that run where the module is instantiated. */
  start?: number[];
  builtins?: number[];
  entrypoints?: number[];
  parse?: number[];
  /** A section of a memory of its own, beside the one that is imported. */
  memory?: number[];
  /** The table section. */
  table?: number[];
  /** The names of functions by index, instead of those of OPA's runtime. */
  names?: Record<string, number>;
}

export function policyModule({
  start = [],
  builtins = [0x41, NO_BUILTINS.address],
  entrypoints = [0x41, ENTRYPOINTS.address],
  parse = [0x41, 0x01],
  memory,
  table,
  names = RUNTIME,
}: ModuleParts): Uint8Array {
  const bodies = [builtins, entrypoints, [0x20, 0x00], parse, start, FREE_ADDRESS, FREE_ADDRESS, NOTHING, NOTHING];
  // Those that are imported come first.
  const functions = {
    ...{ builtins: 2, entrypoints: 3, opa_json_dump: 4, opa_json_parse: 5 },
    ...{ opa_malloc: 7, opa_heap_ptr_set: 7, opa_heap_ptr_get: 8 },
  };
  const exports = [
    ...Object.entries(functions).map(([exported, index]) => [...name(exported), FUNCTION, index]),
    [...name('opa_wasm_abi_version'), GLOBAL, 1],
    [...name('opa_wasm_abi_minor_version'), GLOBAL, 2],
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // Types: none to two numbers to one, none to none, three and four to one.
    ...section(
      0x01,
      vector([
        ...[0, 1, 2].map((count) => func(numbers(count), [I32])),
        func([], []),
        ...[3, 4].map((count) => func(numbers(count), [I32])),
      ]),
    ),
    ...section(
      0x02,
      vector([
        [...name('env'), ...name('opa_builtin1'), 0x00, 0x04],
        [...name('env'), ...name('opa_builtin2'), 0x00, 0x05],
        [...name('env'), ...name('memory'), 0x02, 0x00, 0x02],
      ]),
    ),
    ...section(0x03, vector([[0], [0], [1], [2], [3], [1], [0], [2], [1]])),
    ...(table === undefined ? [] : section(0x04, table)),
    ...(memory === undefined ? [] : section(0x05, memory)),
    ...section(0x06, vector([variable(0, MUTABLE), variable(1, 0), variable(3, 0)])),
    ...section(0x07, vector(exports)),
    ...(start.length === 0 ? [] : section(0x08, [6])),
    ...section(0x0a, vector(bodies.map((body) => [...unsigned(body.length + 2), 0x00, ...body, END]))),
    ...section(0x0b, vector([NO_BUILTINS, ENTRYPOINTS].map(textAt))),
    ...section(0x00, [
      ...name('name'),
      ...section(0x01, vector(Object.entries(names).map(([called, index]) => [index, ...name(called)]))),
    ]),
  ]);
}

const numbers = (count: number): number[] => Array<number>(count).fill(I32);
const func = (parameters: number[], results: number[]) => [
  0x60,
  ...[parameters.length, ...parameters],
  ...[results.length, ...results],
];
const textAt = ({ address, text }: { address: number; text: string }) => [
  ...[0x00, 0x41, address, END],
  ...[...unsigned(text.length + 1), ...Buffer.from(text), 0],
];
const variable = (value: number, mutability: number) => [I32, mutability, 0x41, value, END];
const name = (text: string) => [text.length, ...Buffer.from(text)];
const vector = (items: number[][]) => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];

/** LEB128 */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >> 7)];
}

function signed(value: number): number[] {
  const [low, rest] = [value & 0x7f, value >> 7];
  const isLast = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
