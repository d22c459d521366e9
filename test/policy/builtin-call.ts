import type { BuiltinTable } from '../../src/rego/builtins/builtin.ts';
import { parseRego, type RegoValue, toJsonText } from '../../src/rego/value.ts';

/** Calls a builtin with arguments as Rego text; the answer is as `opa eval` prints it, undefined if it is undefined. */
export function callBuiltin(table: BuiltinTable, name: string, args: string): string | undefined {
  const result = table[name]?.(...(parseRego(`[${args}]`) as RegoValue[]));
  return result === undefined ? undefined : toJsonText(result);
}
