import { createHmac } from 'node:crypto';
import { canonicalJson, sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { IDEMPOTENCY_TTL_MS, type IdempotencyEntry, type Store } from '../store/store.ts';

/** A caller's wish that one key on one route leads to one effect. Without a key, every call acts. */
export interface IdempotencyClaim {
  caller: { client: string; principal: string | null };
  route: string;
  key: string | null;
  body: unknown;
}

/** What acted: the id of the record that it kept, and whatever the caller wants back. Null: the key is taken, look again. */
export type Act<T> = (entry: IdempotencyEntry | null) => Promise<{ id: string; value: T } | null>;

export interface Idempotency {
  /**
   * Runs `act` once per claim. The same claim again gives the id of the first record; a twin in flight waits for it; a
   * failure is shared with its twins but not kept, so that a later try acts again.
   * Throws AppError `idempotency_mismatch` where the key was used with another body.
   */
  once<T>(claim: IdempotencyClaim, act: Act<T>): Promise<{ first: T } | { replayOf: string }>;
}

/** How often a lost race is run again before the caller is told to come back. */
const MAX_ATTEMPTS = 16;

/** `newestKept`: the newest instant of all records, in milliseconds since the epoch; null where there is none. */
export function createIdempotency(
  store: Pick<Store, 'idempotency'>,
  secret: Buffer,
  clock: () => Date,
  newestKept: () => number | null,
): Idempotency {
  const inFlight = new Map<string, { fingerprint: string; acting: Promise<{ id: string } | null> }>();

  /** The record that the key led to before, after waiting for a twin in flight; null where nobody holds the key. */
  async function find({ key, fingerprint }: IdempotencyEntry): Promise<string | null> {
    // By the time of what is kept: a clock that is ahead for a moment must not forget a key that decided already.
    const notBefore = (newestKept() ?? 0) - IDEMPOTENCY_TTL_MS;
    const known = store.idempotency(key, notBefore) ?? inFlight.get(key);
    if (known === undefined) return null;
    if (known.fingerprint !== fingerprint) {
      throw new AppError('idempotency_mismatch', 'This Idempotency-Key was used with another body.');
    }
    return 'record' in known ? known.record : ((await known.acting)?.id ?? null);
  }

  /** Looks for the mark once more after awaiting: of many twins that found nobody, one may act. */
  async function actOnce<T>(entry: IdempotencyEntry, act: Act<T>) {
    const found = await find(entry);
    if (found !== null) return { replayOf: found };
    if (inFlight.has(entry.key)) return null;
    const acting = act(entry);
    inFlight.set(entry.key, { fingerprint: entry.fingerprint, acting });
    const acted = await acting.finally(() => inFlight.delete(entry.key));
    return acted && { first: acted.value };
  }

  async function actFreely<T>(act: Act<T>) {
    const acted = await act(null);
    return acted && { first: acted.value };
  }

  return {
    async once<T>({ caller, route, key, body }: IdempotencyClaim, act: Act<T>) {
      const entryOf = (given: string): IdempotencyEntry => ({
        key: sha256(canonicalJson([caller.client, caller.principal, route, given])),
        // An HMAC: the plain digest of a short body could be guessed from a copy of the database.
        fingerprint: createHmac('sha256', secret).update(canonicalJson(body)).digest('base64url'),
        at: clock().getTime(),
      });
      const attempt = key === null ? () => actFreely(act) : () => actOnce(entryOf(key), act);
      for (let left = MAX_ATTEMPTS; left > 0; left--) {
        const result = await attempt();
        if (result !== null) return result;
      }
      throw new AppError('store_unavailable', 'Others were first too often; try again.');
    },
  };
}
