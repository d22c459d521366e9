import { AppError } from '../base/errors.ts';
import { historyText } from '../domain/history/history.ts';
import type { DecisionInput, Judgement } from '../evaluation/judge.ts';
import type { CaseParts, CasePool } from './case-parts.ts';
import type { DecisionPlace } from './seal-orders.ts';

/** A decision that is about to be made: its input but for the history, and where its record will stand. */
export interface PendingDecision {
  input: Omit<DecisionInput, 'history'>;
  place: DecisionPlace;
}

/** Adds the history that policy may look at. Rejects with AppError `store_unavailable`, `record_invalid`. */
export async function withHistory(
  { store }: Pick<CaseParts, 'store'>,
  { input, place }: PendingDecision,
): Promise<DecisionInput> {
  const except = input.before?.case ?? null;
  const candidates = await store.candidates(place.keys);
  return { ...input, history: historyText(candidates, { ...place.keys, except, now: input.now }) };
}

/**
 * Whether a policy still decides. To be asked after every wait and before its workers are: those of a policy that was
 * replaced take nothing more.
 */
export function isActive(parts: Pick<CaseParts, 'pool'>, { ref }: Pick<CasePool, 'ref'>): boolean {
  return parts.pool().ref.digest === ref.digest;
}

/** Judges without sealing. Null where another policy became active meanwhile. */
export async function judgePending(
  parts: Pick<CaseParts, 'pool' | 'store' | 'onFault'>,
  pool: CasePool,
  pending: PendingDecision,
): Promise<Judgement | null> {
  const input = await withHistory(parts, pending);
  if (!isActive(parts, pool)) return null;
  const judgement = await pool.judge(input);
  reportFault(parts, pool, { record: pending.place.position.id, fault: judgement.fault });
  return judgement;
}

export function reportFault(
  { onFault }: Pick<CaseParts, 'onFault'>,
  { ref }: Pick<CasePool, 'ref'>,
  { record, fault }: { record: string; fault: string | null },
): void {
  if (fault !== null) onFault({ record, policy: ref.digest, detail: fault });
}

/**
 * A failed policy does not change a case. Otherwise any person whose verdict does not count could end the case at such a
 * moment. Throws AppError `policy_failed`; the log says why.
 */
export function refuseFault({ fault }: Pick<Judgement, 'fault'>): void {
  if (fault === null) return;
  throw new AppError('policy_failed', 'The active policy failed on this case, so nothing was kept; try again later.');
}

/** For a caller that does not try again by itself. */
export function policyChanged(): AppError {
  return new AppError('overloaded', 'The active policy changed; try again.');
}
