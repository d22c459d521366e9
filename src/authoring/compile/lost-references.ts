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
  'WASM does not find the rule at a path that is known at run time only where `with` puts the value of a variable in the place' +
  ' of a function: put a constant, a rule or another function there, or write a rule of its own for each path';

/**
 * The dynamic references of a plan that trap in WASM whatever they lead to. Below a `with` that puts the value of a variable
 * in the place of a function, all rules take that value as a parameter, and OPA's compiler does not pass it on to those that
 * it finds at run time.
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
