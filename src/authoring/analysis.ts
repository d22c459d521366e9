import { planModules } from './plan/plan.ts';
import type { PlannedRules } from './plan/planned-rules.ts';
import { tracePlan } from './plan/trace.ts';
import type { Visit } from './plan/visit.ts';
import type { Sources } from './policy-folder.ts';
import { parseModules, type RegoModule } from './toolchain/rego-modules.ts';

/** The parsed policies, and what each of their rules reads. */
export interface Analysis {
  modules: readonly RegoModule[];
  /** All rules, as OPA plans them. */
  rules: PlannedRules;
  visits: readonly Visit[];
}

/** Analyses the policies (not their tests) in a copy of their folder. They must have passed checkRego. */
export async function analysePolicies(
  snapshot: string,
  opa: string,
  { policies }: Pick<Sources, 'policies'>,
): Promise<Analysis> {
  const modules = await parseModules(snapshot, opa, policies);
  const plan = await planModules(snapshot, opa, modules);
  return { modules, rules: plan, visits: tracePlan(plan) };
}
