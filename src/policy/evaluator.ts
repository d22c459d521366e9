import { loadPolicy } from '@open-policy-agent/opa-wasm';
import type { z } from 'zod';
import type { EvaluationFault } from '../domain/decision.ts';
import { type Evaluation, evaluationSchema, normaliseEvaluation } from '../domain/evaluation.ts';
import type { BuiltinError } from '../domain/record.ts';
import { type BuiltinContext, createBuiltins } from './builtins/index.ts';

const WASM_PAGE_BYTES = 65_536;
const INITIAL_MEMORY_BYTES = 2 * 1024 * 1024;
const MAX_MEMORY_BYTES = 1024 * 1024 * 1024;

export interface EvaluationResult {
  evaluation: Evaluation | EvaluationFault;
  builtinErrors: BuiltinError[];
  /** For the log: what exactly went wrong, with the Rego file and line where OPA says them. */
  detail: string | null;
}

export interface Evaluator {
  /**
   * Evaluates the entrypoint for one input (canonical JSON text) at one instant. Never throws for what policy or input do:
   * whatever is not a well-formed evaluation is a fault, and a fault is a deny (law 2).
   */
  evaluate(inputText: string, now: string): EvaluationResult;
}

/** Instantiates a policy module with its data (JSON text). Throws for a module that is not an OPA policy. */
export async function createEvaluator(wasm: Uint8Array, data: Uint8Array, entrypoint: string): Promise<Evaluator> {
  let context: BuiltinContext = { nowNs: 0n, errors: [] };
  const memory = {
    initial: INITIAL_MEMORY_BYTES / WASM_PAGE_BYTES,
    maximum: MAX_MEMORY_BYTES / WASM_PAGE_BYTES,
  };
  const policy = await loadPolicy(
    toArrayBuffer(wasm),
    memory,
    createBuiltins(() => context),
  );
  policy.setData(toArrayBuffer(data));

  return {
    evaluate(inputText, now) {
      context = { nowNs: BigInt(Date.parse(now)) * 1_000_000n, errors: [] };
      try {
        const results = policy.evaluate(toArrayBuffer(new TextEncoder().encode(inputText)), entrypoint);
        return interpret(results, context.errors);
      } catch (error) {
        // The package throws strings for aborts (conflicts carry file and line) and plain objects for missing builtins.
        const detail =
          error instanceof Error ? error.message : String((error as { message?: string }).message ?? error);
        return fault('evaluation_failed', detail, context.errors);
      }
    },
  };
}

function interpret(results: unknown, builtinErrors: BuiltinError[]): EvaluationResult {
  const first = builtinErrors[0];
  if (first !== undefined) return fault('builtin_error', `${first.builtin}: ${first.message}`, builtinErrors);
  const result = (results as { result: unknown }[])[0]?.result;
  if (result === undefined) return fault('evaluation_undefined', 'The entrypoint is undefined.');
  const parsed = evaluationSchema.safeParse(result);
  if (!parsed.success) return fault('evaluation_invalid', issuesOf(parsed.error));
  return { evaluation: normaliseEvaluation(parsed.data), builtinErrors: [], detail: null };
}

/** The record keeps what went wrong, too: a year later the log is gone. */
function fault(code: EvaluationFault['fault'], detail: string, errors: BuiltinError[] = []): EvaluationResult {
  const builtinErrors = code === 'builtin_error' ? errors : [...errors, { builtin: code, message: detail }];
  return { evaluation: { fault: code }, builtinErrors, detail };
}

function issuesOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'result'}: ${message}`).join('; ');
}

/** The package wants an ArrayBuffer of exactly these bytes; the one behind a Node Buffer is a pool that others share. */
function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
