import type { RegoValue } from '../value.ts';

/**
 * A function of Rego that WASM leaves to its host.
 *
 * Arguments are Rego values, exact: a set is a `Set`, an object is a plain object (or a `Map`, if a key is not a string),
 * an integer beyond ±(2^53-1) is a `bigint`, and a number whose text JavaScript would change (`1.0`) is a `Decimal`, which
 * `numberOperand` unwraps. OPA checks types at build only as far as it knows them, so an argument may be
 * of any type: take it through `operands.ts`, whose errors read as OPA's.
 *
 * The result is a Rego value, exact too: return a `Set` for a set and a `bigint` for an int64. `undefined` makes the call
 * undefined without an error. An Error that is thrown makes the call undefined as well, as in `opa eval`, and is kept with
 * its message, which has neither the name of the builtin nor OPA's error code in front: a strict evaluation with errors
 * is a deny.
 */
export type Builtin = (...args: RegoValue[]) => RegoValue | undefined;

/** A builtin that tells the time: its first argument is the instant that the evaluation is pinned to, in Unix nanoseconds. */
export type ClockBuiltin = (nowNs: bigint, ...args: RegoValue[]) => RegoValue | undefined;

/** The builtins of a family by their names in Rego. */
export type BuiltinTable<B extends Builtin | ClockBuiltin = Builtin> = Readonly<Record<string, B>>;
