import { formatRego } from '../value.ts';
import { TYPE } from './layout.ts';
import type { ValueReader } from './values.ts';

/** What the runtime finds otherwise than OPA's interpreter. Values are addresses; 0 is what is not there. */
export interface Lookups {
  /** A member of base data, which OPA reads by a path of texts: an object by the text of a number, a list by that of an index. */
  dataMember(value: number, key: number): number;
  /** An item of a list by a number that is not written as an integer, such as `1.0`. */
  item(list: number, key: number): number;
  /** To be called when the data were replaced. */
  forgetData(): void;
  /** The hash of a number: equal numbers have the same, however they are written. */
  hash(number: number): number;
}

/** A sign, digits, and a fraction that is nothing: what OPA takes for an index. */
const INDEX = /^([-+]?)(?=.{1,19}$)(\d*)(?:\.0*)?$/;
const FNV = { start: 0x811c9dc5 | 0, prime: 0x01000193 };

/** `isData` tells whether a value is one of the data, and not of an evaluation. */
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

  /** Members of data by their names; nothing replaces data but other data. */
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
      // The sum makes 0 of -0, which equals it.
      bytes.setFloat64(0, Number(textOf(number)) + 0, true);
      let hash = FNV.start;
      for (let at = 0; at < bytes.byteLength; at++) hash = Math.imul(hash, FNV.prime) ^ bytes.getUint8(at);
      return hash;
    },
  };
}
