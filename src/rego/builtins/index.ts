import { regoValueOf } from '../document.ts';
import type { RegoValue } from '../value.ts';
import { ruleOn } from '../wasm/stack-trace.ts';
import { aggregateBuiltins } from './aggregates.ts';
import { arithmeticBuiltins } from './arithmetic.ts';
import { arrayBuiltins } from './arrays.ts';
import { awsBuiltins } from './aws.ts';
import { bitBuiltins } from './bits.ts';
import type { Builtin, BuiltinTable, ClockBuiltin } from './builtin.ts';
import { certificateBuiltins, certificateClockBuiltins } from './certificates.ts';
import { collectionBuiltins } from './collections.ts';
import { conversionBuiltins } from './conversions.ts';
import { cryptoBuiltins } from './crypto.ts';
import { encodingBuiltins } from './encoding.ts';
import { globBuiltins } from './glob.ts';
import { globMatchBuiltins } from './glob-match.ts';
import { graphBuiltins } from './graphs.ts';
import { jsonBuiltins } from './json.ts';
import { jsonSchemaBuiltins } from './json-schema.ts';
import { jwtBuiltins, jwtClockBuiltins } from './jwt.ts';
import { letterCaseBuiltins } from './letter-case.ts';
import { membershipBuiltins } from './membership.ts';
import { netBuiltins } from './net.ts';
import { objectBuiltins } from './objects.ts';
import { rangeBuiltins } from './ranges.ts';
import { regexBuiltins } from './regex.ts';
import { replaceBuiltins } from './replace.ts';
import { semverBuiltins } from './semver.ts';
import { setBuiltins } from './sets.ts';
import { sprintfBuiltins } from './sprintf.ts';
import { stringBuiltins } from './strings.ts';
import { templateStringBuiltins } from './template-string.ts';
import { timeBuiltins, timeClockBuiltins } from './time.ts';
import { trimBuiltins } from './trim.ts';
import { unitBuiltins } from './units.ts';
import { uriBuiltins } from './uri.ts';
import { uuidBuiltins } from './uuid.ts';
import { yamlBuiltins } from './yaml.ts';

/** A builtin that failed, and why. Plain OPA makes such a call undefined. */
export interface BuiltinError {
  builtin: string;
  message: string;
  /** The rule or function that called it, such as `data.authz.allow`; null where it is not known. */
  rule: string | null;
}

/** The time of an evaluation, and the errors of its builtins. */
export interface BuiltinContext {
  nowNs: bigint;
  /** The first errors, at most MAX_ERRORS: a builtin may fail in a loop. */
  errors: BuiltinError[];
}

const MAX_ERRORS = 20;

const PURE: BuiltinTable = {
  ...aggregateBuiltins,
  ...arithmeticBuiltins,
  ...arrayBuiltins,
  ...awsBuiltins,
  ...bitBuiltins,
  ...conversionBuiltins,
  ...certificateBuiltins,
  ...collectionBuiltins,
  ...cryptoBuiltins,
  ...encodingBuiltins,
  ...globBuiltins,
  ...globMatchBuiltins,
  ...jsonBuiltins,
  ...jwtBuiltins,
  ...letterCaseBuiltins,
  ...graphBuiltins,
  ...membershipBuiltins,
  ...netBuiltins,
  ...objectBuiltins,
  ...jsonSchemaBuiltins,
  ...rangeBuiltins,
  ...regexBuiltins,
  ...replaceBuiltins,
  ...semverBuiltins,
  ...setBuiltins,
  ...sprintfBuiltins,
  ...stringBuiltins,
  ...templateStringBuiltins,
  ...timeBuiltins,
  ...trimBuiltins,
  ...unitBuiltins,
  ...uriBuiltins,
  ...uuidBuiltins,
  ...yamlBuiltins,
};
const CLOCK: BuiltinTable<ClockBuiltin> = { ...certificateClockBuiltins, ...jwtClockBuiltins, ...timeClockBuiltins };

/** The names of the builtins that this library implements, in addition to those of OPA's WASM runtime, or in their place. */
export const PROVIDED_BUILTINS: readonly string[] = Object.keys({ ...PURE, ...CLOCK }).sort();

/** Identifies this set in records: it changes whenever an answer could. */
export const BUILTINS_VERSION = 'opa-wasm/1.10.0 countersign/6';

/**
 * The builtins as `builtin.ts` describes them, bound to the evaluation that runs now, which `context` gives; `own` are added
 * to them, or replace them. As in OPA, an error makes the call undefined. It is kept in the context.
 */
export function createBuiltins(context: () => BuiltinContext, own: BuiltinTable = {}): ReadonlyMap<string, Builtin> {
  const clocked = Object.entries(CLOCK).map(([name, builtin]) => {
    return [name, (...args: RegoValue[]) => builtin(context().nowNs, ...args)] as const;
  });
  return new Map(
    [...Object.entries(PURE), ...clocked, ...Object.entries(own).map(withChecks)].map(([name, builtin]) => [
      name,
      (...args: RegoValue[]) => {
        try {
          return builtin(...args);
        } catch (error) {
          noteError(context(), name, error);
          return undefined;
        }
      },
    ]),
  );
}

/** A builtin of the caller may be written in JavaScript, or be asynchronous: its results are checked. */
function withChecks([name, builtin]: [name: string, builtin: Builtin]): readonly [name: string, builtin: Builtin] {
  const checked: Builtin = (...args) => {
    const result = builtin(...args);
    return result === undefined ? undefined : regoValueOf(result);
  };
  return [name, checked];
}

function noteError({ errors }: BuiltinContext, builtin: string, error: unknown): void {
  if (errors.length >= MAX_ERRORS) return;
  const message = error instanceof Error ? error.message : String(error);
  errors.push({ builtin, message, rule: ruleOn(new Error().stack) });
}
