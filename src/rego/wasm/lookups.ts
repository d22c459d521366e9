import { formatRego } from '../value.ts';
import { TYPE } from './layout.ts';
import type { ValueReader } from './values.ts';

/** Look-ups in which the runtime differs from OPA's interpreter. Values are addresses; 0 means that there is none. */
export interface Lookups {
  /** A member of base data. OPA reads these by paths of texts: an object by the text of a number, a list by the text of an index. */
  dataMember(value: number, key: number): number;
  /** An item of a list by a number with a fraction of zeros, such as `1.0`. */
  item(list: number, key: number): number;
  /** Has to be called after the data were replaced. */
  forgetData(): void;
  /** The hash of a number, which does not depend on how the number is written. */
  hash(number: number): number;
}

/** OPA accepts as an index: a sign, digits, and a fraction of zeros. */
const INDEX = /^([-+]?)(?=.{1,19}$)(\d*)(?:\.0*)?$/;
const FNV = { start: 0x811c9dc5 | 0, prime: 0x01000193 };

/** `isData` tells values of the data from those of an evaluation. */
export function createLookups(reader: ValueReader, isData: (value: number) => boolean): Lookups {
  const textOf = (key: number): string => {
    return reader.typeAt(key) === TYPE.string ? String(reader.valueAt(key)) : formatRego(reader.valueAt(key));
  };

  function itemAt(list: number, text: string): number {
    const [, sign, digits] = INDEX.exec(text) ?? [];
    if (digits === undefined) return 0;
    const index = Number(digits);
    return sign === '-' && index > 0 ? 0 : reader.itemOf(list, index);
  }

  /** The members of data objects by name. They stay valid until the data are replaced. */
  const members = new Map<number, ReadonlyMap<string, number>>();
  function memberOf(object: number, name: string): number {
    const known = members.get(object) ?? membersByName(object);
    members.set(object, known);
    return known.get(name) ?? 0;
  }

  function membersByName(object: number): ReadonlyMap<string, number> {
    const named = reader.entriesOf(object).filter((entry) => reader.typeAt(reader.keyOf(entry)) === TYPE.string);
    return new Map(named.map((entry) => [String(reader.valueAt(reader.keyOf(entry))), reader.valueOf(entry)]));
  }

  return {
    dataMember(value, key) {
      const text = textOf(key);
      if (reader.typeAt(value) === TYPE.object) return isData(value) ? memberOf(value, text) : 0;
      return isData(value) || reader.typeAt(key) === TYPE.number ? itemAt(value, text) : 0;
    },
    forgetData: () => members.clear(),
    item: (list, key) => itemAt(list, textOf(key)),
    hash(number) {
      const bytes = new DataView(new ArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
      // Adding 0 turns -0 into 0, which is equal to it.
      bytes.setFloat64(0, Number(textOf(number)) + 0, true);
      let hash = FNV.start;
      for (let at = 0; at < bytes.byteLength; at++) hash = Math.imul(hash, FNV.prime) ^ bytes.getUint8(at);
      return hash;
    },
  };
}
