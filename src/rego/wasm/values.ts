import {
  goJsonText,
  type JsonValue,
  numberText,
  parseNumber,
  type RegoNumber,
  type RegoValue,
  regoObject,
} from '../value.ts';
import { ARRAY, BOOLEAN, ELEMENT, ENTRY, INTEGER, NUMBER, POINTER_BYTES, STRING, TABLE, TYPE } from './layout.ts';

const TWO_32 = 0x1_0000_0000;
/** Enough for the names and codes of a policy, and some of the data. */
const MAX_CONSTANTS = 10_000;
const OWN = { enumerable: true, writable: true, configurable: true } as const;

/** A WebAssembly.Memory. When it grows, `buffer` is replaced. */
export interface GrowingMemory {
  readonly buffer: ArrayBuffer;
}

/** Reads values from the memory of a module. Addresses come from the module itself and are not checked. */
export interface ValueReader {
  /** Has to be called after the module has run and before anything is read, since its memory may have grown. */
  refresh(): void;
  valueAt(address: number): RegoValue;
  /**
   * The value as JSON (see toJson), with numbers as JavaScript has them. The members of sets at most `unsortedLevels` deep (1:
   * the value itself) come in any order.
   */
  jsonAt(address: number, unsortedLevels: number): JsonValue;
  /** Has to be called when the data were replaced, which take up addresses below those of evaluations. */
  forgetConstants(): void;
  /** The type, see TYPE; constants of the policy have the type of other values. */
  typeAt(address: number): number;
  /** The bytes of a string, one character each. These texts compare as Go compares the strings. */
  textAt(string: number): string;
  /** The number of members of an object or a set. */
  lengthOf(table: number): number;
  /** The addresses of the entries of an object or a set, bucket by bucket. */
  entriesOf(table: number): number[];
  /** The address of the key of an entry of an object, or of the member of an entry of a set. */
  keyOf(entry: number): number;
  /** The address of the value of an entry of an object. */
  valueOf(entry: number): number;
  /** The addresses of the members of an array. */
  membersOf(array: number): number[];
  /** The address of the member at an index; 0 if there is none. */
  itemOf(array: number, index: number): number;
}

/**
 * `ordered` gives the entries of an object or a set in OPA's order. `isConstant` tells strings that stay the same in all
 * evaluations.
 */
export function createValueReader(
  memory: GrowingMemory,
  ordered: (table: number) => readonly number[],
  isConstant: (address: number) => boolean,
): ValueReader {
  let bytes = Buffer.from(memory.buffer);
  let view = new DataView(memory.buffer);

  /** When memory grows, the length of its old buffer becomes 0. */
  function refresh(): void {
    if (bytes.length !== 0) return;
    bytes = Buffer.from(memory.buffer);
    view = new DataView(memory.buffer);
  }

  function word(address: number): number {
    return view.getUint32(address, true);
  }

  function read(address: number): RegoValue {
    switch (typeAt(address)) {
      case TYPE.null:
        return null;
      case TYPE.boolean:
        return bytes[address + BOOLEAN.value] !== 0;
      case TYPE.number:
        return readNumber(address);
      case TYPE.string:
        return readString(address);
      case TYPE.array:
        return membersOf(address).map(read);
      case TYPE.object:
        return regoObject(
          ordered(address).map((entry) => [read(word(entry + ENTRY.key)), read(word(entry + ENTRY.value))]),
        );
      case TYPE.set:
        return new Set(ordered(address).map((entry) => read(word(entry + ENTRY.key))));
      default:
        throw new Error(`no value of Rego at ${address}`);
    }
  }

  const constants = new Map<number, string>();
  function readString(address: number): string {
    const known = isConstant(address) ? constants.get(address) : undefined;
    if (known !== undefined) return known;
    const start = word(address + STRING.text);
    const text = bytes.toString('utf8', start, start + word(address + STRING.length));
    if (isConstant(address) && constants.size < MAX_CONSTANTS) constants.set(address, text);
    return text;
  }

  function readJson(address: number, unsorted: number): JsonValue {
    switch (typeAt(address)) {
      case TYPE.number:
        return Number(numberText(readNumber(address)));
      case TYPE.array:
        return membersOf(address).map((member) => readJson(member, unsorted - 1));
      case TYPE.object:
        return readJsonObject(address, unsorted);
      case TYPE.set: {
        const entries = unsorted > 0 ? entriesOf(address) : ordered(address);
        return entries.map((entry) => readJson(word(entry + ENTRY.key), unsorted - 1));
      }
      default:
        return read(address) as null | boolean | string;
    }
  }

  /** Of keys with the same text, such as 1 and "1", the last one in OPA's order counts. */
  function readJsonObject(address: number, unsorted: number): Record<string, JsonValue> {
    const object: Record<string, JsonValue> = {};
    const entries = entriesOf(address);
    const areNames = entries.every((entry) => typeAt(word(entry + ENTRY.key)) === TYPE.string);
    for (const entry of areNames ? entries : ordered(address)) {
      const key = word(entry + ENTRY.key);
      const name = typeAt(key) === TYPE.string ? readString(key) : goJsonText(read(key));
      const value = readJson(word(entry + ENTRY.value), unsorted - 1);
      // An assignment would set the prototype instead.
      if (name === '__proto__') Object.defineProperty(object, name, { ...OWN, value });
      else object[name] = value;
    }
    return object;
  }

  function readNumber(address: number): RegoNumber {
    if (bytes[address + NUMBER.representation] !== INTEGER) {
      const start = word(address + NUMBER.text);
      return parseNumber(bytes.toString('latin1', start, start + word(address + NUMBER.textLength)));
    }
    const low = word(address + NUMBER.integer);
    const high = view.getInt32(address + NUMBER.integer + POINTER_BYTES, true);
    const value = high * TWO_32 + low;
    return Number.isSafeInteger(value) ? value : BigInt(high) * BigInt(TWO_32) + BigInt(low);
  }

  function membersOf(array: number): number[] {
    const elements = word(array + ARRAY.elements);
    const members: number[] = [];
    for (let index = 0; index < word(array + ARRAY.length); index++) {
      members.push(word(elements + index * ELEMENT.bytes + ELEMENT.value));
    }
    return members;
  }

  function itemOf(array: number, index: number): number {
    if (index >= word(array + ARRAY.length)) return 0;
    return word(word(array + ARRAY.elements) + index * ELEMENT.bytes + ELEMENT.value);
  }

  function typeAt(address: number): number {
    const type = bytes[address] as number;
    if (type === TYPE.internedString) return TYPE.string;
    return type === TYPE.internedBoolean ? TYPE.boolean : type;
  }

  function lengthOf(table: number): number {
    return word(table + TABLE.length);
  }

  function entriesOf(table: number): number[] {
    const next = bytes[table] === TYPE.set ? ENTRY.nextOfSet : ENTRY.nextOfObject;
    const [buckets, count] = [word(table + TABLE.buckets), word(table + TABLE.bucketCount)];
    const length = lengthOf(table);
    const entries: number[] = [];
    for (let index = 0; index < count; index++) {
      for (let entry = word(buckets + index * POINTER_BYTES); entry !== 0; entry = word(entry + next)) {
        if (entries.length === length) throw new Error('an object or a set has more members than it says');
        entries.push(entry);
      }
    }
    return entries;
  }

  function textAt(address: number): string {
    const start = word(address + STRING.text);
    return bytes.toString('latin1', start, start + word(address + STRING.length));
  }

  return {
    refresh,
    valueAt: read,
    jsonAt: readJson,
    forgetConstants: () => constants.clear(),
    typeAt,
    textAt,
    lengthOf,
    entriesOf,
    keyOf: (entry) => word(entry + ENTRY.key),
    valueOf: (entry) => word(entry + ENTRY.value),
    membersOf,
    itemOf,
  };
}
