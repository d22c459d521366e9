import {
  add,
  add64,
  and,
  type Code,
  functionBody,
  getLocal,
  i32,
  i64,
  ifElse,
  isEqual,
  isGreater,
  isLess,
  isLess64,
  isZero,
  load,
  load8,
  load16,
  load64,
  multiply,
  or,
  returnIf,
  setLocal,
  shiftRight,
  store16,
  subtract,
  teeLocal,
  when,
  whileLoop,
  xor,
} from './code.ts';
import { ARRAY, ELEMENT, ENTRY, INTEGER, NUMBER, POINTER_BYTES, STRING, TABLE, TYPE } from './layout.ts';

/*
 * Bodies of functions that are added to a module. `own` is code for the answer of the runtime to the same operands, `ours` for
 * the answer of the host.
 */

const typeOf = (local: number): Code => [...getLocal(local), ...load8(0)];
export const isOfType = (local: number, type: number): Code => [...typeOf(local), ...i32(type), ...isEqual];
export const isSet = (local: number): Code => isOfType(local, TYPE.set);
/** An object or a set. */
const isTable = (local: number): Code => isBetween(typeOf(local), TYPE.object, TYPE.set);
export const isString = (local: number): Code => [
  ...isOfType(local, TYPE.string),
  ...isOfType(local, TYPE.internedString),
  ...or,
];
const isText = (local: number): Code => [
  ...isOfType(local, TYPE.number),
  ...getLocal(local),
  ...load8(NUMBER.representation),
  ...i32(INTEGER),
  ...isEqual,
  ...isZero,
  ...and,
];
const byteAt = (local: number): Code => [...getLocal(local), ...load8(0)];
const increment = (local: number): Code => [...getLocal(local), ...i32(1), ...add, ...setLocal(local)];

export function isBetween(value: Code, least: number, most: number): Code {
  return [...value, ...i32(least), ...subtract, ...i32(most - least + 1), ...isLess];
}

/** `(value, previous key) -> next key`. The host is called only for tables of two or more members. */
export function iterateBody(own: Code, ours: Code): Uint8Array {
  const table = 0;
  const hasOrder = [...getLocal(table), ...load(TABLE.length), ...i32(1), ...isGreater];
  const ordered = ifElse(isTable(table), ifElse(hasOrder, ours, own), own);
  return functionBody(0, ifElse(getLocal(table), ordered, i32(0)));
}

/**
 * `(value, key) -> member` in a reference that begins with `data`. OPA's interpreter reads these by a path of texts:
 * `data.levels[1]` is the member "1" of an object, and `data.list["1"]` the second item of a list.
 */
export function readDataBody(find: Code, own: Code, ours: Code): Uint8Array {
  const [value, key] = [0, 1];
  const isNumbered = [...isOfType(value, TYPE.object), ...isOfType(key, TYPE.number), ...and];
  const isNamed = [...isOfType(value, TYPE.array), ...isString(key), ...isText(key), ...or, ...and];
  return readBodyOf(find, own, [...isNumbered, ...isNamed, ...or], ours);
}

/** The same in any other value: OPA's interpreter accepts `1.0` as an index, as it does `1`. */
export function readBody(find: Code, own: Code, ours: Code): Uint8Array {
  const [value, key] = [0, 1];
  return readBodyOf(find, own, [...isOfType(value, TYPE.array), ...isText(key), ...and], ours);
}

/** `(value, key) -> member` for a key that a loop has just given. In a set, the key is the member. */
export function readScannedBody(own: Code): Uint8Array {
  const [value, key] = [0, 1];
  return functionBody(0, ifElse(isSet(value), getLocal(key), own));
}

/** `find` is used for a constant key of an object. If the runtime finds nothing and the condition holds, the host is called. */
function readBodyOf(find: Code, own: Code, condition: Code, ours: Code): Uint8Array {
  const [value, key, found] = [0, 1, 2];
  const isConstant = [...isOfType(value, TYPE.object), ...isOfType(key, TYPE.internedString), ...and];
  const otherwise = ifElse([...own, ...teeLocal(found)], getLocal(found), ifElse(condition, ours, i32(0)));
  return functionBody(1, ifElse(getLocal(value), ifElse(isConstant, find, otherwise), i32(0)));
}

/** `(object, constant string) -> member`. Faster than the runtime, which makes a call for each step. */
export function findBody(hash: Code): Uint8Array {
  const [object, key, entry, other] = [0, 1, 2, 3];
  // The number of buckets is a power of two.
  const mask = [...getLocal(object), ...load(TABLE.bucketCount), ...i32(1), ...subtract];
  const bucket = [...getLocal(key), ...hash, ...mask, ...and];
  const first = [...getLocal(object), ...load(TABLE.buckets), ...bucket, ...i32(POINTER_BYTES), ...multiply, ...add];
  const member = [...getLocal(entry), ...load(ENTRY.value)];
  const length = (local: number): Code => [...getLocal(local), ...load(STRING.length)];
  const mayEqual = ifElse(isString(other), [...length(other), ...length(key), ...isEqual], i32(0));
  return functionBody(5, [
    ...[...first, ...load(0), ...setLocal(entry)],
    ...whileLoop(getLocal(entry), [
      ...[...getLocal(entry), ...load(ENTRY.key), ...setLocal(other)],
      ...returnIf([...getLocal(other), ...getLocal(key), ...isEqual], member),
      ...when(mayEqual, returnIf(haveSameText(key, other), member)),
      ...[...getLocal(entry), ...load(ENTRY.nextOfObject), ...setLocal(entry)],
    ]),
    ...i32(0),
  ]);
}

/** Compares two strings of the same length. Uses the locals 4 to 6. */
function haveSameText(one: number, other: number): Code {
  const [at, offset, end] = [4, 5, 6];
  const start = (local: number): Code => [...getLocal(local), ...load(STRING.text)];
  const atOther = [...getLocal(at), ...getLocal(offset), ...add, ...load8(0)];
  return [
    ...[...start(one), ...teeLocal(at), ...getLocal(one), ...load(STRING.length), ...add, ...setLocal(end)],
    ...[...start(other), ...getLocal(at), ...subtract, ...setLocal(offset)],
    ...whileLoop(
      ifElse([...getLocal(at), ...getLocal(end), ...isLess], [...byteAt(at), ...atOther, ...isEqual], i32(0)),
      increment(at),
    ),
    ...[...getLocal(at), ...getLocal(end), ...isEqual],
  ];
}

/** The runtime converts integers of up to this many digits to doubles exactly. */
const EXACT_DIGITS = 15;
/** A constant has room for this part of its hash, which is enough for tables of 65,536 buckets. */
const HASH_MASK = 0xffff;
const MULTIPLIER = 0x9e3779b1 | 0;

/**
 * `value -> hash`. The host hashes numbers other than short integers, because the runtime gives 1e2 and 100 different hashes.
 * Strings are hashed four bytes at a time (the runtime reads one), and constants keep their hash; the time saved pays for
 * sorting. The seed prevents callers from choosing names that all have the same hash.
 */
export function hashBody(seed: number, integerDigits: Code, own: Code, ours: Code): Uint8Array {
  const [value, hash, at, end] = [0, 1, 2, 3];
  const mix = (input: Code): Code => [
    ...[...getLocal(hash), ...input, ...xor, ...i32(MULTIPLIER), ...multiply, ...teeLocal(hash)],
    ...[...getLocal(hash), ...i32(15), ...shiftRight, ...xor, ...setLocal(hash)],
  ];
  const isConstant = isOfType(value, TYPE.internedString);
  const kept = [...getLocal(value), ...load16(STRING.spare)];
  const ofText = [
    ...when(isConstant, returnIf(kept, kept)),
    ...[...getLocal(value), ...load(STRING.text), ...teeLocal(at)],
    ...[...getLocal(value), ...load(STRING.length), ...add, ...setLocal(end)],
    ...[...i32(seed), ...getLocal(value), ...load(STRING.length), ...xor, ...setLocal(hash)],
    ...whileLoop(
      [...getLocal(at), ...i32(POINTER_BYTES), ...add, ...getLocal(end), ...isGreater, ...isZero],
      [...mix([...getLocal(at), ...load(0)]), ...getLocal(at), ...i32(POINTER_BYTES), ...add, ...setLocal(at)],
    ),
    ...whileLoop([...getLocal(at), ...getLocal(end), ...isLess], [...mix(byteAt(at)), ...increment(at)]),
    ...[...getLocal(hash), ...getLocal(hash), ...i32(16), ...shiftRight, ...xor],
    ...[...i32(HASH_MASK), ...and, ...setLocal(hash)],
    ...when(isConstant, [...getLocal(value), ...getLocal(hash), ...store16(STRING.spare)]),
    ...getLocal(hash),
  ];
  const isPlain = isBetween([...getLocal(value), ...integerDigits], 1, EXACT_DIGITS);
  const ofNumber = ifElse(isPlain, own, ours);
  return functionBody(3, ifElse(isString(value), ofText, ifElse(isOfType(value, TYPE.number), ofNumber, own)));
}

/**
 * `value -> digits`: the number of digits of an integer that is held as text without fraction or exponent; 1 for an integer
 * that is held in binary and fits in 32 bits; 0 for any other value. The runtime computes correctly with these.
 */
export function integerDigitsBody(): Uint8Array {
  const value = 0;
  const integer = [...getLocal(value), ...load64(NUMBER.integer)];
  const isSmall = [...integer, ...i64(2n ** 31n), ...add64, ...i64(2n ** 32n), ...isLess64];
  return functionBody(3, [
    ...returnIf([...isOfType(value, TYPE.number), ...isZero], i32(0)),
    ...returnIf([...isText(value), ...isZero], isSmall),
    ...countDigits(value, NUMBER.text, NUMBER.textLength),
  ]);
}

/** `value -> digits`: the same for a string that holds such an integer. */
export function textDigitsBody(): Uint8Array {
  const value = 0;
  return functionBody(3, [
    ...returnIf([...isString(value), ...isZero], i32(0)),
    ...countDigits(value, STRING.text, STRING.length),
  ]);
}

/** The number of digits of `-?(0|[1-9][0-9]*)` other than `-0`; 0 for another text. Uses the locals 1 to 3. */
function countDigits(value: number, textOffset: number, lengthOffset: number): Code {
  const [at, end, digits] = [1, 2, 3];
  const [zero, one, nine] = ['0', '1', '9'].map((digit) => digit.charCodeAt(0)) as [number, number, number];
  const isEmpty = [...getLocal(digits), ...isZero];
  const minus = [...byteAt(at), ...i32('-'.charCodeAt(0)), ...isEqual];
  return [
    ...[...getLocal(value), ...load(textOffset), ...teeLocal(at)],
    ...[...getLocal(value), ...load(lengthOffset), ...teeLocal(digits), ...add, ...setLocal(end)],
    ...returnIf(isEmpty, i32(0)),
    ...returnIf([...byteAt(at), ...i32(zero), ...isEqual], [...getLocal(digits), ...i32(1), ...isEqual]),
    ...when(minus, [...increment(at), ...getLocal(digits), ...i32(1), ...subtract, ...setLocal(digits)]),
    ...returnIf(isEmpty, i32(0)),
    ...returnIf([...isBetween(byteAt(at), one, nine), ...isZero], i32(0)),
    ...whileLoop(
      [...getLocal(at), ...getLocal(end), ...isLess],
      [...returnIf([...isBetween(byteAt(at), zero, nine), ...isZero], i32(0)), ...increment(at)],
    ),
    ...getLocal(digits),
  ];
}

/** `value -> 0 or 1`: whether it is an array whose members all pass the test. */
export function isArrayOfBody(test: (member: number) => Code): Uint8Array {
  const [value, at, end, member] = [0, 1, 2, 3];
  return functionBody(3, [
    ...returnIf([...isOfType(value, TYPE.array), ...isZero], i32(0)),
    ...[...getLocal(value), ...load(ARRAY.elements), ...teeLocal(at)],
    ...[...getLocal(value), ...load(ARRAY.length), ...i32(ELEMENT.bytes), ...multiply, ...add, ...setLocal(end)],
    ...whileLoop(
      [...getLocal(at), ...getLocal(end), ...isLess],
      [
        ...[...getLocal(at), ...load(ELEMENT.value), ...setLocal(member)],
        ...returnIf([...test(member), ...isZero], i32(0)),
        ...[...getLocal(at), ...i32(ELEMENT.bytes), ...add, ...setLocal(at)],
      ],
    ),
    ...i32(1),
  ]);
}

/** `value -> 0 or 1`: whether it is a string of ASCII only. */
export function isAsciiBody(): Uint8Array {
  const [value, at, end] = [0, 1, 2];
  return functionBody(2, [
    ...returnIf([...isString(value), ...isZero], i32(0)),
    ...[...getLocal(value), ...load(STRING.text), ...teeLocal(at)],
    ...[...getLocal(value), ...load(STRING.length), ...add, ...setLocal(end)],
    ...whileLoop(
      [...getLocal(at), ...getLocal(end), ...isLess],
      [...returnIf([...isBetween(byteAt(at), 0x80, 0xff)], i32(0)), ...increment(at)],
    ),
    ...i32(1),
  ]);
}
