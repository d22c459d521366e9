/**
 * How OPA's runtime lays out values in memory (wasm/src/value.h of OPA), in bytes from the address of the value. The first
 * byte is the type. The addresses need not be aligned.
 */
export const TYPE = {
  null: 1,
  boolean: 2,
  number: 3,
  string: 4,
  array: 5,
  object: 6,
  set: 7,
  /** The same as string and boolean, but a constant of the policy. */
  internedString: 8,
  internedBoolean: 9,
} as const;

/** What the representation of a number says: it is an integer of 64 bits, or a text. */
export const INTEGER = 1;

export const BOOLEAN = { value: 1, bytes: 2 } as const;
export const NUMBER = { representation: 1, integer: 8, text: 8, textLength: 12, bytes: 24 } as const;
/** Nothing of OPA's is at `spare`, where a constant has room for 16 bits. */
export const STRING = { isOwner: 1, spare: 2, length: 4, text: 8, bytes: 12 } as const;
/** `elements` points to pairs of an index, which is a number, and a value. */
export const ARRAY = { elements: 4, length: 8 } as const;
export const ELEMENT = { value: 4, bytes: 8 } as const;
/** Objects and sets are hash tables: `buckets` points to as many chains of entries as `bucketCount` says. */
export const TABLE = { buckets: 4, bucketCount: 8, length: 12 } as const;
/** A set has only keys, and the address of the next entry of its chain in the place of a value. */
export const ENTRY = { key: 0, value: 4, nextOfObject: 8, nextOfSet: 4 } as const;

export const POINTER_BYTES = 4;
