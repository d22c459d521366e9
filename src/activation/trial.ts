import { generateKeyPairSync } from 'node:crypto';
import { loadPolicy } from '../evaluation/loader.ts';
import { EVALUATION_MEMORY_BYTES, type PolicySource } from '../evaluation/policy.ts';
import { type DecisionPool, openDecisionPool } from '../evaluation/pool.ts';
import { smokeTest } from './smoke-test.ts';

/** Generous: nobody waits for these answers, and the machine that builds may be slow. */
const TIMEOUT_MS = 10_000;
const NOBODY = 'trial';

/**
 * Opens a policy in threads of its own and runs the smoke test on them. Rejects with AppError `bundle_invalid` where the
 * policy does not pass; its threads have ended then.
 */
export async function openTried(
  openPool: (source: PolicySource) => Promise<DecisionPool>,
  source: PolicySource,
): Promise<DecisionPool> {
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
 * Does with a bundle what a service does before it activates the bundle, and keeps nothing of it. For those who build
 * bundles. Rejects with AppError `bundle_invalid` where a service would refuse the bundle.
 */
export async function tryBundle(bytes: Uint8Array): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const openPool = (source: PolicySource) =>
    openDecisionPool({
      source,
      key: { kid: NOBODY, alg: 'EdDSA', privateKey },
      maker: { issuer: NOBODY, version: NOBODY },
      bounds: { threads: 1, timeoutMs: TIMEOUT_MS, memoryBytes: EVALUATION_MEMORY_BYTES, maxWaiting: 1 },
      onThreadEnd: () => {}, // The answer that the thread owed says so.
    });
  const pool = await openTried(openPool, await loadPolicy(bytes));
  await pool.close();
}
