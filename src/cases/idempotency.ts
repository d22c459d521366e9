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

/** The result of an action: the id of the stored record, and a value for the caller. Null: the key is taken, try again. */
export type Act<T> = (entry: IdempotencyEntry | null) => Promise<{ id: string; value: T } | null>;

export interface Idempotency {
  /**
   * Runs `act` once per claim. The same claim again gives the id of the first record; a twin in flight waits for it; a
   * failure is shared with its twins but not kept, so that a later try acts again.
   * Throws AppError `idempotency_mismatch` where the key was used with another body.
   */
  once<T>(claim: IdempotencyClaim, act: Act<T>): Promise<{ first: T } | { replayOf: string }>;
}

/** The holder of a key. `record` is null until the holding call has stored one. */
interface Holder {
  fingerprint: string;
  record: string | null;
}

interface InFlight {
  holder: Promise<Holder>;
  acting: Promise<{ id: string } | null>;
}

/** How often a lost race is repeated before the call is refused. */
const MAX_ATTEMPTS = 16;

/** `newestKept`: the newest instant of all records, in milliseconds since the epoch; null where there is none. */
export function createIdempotency(
  store: Pick<Store, 'idempotency'>,
  secret: Buffer,
  clock: () => Date,
  newestKept: () => number | null,
): Idempotency {
  const inFlight = new Map<string, InFlight>();

  /** Who holds the key: a record that is kept, or else this call. Rejects where the store cannot be read. */
  async function findHolder({ key, fingerprint }: IdempotencyEntry): Promise<Holder> {
    // By the time of stored records: a clock that is ahead for a moment must not expire a used key.
    const notBefore = (newestKept() ?? 0) - IDEMPOTENCY_TTL_MS;
    return (await store.idempotency(key, notBefore)) ?? { fingerprint, record: null };
  }

  /** Nothing is awaited before the call is in flight: of many twins, one looks the key up and acts. */
  async function actOnce<T>(entry: IdempotencyEntry, act: Act<T>) {
    const twin = inFlight.get(entry.key);
    if (twin !== undefined) return followTwin(entry, twin);
    const holder = findHolder(entry);
    const acting = holder.then(({ record }) => (record === null ? act(entry) : null));
    inFlight.set(entry.key, { holder, acting });
    const acted = await acting.finally(() => inFlight.delete(entry.key));
    return acted === null ? replayOf(entry, await holder) : { first: acted.value };
  }

  /** A twin shares what the first call found, how it failed, and what it led to. Null: the key is free again. */
  async function followTwin(entry: IdempotencyEntry, twin: InFlight): Promise<{ replayOf: string } | null> {
    const holder = await twin.holder;
    const kept = replayOf(entry, holder);
    if (kept !== null) return kept;
    const acted = await twin.acting;
    return acted && { replayOf: acted.id };
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
      throw new AppError('store_unavailable', 'Too many concurrent writes; try again.');
    },
  };
}

/** Null where no record is kept for the key. Throws AppError `idempotency_mismatch`. */
function replayOf({ fingerprint }: IdempotencyEntry, holder: Holder): { replayOf: string } | null {
  if (holder.fingerprint !== fingerprint) {
    throw new AppError('idempotency_mismatch', 'This Idempotency-Key was used with a different body.');
  }
  return holder.record === null ? null : { replayOf: holder.record };
}
