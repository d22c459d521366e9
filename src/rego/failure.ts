import type { RegoFailure, RegoFailureCode, RegoLocation } from './result.ts';
import { InvalidInput, OutOfMemory, WasmAbort } from './wasm/module.ts';
import { ruleOn } from './wasm/stack-trace.ts';

/** What an error thrown by an evaluation says. */
export function failureOf(error: Error): Pick<RegoFailure, 'code' | 'message' | 'rule' | 'location'> {
  const { name, message, stack } = error;
  const code = codeOf(error);
  const text = code === 'crashed' ? `${name}: ${message}` : message;
  return { code, message: text, rule: ruleOn(stack), location: locationIn(text) };
}

function codeOf(error: Error): RegoFailureCode {
  if (error instanceof WasmAbort) return 'aborted';
  if (error instanceof OutOfMemory) return 'out_of_memory';
  return error instanceof InvalidInput ? 'input_invalid' : 'crashed';
}

/** OPA writes the place in front of the message of an abort: `authz/allow.rego:12:1: var assignment conflict`. */
function locationIn(message: string): RegoLocation | null {
  const [, file, row, column] = /^(.+?):(\d+):(\d+): /.exec(message) ?? [];
  return file === undefined ? null : { file, row: Number(row), column: Number(column) };
}
