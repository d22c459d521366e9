import {
  CODE_SECTION,
  CUSTOM_SECTION,
  FUNCTION_SECTION,
  IMPORT_SECTION,
  readNumber,
  type Section,
  sectionsOf,
  TYPE_SECTION,
  writeNumber,
} from './sections.ts';

/** The kinds of imports in the binary format. */
const FUNCTION_IMPORT = 0;
const MEMORY_IMPORT = 2;
const HAS_MAXIMUM = 0x01;
/** The subsection of the section `name` that has the names of functions. */
const FUNCTION_NAMES = 1;

/** A function of a module. */
export interface WasmFunction {
  /** The operand of calls. Imported functions come first. */
  index: number;
  /** The index of its type. */
  type: number;
  parameters: number;
  /** Its entry of the code section, see readBody; undefined for an imported function. */
  body: Uint8Array | undefined;
}

/** By name. A compiler may leave functions unnamed. */
export type WasmFunctions = ReadonlyMap<string, WasmFunction>;

/**
 * The functions of a module by their names, imported ones included.
 * See https://webassembly.github.io/spec/core/appendix/custom.html#name-section. Throws Error for a module without names.
 */
export function functionsOf(wasm: Uint8Array): WasmFunctions {
  const sections = sectionsOf(wasm);
  const parameters = parameterCounts(contentOf(sections, TYPE_SECTION));
  const imported = importedFunctions(contentOf(sections, IMPORT_SECTION));
  const types = [...imported.map(({ type }) => type), ...vectorOf(contentOf(sections, FUNCTION_SECTION), readNumber)];
  const bodies = vectorOf(contentOf(sections, CODE_SECTION), readBody);
  const names = [...imported.map(({ name }, index) => [index, name] as const), ...functionNames(sections)];
  return new Map(
    names.map(([index, name]) => {
      const type = types[index] ?? -1;
      return [name, { index, type, parameters: parameters[type] ?? 0, body: bodies[index - imported.length] }];
    }),
  );
}

/** Throws Error for a name that no function has. */
export function functionNamed(functions: WasmFunctions, name: string): WasmFunction {
  const found = functions.get(name);
  if (found === undefined) throw new Error(`it has no function ${name}`);
  return found;
}

export function contentOf(sections: readonly Section[], wanted: number): Uint8Array {
  return sections.find(({ id }) => id === wanted)?.content ?? Uint8Array.of(0);
}

export type Reader<T> = (bytes: Uint8Array, at: number) => [item: T, next: number];

export function vectorOf<T>(content: Uint8Array, read: Reader<T>, start = 0): T[] {
  const [count, first] = readNumber(content, start);
  const items: T[] = [];
  for (let at = first; items.length < count; ) {
    if (at >= content.length) throw new Error('it ends in the middle of a section');
    const [item, next] = read(content, at);
    items.push(item);
    at = next;
  }
  return items;
}

export function vector(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.from(writeNumber(items.length)), ...items]);
}

/** The number of parameters of each type. All parameters and results are numbers, one byte each. */
function parameterCounts(content: Uint8Array): number[] {
  return vectorOf(content, (bytes, at) => {
    const [parameters, first] = readNumber(bytes, at + 1);
    const [results, next] = readNumber(bytes, first + parameters);
    return [parameters, next + results];
  });
}

export function importedFunctions(content: Uint8Array): { name: string; type: number }[] {
  const imports = vectorOf(content, (bytes, at) => {
    const [, afterModule] = readName(bytes, at);
    const [name, kind] = readName(bytes, afterModule);
    if (bytes[kind] === FUNCTION_IMPORT) {
      const [type, next] = readNumber(bytes, kind + 1);
      return [{ name, type }, next];
    }
    if (bytes[kind] !== MEMORY_IMPORT) throw new Error(`it imports ${name}, which is neither a function nor memory`);
    const [, afterMinimum] = readNumber(bytes, kind + 2);
    return [undefined, bytes[kind + 1] === HAS_MAXIMUM ? readNumber(bytes, afterMinimum)[1] : afterMinimum];
  });
  return imports.filter((each) => each !== undefined);
}

function functionNames(sections: readonly Section[]): [index: number, name: string][] {
  for (const { content } of sections.filter(({ id }) => id === CUSTOM_SECTION)) {
    const [section, start] = readName(content, 0);
    if (section !== 'name') continue;
    for (let at = start; at < content.length; ) {
      const [bytes, first] = readNumber(content, at + 1);
      if (content[at] === FUNCTION_NAMES) return vectorOf(content, readNaming, first);
      at = first + bytes;
    }
  }
  throw new Error('it does not name its functions, as the modules of OPA do');
}

function readNaming(bytes: Uint8Array, at: number): [naming: [index: number, name: string], next: number] {
  const [index, start] = readNumber(bytes, at);
  const [name, next] = readName(bytes, start);
  return [[index, name], next];
}

function readName(bytes: Uint8Array, at: number): [name: string, next: number] {
  const [length, start] = readNumber(bytes, at);
  const next = start + length;
  return [Buffer.from(bytes.subarray(start, next)).toString('utf8'), next];
}

/** An entry of the code section, including the length in front of it. */
export function readBody(bytes: Uint8Array, at: number): [body: Uint8Array, next: number] {
  const [length, start] = readNumber(bytes, at);
  return [bytes.subarray(at, start + length), start + length];
}
