import { compareRego, type RegoValue, regoTypeOf } from '../rego-value.ts';
import type { Builtin, BuiltinTable } from './builtin.ts';

/** Of values of any types, in Rego's order. */
export const comparisonBuiltins: BuiltinTable = {
  equal: comparison((order) => order === 0),
  neq: comparison((order) => order !== 0),
  gt: comparison((order) => order > 0),
  gte: comparison((order) => order >= 0),
  lt: comparison((order) => order < 0),
  lte: comparison((order) => order <= 0),
};

export const typeBuiltins: BuiltinTable = {
  is_array: hasType('array'),
  is_boolean: hasType('boolean'),
  is_null: hasType('null'),
  is_number: hasType('number'),
  is_object: hasType('object'),
  is_set: hasType('set'),
  is_string: hasType('string'),
  type_name: (value: RegoValue): string => regoTypeOf(value),
};

function comparison(holds: (order: number) => boolean): Builtin {
  return (a, b) => holds(compareRego(a, b));
}

function hasType(type: string): Builtin {
  return (value) => regoTypeOf(value) === type;
}
