/**
 * The layout of values in the memory of OPA's runtime (wasm/src/value.h of OPA): offsets in bytes from the address of a value,
 * which need not be aligned. The first byte is the type.
 */
export const TYPE = {
  null: 1,
  boolean: 2,
  number: 3,
  string: 4,
  array: 5,
  object: 6,
  set: 7,
  /** String and boolean constants of the policy. */
  internedString: 8,
  internedBoolean: 9,
} as const;

/** The representation of a number that is held as a 64-bit integer; others are held as text. */
export const INTEGER = 1;

export const BOOLEAN = { value: 1, bytes: 2 } as const;
export const NUMBER = { representation: 1, integer: 8, text: 8, textLength: 12, bytes: 24 } as const;
/** OPA leaves the 16 bits at `spare` unused; for constants they hold the hash, see hashBody. */
export const STRING = { isOwner: 1, spare: 2, length: 4, text: 8, bytes: 12 } as const;
/** `elements` points to pairs of an index, which is a number, and a value. */
export const ARRAY = { elements: 4, length: 8 } as const;
export const ELEMENT = { value: 4, bytes: 8 } as const;
/** Objects and sets are hash tables: `buckets` points to `bucketCount` chains of entries. */
export const TABLE = { buckets: 4, bucketCount: 8, length: 12 } as const;
/** An entry of a set has no value: the address of the next entry of its chain follows the key. */
export const ENTRY = { key: 0, value: 4, nextOfObject: 8, nextOfSet: 4 } as const;

export const POINTER_BYTES = 4;
