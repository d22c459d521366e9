import { AppError } from '../../src/base/errors.ts';
import { type SigningKey, signCompact } from '../../src/base/jws.ts';
import { createSealer } from '../../src/cases/seal-orders.ts';
import { RECORD_TYPE } from '../../src/contract/record.ts';
import { type DecisionInput, judge } from '../../src/evaluation/judge.ts';
import type { Policy } from '../../src/evaluation/policy.ts';
import type { EvaluationPool } from '../../src/evaluation/pool.ts';
import { renderDecision } from '../../src/http/v1/render-decision.ts';

/** Signs, and counts how often. */
export interface CountingSigner {
  count: number;
  sign: (payloadText: string) => string;
}

export function countingSigner(key: SigningKey): CountingSigner {
  const signer: CountingSigner = {
    count: 0,
    sign(payloadText) {
      signer.count++;
      return signCompact(payloadText, key, RECORD_TYPE);
    },
  };
  return signer;
}

/**
 * Judges and seals on this thread, with what passes between threads copied as messages are. A pool that is not active refuses
 * everything, as one whose workers have ended.
 */
export function inProcessPool(
  policy: Policy,
  { sign }: CountingSigner,
  isActive: () => boolean = () => true,
): Pick<EvaluationPool, 'ref' | 'directory' | 'sentences' | 'judge' | 'complete'> {
  const { ref, directory, sentences } = policy;
  const issuer = { issuer: 'urn:test', version: '0' };
  const complete = createSealer({ issuer, sign, render: (record) => renderDecision(record, sentences) });

  function judged(input: DecisionInput) {
    if (!isActive()) throw new AppError('overloaded', 'The workers are shutting down.');
    return judge(structuredClone(input), policy);
  }

  return {
    ref,
    directory,
    sentences,
    judge: async (input) => structuredClone(judged(input).judgement),
    complete: async (order, input) => structuredClone(complete(input && judged(input), structuredClone(order))),
  };
}
