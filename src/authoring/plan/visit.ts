import type { PlannedFunction } from './plan.ts';
import type { Assertion, Place, Value } from './value.ts';

/** What a rule or function does when it is called with such arguments. */
export interface Visit {
  /** Below `data`; empty for the plan itself. */
  path: readonly string[];
  /** Without the input and the data. */
  args: readonly Value[];
  result: Value;
  readings: Reading[];
  choices: Choice[];
  replacements: Replacement[];
  calls: Call[];
}

/** A member of `input` or `data` that is looked at, and where policy names it. */
export interface Reading {
  steps: readonly string[];
  place: Place;
  /** What the request says that chose it, or something on the way to it. */
  by?: Assertion;
}

/** One of many, or its name, is compared with what the request says, which so chooses among them. */
export interface Choice {
  /** The way to each of the many, with ANY for its name. */
  steps: readonly string[];
  by: Assertion;
}

/** `with` puts something that the request says in the place of something else. */
export interface Replacement {
  /** What is replaced: `input` or `data`, then the members. */
  steps: readonly string[];
  by: Assertion;
  place: Place;
}

export interface Call {
  callee: Visit;
  place: Place;
}

/** What is known while a visit goes on. */
export interface Frame {
  tracer: Tracer;
  visit: Visit;
  /** The local that is the input. */
  input: number;
  locals: Map<number, Value>;
  /** What locals were when the block began that is followed now, of those that it has changed. */
  before: Map<number, Value | undefined>;
}

export interface Tracer {
  strings: readonly string[];
  files: readonly string[];
  functions: ReadonlyMap<string, PlannedFunction>;
  visits: Map<string, Visit>;
  /** What is followed now. */
  place: Place;
  /** How many blocks and calls lie within each other here. */
  level: number;
  /** How many statements were followed. */
  steps: number;
}
