import { type Code, getLocal, i32, ifElse, isZero, load, or, teeLocal } from './code.ts';
import { ARRAY, STRING, TABLE, TYPE } from './layout.ts';
import { isBetween, isOfType, isSet, isString } from './runtime.ts';

/** A builtin that OPA's runtime implements itself. */
export interface Native {
  /** The name of its function in the module. */
  function: string;
  /** Its name in Rego. */
  builtin: string;
  /** When the runtime answers, and when the host does. */
  mode: Mode;
}

/** Makes code that leaves the answer, 0 for undefined. Its first locals are the operands; an i32 of its own follows. */
export type Mode = (parts: NativeParts) => Code;

export interface NativeParts {
  operands: number;
  /** Code for the answer of the runtime. */
  own: Code;
  /** Code for the answer of the host. */
  ours: Code;
  /** Code that calls another function of the runtime; undefined if the module does not have it. */
  callOf(name: string): Code | undefined;
  /** Code that takes a value from the stack, see runtime.ts. */
  integerDigits: Code;
  textDigits: Code;
  areIntegers: Code;
  areTexts: Code;
  isAscii: Code;
}

/** Makes code that leaves 1 if the operand in a local passes a test, else 0. */
export type Guard = (local: number, parts: NativeParts) => Code;

/** The runtime answers. */
const own: Mode = (parts) => parts.own;

/** The host answers: the operands for which the runtime differs from OPA cannot be told apart by a simple test. */
const ours: Mode = (parts) => parts.ours;

/** The runtime answers; where its answer is undefined, the host is called, which reports the error or has an answer. */
const checked: Mode = (parts) => {
  const answer = parts.operands;
  return ifElse([...parts.own, ...teeLocal(answer)], getLocal(answer), parts.ours);
};

/** The runtime answers if all operands pass their guards, else the host. The last guard serves for all further operands. */
function guarded(guards: Guard | readonly Guard[], answer: Mode = own): Mode {
  const all = [guards].flat() as readonly Guard[];
  return (parts) => {
    const locals = Array.from({ length: parts.operands }, (_, local) => local);
    const guardOf = (local: number) => all[Math.min(local, all.length - 1)] as Guard;
    return locals.reduceRight((inner, local) => ifElse(guardOf(local)(local, parts), inner, parts.ours), answer(parts));
  };
}

function either(one: Guard, other: Guard): Guard {
  return (local, parts) => [...one(local, parts), ...other(local, parts), ...or];
}

/** An integer without fraction or exponent. */
const integer: Guard = (local, { integerDigits }) => [...getLocal(local), ...integerDigits];
/** A string that holds such an integer. */
const digits: Guard = (local, { textDigits }) => [...getLocal(local), ...textDigits];
const integers: Guard = (local, { areIntegers }) => [...getLocal(local), ...areIntegers];
const set: Guard = isSet;
const text: Guard = isString;

const any: Guard = () => i32(1);
const ascii: Guard = (local, { isAscii }) => [...getLocal(local), ...isAscii];
const number: Guard = (local) => isOfType(local, TYPE.number);
const array: Guard = (local) => isOfType(local, TYPE.array);
const object: Guard = (local) => isOfType(local, TYPE.object);
const texts: Guard = (local, { areTexts }) => [...getLocal(local), ...areTexts];

/** A text, array or set whose length (of a text, in bytes) is between these. */
function ofLength(kind: Guard, offset: number, least: number, most: number): Guard {
  return (local, parts) =>
    ifElse(kind(local, parts), isBetween([...getLocal(local), ...load(offset)], least, most), i32(0));
}
const nonEmptyText = ofLength(text, STRING.length, 1, 2 ** 31 - 1);
/** The runtime takes quadratic time: it copies the result for every match. */
const shortText = ofLength(text, STRING.length, 0, 4096);
/** For longer arrays the runtime may miscount the bytes of the result. */
const shortArray = ofLength(array, ARRAY.length, 0, 16);
const smallSet = ofLength(set, TABLE.length, 0, 1);

/** An integer of at most so many digits. */
function shortInteger(digits: number): Guard {
  return (local, parts) => isBetween(integer(local, parts), 1, digits);
}

const not =
  (guard: Guard): Guard =>
  (local, parts) => [...guard(local, parts), ...isZero];

/** Looks a member up in the table of the set, where the runtime goes through all members. */
const member: Mode = ({ own, callOf }) => {
  const [find, boolean] = [callOf('opa_value_get'), callOf('opa_boolean')];
  if (find === undefined || boolean === undefined) return own;
  const [value, collection] = [0, 1];
  const isThere = ifElse([...getLocal(collection), ...getLocal(value), ...find], i32(1), i32(0));
  return ifElse(isSet(collection), [...isThere, ...boolean], own);
};

/** The first mode if all operands pass the guards, else the second. */
function ifAll(guards: Guard | readonly Guard[], then: Mode, otherwise: Mode): Mode {
  return (parts) => guarded(guards, then)({ ...parts, ours: otherwise(parts) });
}

/**
 * The natives whose answers differ from those of OPA's interpreter for some operands, or that do not report errors; and `in`,
 * for speed. The index is part of the number by which a module calls the host. The guards follow from the source of the runtime
 * and were checked with generated operands, see test/builtins.
 */
export const NATIVES: readonly Native[] = [
  { function: 'opa_arith_plus', builtin: 'plus', mode: guarded(integer) },
  { function: 'opa_arith_minus', builtin: 'minus', mode: ifAll(set, own, guarded(integer)) },
  { function: 'opa_arith_multiply', builtin: 'mul', mode: guarded(integer) },
  { function: 'opa_arith_divide', builtin: 'div', mode: ours },
  { function: 'opa_arith_rem', builtin: 'rem', mode: ours },
  { function: 'opa_arith_abs', builtin: 'abs', mode: guarded(shortInteger(18)) },
  { function: 'opa_arith_ceil', builtin: 'ceil', mode: guarded(shortInteger(18)) },
  { function: 'opa_arith_floor', builtin: 'floor', mode: guarded(shortInteger(18)) },
  { function: 'opa_arith_round', builtin: 'round', mode: guarded(shortInteger(18)) },
  { function: 'opa_bits_and', builtin: 'bits.and', mode: guarded(integer) },
  { function: 'opa_bits_or', builtin: 'bits.or', mode: guarded(integer) },
  { function: 'opa_bits_xor', builtin: 'bits.xor', mode: guarded(integer) },
  { function: 'opa_bits_negate', builtin: 'bits.negate', mode: guarded(integer) },
  { function: 'opa_bits_shiftleft', builtin: 'bits.lsh', mode: ours },
  { function: 'opa_bits_shiftright', builtin: 'bits.rsh', mode: ours },
  { function: 'opa_agg_count', builtin: 'count', mode: checked },
  { function: 'opa_agg_sum', builtin: 'sum', mode: guarded(integers) },
  { function: 'opa_agg_product', builtin: 'product', mode: guarded(integers) },
  { function: 'opa_agg_max', builtin: 'max', mode: guarded(either(integers, set), checked) },
  { function: 'opa_agg_min', builtin: 'min', mode: guarded(either(integers, set), checked) },
  { function: 'opa_agg_sort', builtin: 'sort', mode: checked },
  { function: 'opa_numbers_range', builtin: 'numbers.range', mode: guarded(shortInteger(9)) },
  { function: 'opa_to_number', builtin: 'to_number', mode: guarded(either(not(text), digits), checked) },
  { function: 'opa_strings_format_int', builtin: 'format_int', mode: ours },
  { function: 'opa_strings_contains', builtin: 'contains', mode: checked },
  { function: 'opa_strings_startswith', builtin: 'startswith', mode: checked },
  { function: 'opa_strings_endswith', builtin: 'endswith', mode: checked },
  { function: 'opa_strings_trim', builtin: 'trim', mode: checked },
  { function: 'opa_strings_trim_left', builtin: 'trim_left', mode: checked },
  { function: 'opa_strings_trim_right', builtin: 'trim_right', mode: checked },
  { function: 'opa_strings_trim_prefix', builtin: 'trim_prefix', mode: checked },
  { function: 'opa_strings_trim_suffix', builtin: 'trim_suffix', mode: checked },
  { function: 'opa_strings_trim_space', builtin: 'trim_space', mode: checked },
  { function: 'opa_strings_reverse', builtin: 'strings.reverse', mode: checked },
  { function: 'opa_strings_split', builtin: 'split', mode: checked },
  { function: 'opa_strings_substring', builtin: 'substring', mode: checked },
  { function: 'opa_strings_indexof', builtin: 'indexof', mode: guarded([any, nonEmptyText], checked) },
  { function: 'opa_strings_concat', builtin: 'concat', mode: guarded([any, either(shortArray, smallSet)], checked) },
  { function: 'opa_strings_replace', builtin: 'replace', mode: guarded([shortText, nonEmptyText, any], checked) },
  { function: 'opa_strings_replace_n', builtin: 'strings.replace_n', mode: ours },
  { function: 'opa_strings_lower', builtin: 'lower', mode: guarded(ascii) },
  { function: 'opa_strings_upper', builtin: 'upper', mode: guarded(ascii) },
  { function: 'opa_template_string', builtin: 'internal.template_string', mode: ours },
  { function: 'opa_base64_encode', builtin: 'base64.encode', mode: checked },
  { function: 'opa_base64_url_encode', builtin: 'base64url.encode', mode: checked },
  { function: 'opa_base64_is_valid', builtin: 'base64.is_valid', mode: ours },
  { function: 'opa_base64_decode', builtin: 'base64.decode', mode: ours },
  { function: 'opa_base64_url_decode', builtin: 'base64url.decode', mode: ours },
  { function: 'opa_glob_match', builtin: 'glob.match', mode: ours },
  { function: 'opa_regex_match', builtin: 'regex.match', mode: ours },
  { function: 'opa_regex_is_valid', builtin: 'regex.is_valid', mode: ours },
  {
    function: 'opa_regex_find_all_string_submatch',
    builtin: 'regex.find_all_string_submatch_n',
    mode: ours,
  },
  { function: 'opa_cidr_contains', builtin: 'net.cidr_contains', mode: ours },
  { function: 'opa_cidr_intersects', builtin: 'net.cidr_intersects', mode: ours },
  { function: 'opa_array_concat', builtin: 'array.concat', mode: checked },
  { function: 'opa_array_flatten', builtin: 'array.flatten', mode: checked },
  { function: 'opa_array_reverse', builtin: 'array.reverse', mode: checked },
  { function: 'opa_array_slice', builtin: 'array.slice', mode: checked },
  { function: 'opa_set_intersection', builtin: 'and', mode: checked },
  { function: 'opa_set_union', builtin: 'or', mode: checked },
  { function: 'opa_sets_intersection', builtin: 'intersection', mode: ours },
  { function: 'opa_sets_union', builtin: 'union', mode: checked },
  { function: 'builtin_member', builtin: 'internal.member_2', mode: member },
  { function: 'builtin_member3', builtin: 'internal.member_3', mode: guarded([either(not(number), integer), any]) },
  { function: 'builtin_object_get', builtin: 'object.get', mode: guarded([object, either(not(array), texts), any]) },
  { function: 'builtin_object_keys', builtin: 'object.keys', mode: checked },
  { function: 'builtin_object_remove', builtin: 'object.remove', mode: checked },
  { function: 'builtin_object_filter', builtin: 'object.filter', mode: ours },
  { function: 'builtin_object_union', builtin: 'object.union', mode: guarded(object) },
  { function: 'builtin_object_union_n', builtin: 'object.union_n', mode: ours },
  { function: 'builtin_graph_reachable', builtin: 'graph.reachable', mode: checked },
  { function: 'builtin_json_filter', builtin: 'json.filter', mode: ours },
  { function: 'builtin_json_remove', builtin: 'json.remove', mode: ours },
  { function: 'opa_json_marshal', builtin: 'json.marshal', mode: ours },
  { function: 'opa_json_unmarshal', builtin: 'json.unmarshal', mode: ours },
  { function: 'opa_json_is_valid', builtin: 'json.is_valid', mode: ours },
];
