import type { z } from 'zod';
import type { EvaluationFault } from '../domain/decision.ts';
import { type Evaluation, evaluationSchema, normaliseEvaluation } from '../domain/evaluation.ts';
import type { BuiltinError } from '../domain/record.ts';
import type { RawResult, RegoEvaluator } from './rego-evaluator.ts';

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

/** The strict reading of one entrypoint of a policy. */
export function createEvaluator(rego: RegoEvaluator, entrypoint: string): Evaluator {
  const encoder = new TextEncoder();
  return {
    evaluate(inputText, now) {
      const nowNs = BigInt(Date.parse(now)) * 1_000_000n;
      return interpret(rego.evaluate(entrypoint, encoder.encode(inputText), nowNs));
    },
  };
}

function interpret({ results, builtinErrors, abort, outOfMemory }: RawResult<unknown>): EvaluationResult {
  if (results === null) {
    return fault(outOfMemory ? 'evaluation_memory' : 'evaluation_failed', abort ?? '', builtinErrors);
  }
  const first = builtinErrors[0];
  if (first !== undefined) return fault('builtin_error', `${first.builtin}: ${first.message}`, builtinErrors);
  const result = (results as { result: unknown }[])[0]?.result;
  if (result === undefined) return fault('evaluation_undefined', 'The entrypoint is undefined.');
  const parsed = evaluationSchema.safeParse(result);
  if (!parsed.success) return fault('evaluation_invalid', issuesOf(parsed.error));
  return { evaluation: normaliseEvaluation(parsed.data), builtinErrors: [], detail: null };
}

/** The record keeps what went wrong, too: a year later the log is gone. */
export function fault(code: EvaluationFault['fault'], detail: string, errors: BuiltinError[] = []): EvaluationResult {
  const builtinErrors = code === 'builtin_error' ? errors : [...errors, { builtin: code, message: detail }];
  return { evaluation: { fault: code }, builtinErrors, detail };
}

function issuesOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'result'}: ${message}`).join('; ');
}
