import type { RegoValue } from '../value.ts';
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

/** A call that OPA would call undefined: which builtin, and why. */
export interface BuiltinError {
  builtin: string;
  message: string;
}

/** What an evaluation pins and collects. */
export interface BuiltinContext {
  nowNs: bigint;
  /** The first errors, at most MAX_ERRORS: a policy may fail in a loop. */
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

/** Names of the builtins that we add to those of OPA's WASM runtime; the capabilities file is made from them. */
export const PROVIDED_BUILTINS: readonly string[] = Object.keys({ ...PURE, ...CLOCK }).sort();

/** Identifies this set in records: it changes whenever an answer could. */
export const BUILTINS_VERSION = 'opa-wasm/1.10.0 countersign/6';

/**
 * The builtins as `builtin.ts` describes them, bound to the evaluation that runs now, which `context` tells. As in OPA, an
 * error makes the call undefined; it is kept, because a strict evaluation with errors is a deny.
 */
export function createBuiltins(context: () => BuiltinContext): ReadonlyMap<string, Builtin> {
  const clocked = Object.entries(CLOCK).map(([name, builtin]) => {
    return [name, (...args: RegoValue[]) => builtin(context().nowNs, ...args)] as const;
  });
  return new Map(
    [...Object.entries(PURE), ...clocked].map(([name, builtin]) => [
      name,
      (...args: RegoValue[]) => {
        try {
          return builtin(...args);
        } catch (error) {
          const { errors } = context();
          if (errors.length < MAX_ERRORS) errors.push({ builtin: name, message: (error as Error).message });
          return undefined;
        }
      },
    ]),
  );
}
