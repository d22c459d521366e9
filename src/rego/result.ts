import type { BuiltinError } from './builtins/index.ts';
import type { JsonValue, RegoValue } from './value.ts';

/** What an evaluation came to: a value, undefined, or a failure. */
export type RegoResult<T extends JsonValue | RegoValue = JsonValue> = RegoDefined<T> | RegoUndefined | RegoFailed;

export interface RegoDefined<T> {
  status: 'defined';
  value: T;
  /** Builtin errors that counted as undefined. Empty unless the policy was opened with `builtinErrors: 'undefined'`. */
  builtinErrors: readonly BuiltinError[];
}

export interface RegoUndefined {
  status: 'undefined';
  /** As in RegoDefined. */
  builtinErrors: readonly BuiltinError[];
}

export interface RegoFailed {
  status: 'failed';
  failure: RegoFailure;
}

export type RegoFailureCode =
  /** The module has no such entrypoint. */
  | 'entrypoint_unknown'
  /** The input is not JSON or not a value that Rego has, or the time is not a date. */
  | 'input_invalid'
  /** A builtin failed, for example on an argument of the wrong type. */
  | 'builtin_error'
  /** Rego itself failed: complete rules or object keys conflict, or a builtin is called that nobody provides. */
  | 'aborted'
  /** The evaluation needs more memory than allowed. */
  | 'out_of_memory'
  /** The evaluation took too long; only a RegoWorker says so. */
  | 'timeout'
  /** The module trapped (for example on a stack overflow), or the worker thread ended. The policy can be used again. */
  | 'crashed';

/** Why an evaluation has no result. Plain data, which can be logged and posted between threads. */
export interface RegoFailure {
  code: RegoFailureCode;
  /** For logs: what exactly went wrong, as OPA or the builtin says it. */
  message: string;
  entrypoint: string;
  /** The innermost rule or function that was being evaluated, such as `data.authz.allow`; null where it is not known. */
  rule: string | null;
  /** The place that OPA names; null where it names none. It names one for conflicts, and none for builtin errors. */
  location: RegoLocation | null;
  /** All builtin errors up to the failure, in the order of the calls; at most the first 20. */
  builtinErrors: readonly BuiltinError[];
}

/** A place in a Rego file. Row and column count from 1. */
export interface RegoLocation {
  file: string;
  row: number;
  column: number;
}

/** A failure of which only the code, the message and the entrypoint have to be known. */
export function failed(
  failure: Partial<RegoFailure> & Pick<RegoFailure, 'code' | 'message' | 'entrypoint'>,
): RegoFailed {
  return { status: 'failed', failure: { rule: null, location: null, builtinErrors: [], ...failure } };
}
