import {
  blocksOf,
  distinct,
  PARAMETERS_OF_RULE,
  type PlannedRules,
  placeOf,
  statementsIn,
} from '../plan/planned-rules.ts';
import type { PolicyFault } from '../policy-fault.ts';

const LOST =
  'WASM does not find a rule by a path that is known only at run time if `with` replaces a function by the value of a variable:' +
  ' replace it by a constant, a rule or another function, or write a rule for each path';

/**
 * Finds the dynamic references of a plan that trap in WASM whatever they refer to. Below a `with` that replaces a function by
 * the value of a variable, all rules take that value as a parameter, but OPA's compiler does not pass it to rules that are
 * found at run time.
 */
export function findLostReferences({ functions, strings, files }: PlannedRules): PolicyFault[] {
  const plain = new Set(
    functions.filter(({ params }) => params.length === PARAMETERS_OF_RULE).map(({ path }) => path[0]),
  );
  const lost = blocksOf(functions)
    .flatMap(statementsIn)
    .filter(({ type, stmt }) => {
      if (type !== 'CallDynamicStmt') return false;
      const [generation] = stmt['path'] as readonly { value: number }[];
      return !plain.has(strings[generation?.value ?? -1]);
    });
  const places = lost.map(({ stmt }) => placeOf(files, stmt));
  return distinct(places).map((place) => ({ ...place, message: LOST }));
}
