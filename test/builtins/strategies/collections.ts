import fc from 'fast-check';
import { isRegoObject, parseNumber, type RegoValue, regoEntries } from '../../../src/rego/value.ts';
import { anyNumber, anyText, anyValue, objectOf, plainText, smallInteger } from '../values.ts';
import type { Strategies } from './strategies.ts';

/** A few values only, so that collections have members in common; numbers are equal that are written differently. */
const member: fc.Arbitrary<RegoValue> = fc.oneof(
  fc.constantFrom<RegoValue>(
    'a',
    'b',
    'c',
    '1',
    1,
    2,
    10,
    parseNumber('1.0'),
    parseNumber('2e0'),
    null,
    true,
    false,
    '__proto__',
    'constructor',
  ),
  fc.constantFrom<RegoValue>('A', 'ab', '😀', '\uff5e', -1, parseNumber('1e30'), parseNumber('0.5')),
  fc.constantFrom<RegoValue>(...['0.50', '5e-1', '1e0', '10e-1', '-0'].map(parseNumber)),
  fc.array(fc.constantFrom<RegoValue>(1, 'a'), { maxLength: 2 }),
  fc.array(fc.constantFrom<RegoValue>(1, 'a'), { maxLength: 2 }).map((members) => new Set(members)),
  fc.constantFrom('a', 'b').map((key): RegoValue => ({ [key]: 1 })),
);
const members = fc.array(member, { maxLength: 6 });
const set = members.map((each): RegoValue => new Set(each));
const list = members as fc.Arbitrary<RegoValue>;
const object: fc.Arbitrary<RegoValue> = fc.letrec<{ object: RegoValue }>((tie) => ({
  object: fc
    .array(fc.tuple(member, fc.oneof({ maxDepth: 3, depthSize: 'small' }, member, list, tie('object'))), {
      maxLength: 4,
    })
    .map(objectOf),
})).object;
const collection = fc.oneof(list, set);
const keys = fc.oneof(list, set, object);
const key = fc.oneof(member, list, anyValue);

/** A path that leads somewhere in the object. */
const objectAndPath = object.chain((value) =>
  fc.tuple(
    fc.constant(value),
    fc.oneof(
      { weight: 3, arbitrary: fc.infiniteStream(fc.nat(9)).map((steps) => pathInto(value, steps)) },
      { weight: 2, arbitrary: key },
    ),
  ),
);

function pathInto(value: RegoValue, steps: Iterable<number>): RegoValue[] {
  const path: RegoValue[] = [];
  let at = value;
  for (const step of steps) {
    const children: [RegoValue, RegoValue][] = isRegoObject(at)
      ? regoEntries(at)
      : Array.isArray(at)
        ? at.map((each, index) => [index, each])
        : [];
    const [name, found] = children[step % Math.max(children.length, 1)] ?? [];
    if (name === undefined || found === undefined || path.length > step) return path;
    path.push(name);
    at = found;
  }
  return path;
}

const graph = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.oneof(
    fc.subarray(['a', 'b', 'c', 'd', 'e']),
    fc.subarray(['a', 'b', 'c', 'd']).map((each) => new Set(each)),
    fc.constant(null),
  ),
  { maxKeys: 4, noNullPrototype: true },
) as fc.Arbitrary<RegoValue>;
const roots = fc.oneof(
  fc.subarray(['a', 'b', 'e']),
  fc.subarray(['a', 'c']).map((each): RegoValue => new Set(each)),
);
const numbers = fc.oneof(
  fc.array(fc.oneof(anyNumber, smallInteger), { maxLength: 5 }),
  fc.array(fc.oneof(anyNumber, smallInteger), { maxLength: 5 }).map((each): RegoValue => new Set(each)),
);
const integers = fc.oneof(
  smallInteger,
  smallInteger,
  fc
    .constantFrom('9007199254740992', '-9223372036854775808', '1.0', '1e3', '0.5', '18446744073709551616', '1000')
    .map(parseNumber),
);
const shift = fc.oneof(smallInteger, fc.constantFrom(0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 1000));

export const collectionStrategies: Strategies = {
  and: fc.tuple(set, set),
  or: fc.tuple(set, set),
  minus: fc.oneof(fc.tuple(set, set), fc.tuple(anyNumber, anyNumber)),
  union: fc.tuple(fc.array(set, { maxLength: 4 }).map((sets): RegoValue => new Set(sets))),
  intersection: fc.tuple(fc.array(set, { maxLength: 4 }).map((sets): RegoValue => new Set(sets))),
  sort: fc.tuple(collection),
  max: fc.tuple(fc.oneof(collection, numbers)),
  min: fc.tuple(fc.oneof(collection, numbers)),
  sum: fc.tuple(numbers),
  product: fc.tuple(numbers),
  count: fc.tuple(fc.oneof(collection, object, anyText, plainText)),
  eq: fc.tuple(key, key),
  equal: fc.tuple(member, member),
  neq: fc.tuple(member, member),
  lt: fc.tuple(key, key),
  lte: fc.tuple(key, key),
  gt: fc.tuple(key, key),
  gte: fc.tuple(key, key),
  'internal.member_2': fc.tuple(member, fc.oneof(collection, object)),
  'internal.member_3': fc.tuple(fc.oneof(member, smallInteger), member, fc.oneof(collection, object)),
  'array.concat': fc.tuple(list, list),
  'array.reverse': fc.tuple(list),
  'array.slice': fc.tuple(list, integers, integers),
  'array.flatten': fc.tuple(fc.array(fc.oneof(member, list, set), { maxLength: 4 })),
  'object.get': fc.tuple(objectAndPath, anyValue).map(([[value, path], fallback]) => [value, path, fallback]),
  'object.keys': fc.tuple(object),
  'object.filter': fc.tuple(object, keys),
  'object.remove': fc.tuple(object, keys),
  'object.union': fc.tuple(object, object),
  'object.union_n': fc.tuple(fc.array(object, { maxLength: 4 })),
  'object.subset': fc.oneof(
    fc.tuple(object, object),
    fc.tuple(collection, collection),
    object.map((each): RegoValue[] => [each, each]),
    fc
      .tuple(list, list, list)
      .map(([before, part, after]): RegoValue[] => [
        [...(before as RegoValue[]), ...(part as RegoValue[]), ...(after as RegoValue[])],
        part,
      ]),
  ),
  walk: fc.tuple(fc.oneof(object, anyValue)),
  'graph.reachable': fc.tuple(graph, roots),
  'graph.reachable_paths': fc.tuple(graph, roots),
  'numbers.range': fc.tuple(integers, integers),
  'numbers.range_step': fc.tuple(integers, integers, fc.oneof(smallInteger, integers)),
  'bits.lsh': fc.tuple(integers, shift),
  'bits.rsh': fc.tuple(fc.oneof(integers, anyNumber), shift),
  'bits.and': fc.tuple(integers, integers),
  'bits.or': fc.tuple(integers, integers),
  'bits.xor': fc.tuple(integers, integers),
  rem: fc.tuple(integers, integers),
};
