import type { z } from 'zod';
import type { Canonical } from '../base/canonical-json.ts';
import { type Evaluation, evaluationSchema } from '../contract/evaluation.ts';
import type { BuiltinError } from '../contract/record.ts';
import type { EvaluationFault } from '../domain/decision.ts';
import { normaliseEvaluation } from '../domain/evaluation.ts';
import type { RegoEvaluator, RegoFailure, RegoResult } from '../rego/rego.ts';

export interface EvaluationResult {
  evaluation: Evaluation | EvaluationFault;
  /** The evaluation in canonical form; null for a fault. */
  written: Canonical | null;
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

/** An evaluation stands in its record, which is kept for years and repeated to everybody who asks for the case. */
const MAX_EVALUATION_BYTES = 256 * 1024;
/** Deeper than anything that comes in, and far from what overflows the stack of anybody who reads the record. */
const MAX_EVALUATION_DEPTH = 64;
/** Errors quote what they are about, which may be large. */
const MAX_MESSAGE_LENGTH = 1000;

/** How deep the lists of an evaluation lie in the result: normaliseEvaluation sorts them. */
const LISTS_LEVEL = 2;

/** The strict reading of one entrypoint of a policy. */
export function createEvaluator(rego: RegoEvaluator, entrypoint: string): Evaluator {
  const encoder = new TextEncoder();
  return {
    evaluate(inputText, now) {
      const options = { now: BigInt(Date.parse(now)) * 1_000_000n, unsortedLevels: LISTS_LEVEL };
      return interpret(rego.evaluate(entrypoint, encoder.encode(inputText), options));
    },
  };
}

function interpret(result: RegoResult): EvaluationResult {
  if (result.status === 'failed') return faultOf(result.failure);
  if (result.status === 'undefined') return fault('evaluation_undefined', 'The entrypoint is undefined.');
  if (isDeeperThan(result.value, MAX_EVALUATION_DEPTH)) {
    return fault('evaluation_invalid', `result: nests deeper than ${MAX_EVALUATION_DEPTH} levels`);
  }
  const parsed = evaluationSchema.safeParse(result.value);
  if (!parsed.success) return fault('evaluation_invalid', issuesOf(parsed.error));
  return recordable(parsed.data);
}

function faultOf({ code, message, rule, builtinErrors }: RegoFailure): EvaluationResult {
  if (code === 'out_of_memory') return fault('evaluation_memory', message, builtinErrors);
  if (code !== 'builtin_error') return fault('evaluation_failed', message, builtinErrors);
  return fault('builtin_error', rule === null ? message : `${rule}: ${message}`, builtinErrors);
}

/** The record keeps what went wrong, too: a year later the log is gone. */
export function fault(
  code: EvaluationFault['fault'],
  detail: string,
  errors: readonly BuiltinError[] = [],
): EvaluationResult {
  const own = code === 'builtin_error' ? [] : [{ builtin: code, message: clipped(detail) }];
  const builtinErrors = errors.map(({ builtin, message }) => ({ builtin, message: clipped(message) }));
  return {
    evaluation: { fault: code },
    written: null,
    builtinErrors: [...builtinErrors, ...own],
    detail: clipped(detail),
  };
}

/** Lone surrogates have no canonical form, and what is too large no place in a record. */
function recordable(found: Evaluation): EvaluationResult {
  try {
    const { evaluation, written } = normaliseEvaluation(found);
    const bytes = Buffer.byteLength(written.text);
    if (bytes <= MAX_EVALUATION_BYTES) return { evaluation, written, builtinErrors: [], detail: null };
    return fault('evaluation_invalid', `result: ${bytes} bytes, more than ${MAX_EVALUATION_BYTES}`);
  } catch (error) {
    return fault('evaluation_invalid', `result: ${(error as Error).message}`);
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}

/** Well-formed even where the cut goes through a surrogate pair, since it is signed. */
function clipped(text: string): string {
  const well = text.toWellFormed();
  return well.length <= MAX_MESSAGE_LENGTH ? well : `${well.slice(0, MAX_MESSAGE_LENGTH).toWellFormed()}…`;
}

function issuesOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'result'}: ${message}`).join('; ');
}
