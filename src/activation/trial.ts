import { loadPolicy } from '../evaluation/loader.ts';
import { EVALUATION_MEMORY_BYTES, type PolicySource } from '../evaluation/policy.ts';
import { type EvaluationPool, openEvaluationPool } from '../evaluation/pool.ts';
import { smokeTest } from './smoke-test.ts';

/** Generous: nobody waits for these answers, and the machine that builds may be slow. */
const TIMEOUT_MS = 10_000;

/**
 * Opens a policy in threads of its own and runs the smoke test on them. Rejects with AppError `bundle_invalid` where the
 * policy does not pass; its threads have ended then.
 */
export async function openTried(
  openPool: (source: PolicySource) => Promise<EvaluationPool>,
  source: PolicySource,
): Promise<EvaluationPool> {
  const pool = await openPool(source);
  try {
    await smokeTest(pool);
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/**
 * Does with a bundle what a service does before it activates the bundle, and keeps nothing of it. It needs no key, since
 * judging signs nothing. For those who build bundles. Rejects with AppError `bundle_invalid` where a service would refuse the bundle.
 */
export async function tryBundle(bytes: Uint8Array): Promise<void> {
  const openPool = (source: PolicySource) =>
    openEvaluationPool({
      source,
      bounds: { threads: 1, timeoutMs: TIMEOUT_MS, memoryBytes: EVALUATION_MEMORY_BYTES, maxWaiting: 1 },
      onThreadEnd: () => {}, // The answer that the thread owed says so.
    });
  const pool = await openTried(openPool, await loadPolicy(bytes));
  await pool.close();
}
