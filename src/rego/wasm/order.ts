import { compareRego } from '../value.ts';
import { TYPE } from './layout.ts';
import type { ValueReader } from './values.ts';

/** The order of the members of sets and of the keys of objects: OPA sorts them, while a module follows their hashes. */
export interface TableOrder {
  /** The addresses of the entries of an object or a set, sorted by key. */
  entries(table: number): readonly number[];
  /** The address of the key after `previous` (0: of the first key); 0 after the last. */
  next(table: number, previous: number): number;
  /** Forgets the tables of an evaluation: the next one reuses their addresses. */
  forgetEvaluation(): void;
  /** Forgets all tables. From now on, values below `heap` are data. */
  forgetAll(heap: number): void;
}

interface Order {
  entries: readonly number[];
  /** The addresses of their keys. */
  keys: readonly number[];
  /** The values of an object that are strings, once they have been compared. */
  texts: (string | undefined)[];
  /** The position of the last call of `next`, at which the following call mostly goes on (not in nested loops over a table). */
  at: number;
}

/** The keys of an object in the order of its buckets, and their positions sorted as OPA does. Objects made by one rule share it. */
interface Shape {
  keys: readonly number[];
  places: readonly number[];
}

const MAX_SHAPES = 32;
/** Up to this many members, a simple sort is the fastest. */
const FEW = 16;

/**
 * An order is kept as long as its table. An address and a length identify the members of a table, because the runtime only
 * adds members to a table that policy can see, never frees its memory, and never replaces the value of a key in it.
 */
export function createTableOrder(reader: ValueReader): TableOrder {
  let heap = 0;
  const ofData = new Map<number, Order>();
  const ofEvaluation = new Map<number, Order>();
  let shapes: Shape[] = [];

  function orderOf(table: number): Order {
    const orders = table < heap ? ofData : ofEvaluation;
    const known = orders.get(table);
    if (known !== undefined && known.keys.length === reader.lengthOf(table)) return known;
    const entries = reader.entriesOf(table);
    const keys = entries.map(reader.keyOf);
    const places = reader.typeAt(table) === TYPE.object ? placesOfShape(keys) : sortedPlaces(keys);
    const order = {
      entries: places.map((place) => entries[place] as number),
      keys: places.map((place) => keys[place] as number),
      texts: [],
      at: 0,
    };
    orders.set(table, order);
    return order;
  }

  function placesOfShape(keys: readonly number[]): readonly number[] {
    for (const shape of shapes) if (areSame(shape.keys, keys)) return shape.places;
    const places = sortedPlaces(keys);
    // Only constants and data keep their addresses in the next evaluation.
    if (keys.every((key) => key < heap)) shapes = [{ keys, places }, ...shapes.slice(0, MAX_SHAPES - 1)];
    return places;
  }

  function sortedPlaces(keys: readonly number[]): number[] {
    const places = Array.from(keys, (_, place) => place);
    const compareAt = comparisonOf(keys);
    return places.length <= FEW ? insertionSorted(places, compareAt) : places.sort(compareAt);
  }

  /** Compares keys by their positions. Keys of one type are read once each, not at every comparison. */
  function comparisonOf(keys: readonly number[]): (one: number, other: number) => number {
    const type = reader.typeAt(keys[0] ?? 0);
    const areAlike = keys.length > 2 && keys.every((key) => reader.typeAt(key) === type);
    if (areAlike && type === TYPE.string) {
      const texts = keys.map(reader.textAt);
      return (one, other) => compareTexts(texts[one] as string, texts[other] as string);
    }
    if (areAlike && type === TYPE.object) {
      const orders = keys.map(orderOf);
      return (one, other) => compareObjects(orders[one] as Order, orders[other] as Order);
    }
    return (one, other) => compare(keys[one] as number, keys[other] as number);
  }

  /** As OPA's interpreter compares two values; the runtime compares some differently. */
  function compare(one: number, other: number): number {
    if (one === other) return 0;
    const type = reader.typeAt(one);
    const difference = type - reader.typeAt(other);
    if (difference !== 0) return difference;
    switch (type) {
      case TYPE.string:
        return compareTexts(reader.textAt(one), reader.textAt(other));
      case TYPE.array:
        return compareLists(reader.membersOf(one), reader.membersOf(other));
      case TYPE.object:
        return compareObjects(orderOf(one), orderOf(other));
      case TYPE.set:
        return compareLists(orderOf(one).keys, orderOf(other).keys);
      default:
        return compareRego(reader.valueAt(one), reader.valueAt(other));
    }
  }

  function compareLists(one: readonly number[], other: readonly number[]): number {
    for (let index = 0; index < one.length && index < other.length; index++) {
      const difference = compare(one[index] as number, other[index] as number);
      if (difference !== 0) return difference;
    }
    return one.length - other.length;
  }

  function compareObjects(one: Order, other: Order): number {
    for (let index = 0; index < one.keys.length && index < other.keys.length; index++) {
      const difference =
        compare(one.keys[index] as number, other.keys[index] as number) || compareValues(one, other, index);
      if (difference !== 0) return difference;
    }
    return one.keys.length - other.keys.length;
  }

  function compareValues(one: Order, other: Order, index: number): number {
    const [a, b] = [reader.valueOf(one.entries[index] as number), reader.valueOf(other.entries[index] as number)];
    if (reader.typeAt(a) !== TYPE.string || reader.typeAt(b) !== TYPE.string) return compare(a, b);
    one.texts[index] ??= reader.textAt(a);
    other.texts[index] ??= reader.textAt(b);
    return compareTexts(one.texts[index] as string, other.texts[index] as string);
  }

  function placeOf({ keys, at }: Order, key: number): number {
    if (keys[at] === key) return at;
    const place = keys.indexOf(key);
    // Otherwise it is another value that is equal to the key.
    return place >= 0 ? place : keys.findIndex((each) => compare(each, key) === 0);
  }

  return {
    entries: (table) => orderOf(table).entries,
    next(table, previous) {
      const order = orderOf(table);
      order.at = previous === 0 ? 0 : placeOf(order, previous) + 1;
      return order.keys[order.at] ?? 0;
    },
    forgetEvaluation: () => ofEvaluation.clear(),
    forgetAll(newHeap) {
      heap = newHeap;
      ofData.clear();
      ofEvaluation.clear();
      shapes = [];
    },
  };
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function areSame(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}

/** For a handful of members, as most tables have, this takes half the time of Array.sort. */
function insertionSorted(places: number[], compareAt: (one: number, other: number) => number): number[] {
  for (let end = 1; end < places.length; end++) {
    const place = places[end] as number;
    let at = end;
    for (; at > 0 && compareAt(places[at - 1] as number, place) > 0; at--) places[at] = places[at - 1] as number;
    places[at] = place;
  }
  return places;
}
