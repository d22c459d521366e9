import { generateKeyPairSync } from 'node:crypto';
import { loadPolicy } from '../evaluation/loader.ts';
import { EVALUATION_MEMORY_BYTES } from '../evaluation/policy.ts';
import { openDecisionPool } from '../evaluation/pool.ts';
import { smokeTest } from './smoke-test.ts';

/** Nobody waits for these decisions, and the machine that builds may be slow. */
const TIMEOUT_MS = 10_000;
const NOBODY = 'trial';

/**
 * Does with a bundle what a service does before the bundle decides: loads it, opens it in a thread of its own, and asks it
 * what every policy has to answer (smokeTest). Nothing is kept. Throws AppError `bundle_invalid`.
 */
export async function tryBundle(bytes: Uint8Array): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pool = await openDecisionPool({
    source: await loadPolicy(bytes),
    key: { kid: NOBODY, alg: 'EdDSA', privateKey },
    maker: { issuer: NOBODY, version: NOBODY },
    bounds: { threads: 1, timeoutMs: TIMEOUT_MS, memoryBytes: EVALUATION_MEMORY_BYTES, maxWaiting: 1 },
    onThreadEnd: () => {}, // Its decision says so.
  });
  try {
    await smokeTest(pool);
  } finally {
    await pool.close();
  }
}
