import type { RegoValue } from '../value.ts';

/**
 * A builtin of Rego.
 *
 * Arguments are Rego values, exact: a set is a `Set`, an object is a plain object (or a `Map`, if a key is not a string),
 * an integer beyond ±(2^53-1) is a `bigint`, and a number whose text JavaScript would change (`1.0`) is a `Decimal`, which
 * `numberOperand` unwraps. OPA checks types at build only as far as it knows them, so an argument may
 * have any type: the shipped builtins read them by `operands.ts`, whose error texts are OPA's.
 *
 * The result is a Rego value, exact too: return a `Set` for a set and a `bigint` for an int64. `undefined` makes the call
 * undefined without an error. A thrown Error makes the call fail, see RegoOptions.builtinErrors; its message has neither the
 * name of the builtin nor OPA's error code in front.
 */
export type Builtin = (...args: RegoValue[]) => RegoValue | undefined;

/** A builtin that depends on the time. Its first argument is the time of the evaluation in Unix nanoseconds. */
export type ClockBuiltin = (nowNs: bigint, ...args: RegoValue[]) => RegoValue | undefined;

/** The builtins of a family by their names in Rego. */
export type BuiltinTable<B extends Builtin | ClockBuiltin = Builtin> = Readonly<Record<string, B>>;
