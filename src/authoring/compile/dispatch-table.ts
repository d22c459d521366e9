import { contentOf, vectorOf } from '../../rego/wasm/functions.ts';
import { STRING } from '../../rego/wasm/layout.ts';
import { DATA_SECTION, ELEMENT_SECTION, readNumber, type Section } from '../../rego/wasm/sections.ts';

/** What a dynamic reference has to be to lead to an entry: undefined stands for any name. */
export type PathPattern = readonly (string | undefined)[];

/** Paths below `data`, after the name of a generation (`g0`), to places in the module's table of functions. */
interface Mapping {
  [step: string]: number | Mapping;
}

/** The entries by which the rules of a module are found at run time. */
export interface DispatchTable {
  /** Takes out each entry on such a path for whose function (an index) `isWrong` is true. Answers whether there was one. */
  remove(pattern: PathPattern, isWrong: (index: number) => boolean): boolean;
  /** The data section with the entries that are left, of the same length. */
  dataSection(): Uint8Array;
  /** The text of a constant string of a rule, by its address. */
  stringAt(address: number): string | undefined;
}

/** Bytes that are in memory when a module starts. */
interface DataSegment {
  address: number;
  bytes: Uint8Array;
}

/** How a segment begins: in the only memory, or table, at an address that is a constant. */
const ACTIVE = 0;
const [CONSTANT, END] = [0x41, 0x0b];
const NOT_THERE = 0;

/**
 * Reads the table that OPA's compiler makes of the rules: JSON in the last segment of the data, whose numbers are places in
 * the table of functions, which the last segment of elements fills. Throws Error for a module in which it is not so.
 */
export function readDispatchTable(sections: readonly Section[]): DispatchTable {
  const data = Uint8Array.from(contentOf(sections, DATA_SECTION));
  const segments = vectorOf(data, readDataSegment);
  const elements = vectorOf(contentOf(sections, ELEMENT_SECTION), readElements).at(-1);
  const last = segments.at(-1);
  if (last === undefined || elements === undefined) throw new Error('it has no dispatch table');
  const mapping = JSON.parse(Buffer.from(last.bytes).toString()) as Mapping;

  function removeFrom(below: Mapping, [step, ...steps]: PathPattern, isWrong: (index: number) => boolean): boolean {
    const names = step === undefined ? Object.keys(below) : [step].filter((name) => Object.hasOwn(below, name));
    const removed = names.map((name) => {
      const entry = below[name] as number | Mapping;
      if (typeof entry === 'object') return steps.length > 0 && removeFrom(entry, steps, isWrong);
      const index = elements?.functions[entry - elements.place];
      if (steps.length > 0 || index === undefined || !isWrong(index)) return false;
      below[name] = NOT_THERE;
      return true;
    });
    return removed.includes(true);
  }

  return {
    remove: (pattern, isWrong) => removeFrom(mapping, pattern, isWrong),
    dataSection() {
      const text = Buffer.from(JSON.stringify(mapping));
      // The module passes on how long the text is: blanks after it are no part of the JSON.
      const padded = Buffer.alloc(last.bytes.length, ' ');
      if (text.copy(padded) < text.length) throw new Error('the form of its dispatch table is not known');
      last.bytes.set(padded);
      return data;
    },
    stringAt(address) {
      const bytes = memoryAt(segments, address, STRING.bytes);
      if (bytes === undefined) return undefined;
      const text = memoryAt(segments, bytes.readUInt32LE(STRING.text), bytes.readUInt32LE(STRING.length));
      return text?.toString();
    },
  };
}

function memoryAt(segments: readonly DataSegment[], address: number, length: number): Buffer | undefined {
  const found = segments.find(
    (each) => address >= each.address && address + length <= each.address + each.bytes.length,
  );
  return found && Buffer.from(found.bytes).subarray(address - found.address, address - found.address + length);
}

/** Where a segment is to lie. */
function readPlace(content: Uint8Array, at: number): [place: number, next: number] {
  const [place, end] = readNumber(content, at + 2);
  if (content[at] !== ACTIVE || content[at + 1] !== CONSTANT || content[end] !== END) {
    throw new Error('it has a segment in a form that OPA does not write');
  }
  return [place, end + 1];
}

function readDataSegment(content: Uint8Array, at: number): [segment: DataSegment, next: number] {
  const [address, next] = readPlace(content, at);
  const [length, start] = readNumber(content, next);
  return [{ address, bytes: content.subarray(start, start + length) }, start + length];
}

function readElements(
  content: Uint8Array,
  at: number,
): [elements: { place: number; functions: number[] }, next: number] {
  const [place, start] = readPlace(content, at);
  const functions = vectorOf(content, readNumber, start);
  const [, first] = readNumber(content, start);
  return [{ place, functions }, functions.reduce((next) => readNumber(content, next)[1], first)];
}
