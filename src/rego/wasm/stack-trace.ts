/** How V8 writes a call of a function that OPA compiled from a rule: `at opa.wasm.g0.data.authz.allow (wasm://…`. */
const RULE = /^\s+at (?:\S+\.)?g\d+\.(data\..+) \(wasm:/m;

/**
 * The innermost rule or function of policy on a stack trace, such as `data.authz.allow`. Null where there is none: OPA may
 * have compiled the rule away, or the trace (Error.stackTraceLimit) may be too short.
 */
export function ruleOn(stack: string | undefined): string | null {
  return RULE.exec(stack ?? '')?.[1] ?? null;
}
