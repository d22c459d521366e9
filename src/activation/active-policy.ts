import { AppError } from '../base/errors.ts';
import type { LoadedPolicy } from '../evaluation/loader.ts';
import type { PolicySource } from '../evaluation/policy.ts';
import type { DecisionPool } from '../evaluation/pool.ts';
import { smokeTest } from './smoke-test.ts';

/** Where a bundle came from, for those who look at the active policy. */
export interface Origin {
  /** A file, a URL, or `upload`. */
  source: string;
  /** Who uploaded it: client and principal of the token. */
  by: { client: string; principal: string | null } | null;
}

export interface ActivePolicyStatus {
  ref: DecisionPool['ref'];
  since: string;
  origin: Origin;
  /** How its builder differs from this version, a sentence each. */
  remarks: readonly string[];
  /** Why the newest bundle was refused, and when; null once a bundle was taken again. */
  lastError: { at: string; detail: string } | null;
}

export interface ActivePolicyParts {
  /** Throws AppError `bundle_invalid`. */
  load: (bundle: Uint8Array) => Promise<LoadedPolicy>;
  openPool: (source: PolicySource) => Promise<DecisionPool>;
  clock: () => Date;
  onChange: (status: ActivePolicyStatus) => void;
}

/** A bundle that somebody wants to be active. */
export interface Candidate {
  origin: Origin;
  read: () => Promise<Uint8Array>;
  /** Runs when the bundle has passed and before it decides: what it throws refuses the bundle. */
  accept?: (bundle: Uint8Array) => Promise<void>;
}

/**
 * The policy that decides. A candidate is read, checked, opened in threads of its own and tried; then it takes the place of
 * the one before at once, which finishes what it was given. A bad one changes nothing but `lastError`.
 */
export interface ActivePolicy {
  pool(): DecisionPool;
  status(): ActivePolicyStatus;
  /** Resolves when no policy but the active one decides any more. */
  retired(): Promise<void>;
  /** One after the other. Rejects with AppError `bundle_invalid`, and `overloaded` where too many wait already. */
  activate(candidate: Candidate): Promise<ActivePolicyStatus>;
  close(): Promise<void>;
}

interface Prepared {
  isNew: boolean;
  next: DecisionPool;
  remarks: readonly string[];
}

const MAX_WAITING = 4;

/** Rejects with AppError `bundle_invalid` where the first bundle is no good. */
export async function openActivePolicy(parts: ActivePolicyParts, first: Candidate): Promise<ActivePolicy> {
  let waiting = 0;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();
  const retiring = new Set<Promise<void>>();
  const firstSource = await parts.load(await first.read());
  let pool = await openChecked(parts, firstSource);
  let status: ActivePolicyStatus = {
    ref: pool.ref,
    since: parts.clock().toISOString(),
    origin: first.origin,
    remarks: firstSource.remarks,
    lastError: null,
  };

  async function replace(candidate: Candidate): Promise<ActivePolicyStatus> {
    try {
      const { isNew, next, remarks } = await prepare(candidate);
      if (isNew) retire(pool);
      pool = next;
      const since = isNew ? parts.clock().toISOString() : status.since;
      status = { ref: next.ref, since, origin: candidate.origin, remarks, lastError: null };
      return status;
    } catch (error) {
      status = { ...status, lastError: { at: parts.clock().toISOString(), detail: (error as Error).message } };
      throw error;
    } finally {
      parts.onChange(status);
    }
  }

  /** A pool that may decide from now on; the active one where the candidate is the same bundle. */
  async function prepare({ read, accept }: Candidate): Promise<Prepared> {
    refuseWhenClosed();
    const bundle = await read();
    const source = await parts.load(bundle);
    const isNew = source.ref.digest !== status.ref.digest;
    const next = isNew ? await openChecked(parts, source) : pool;
    try {
      refuseWhenClosed();
      await accept?.(bundle);
    } catch (error) {
      if (isNew) await next.close();
      throw error;
    }
    return { isNew, next, remarks: source.remarks };
  }

  function refuseWhenClosed(): void {
    if (closed) throw new AppError('overloaded', 'The service is ending.');
  }

  function retire(old: DecisionPool): void {
    const closing = old
      .close()
      .catch(() => {}) // Its threads end with the process at the latest.
      .finally(() => retiring.delete(closing));
    retiring.add(closing);
  }

  return {
    pool: () => pool,
    status: () => status,
    async retired() {
      await Promise.all(retiring);
    },
    activate(candidate) {
      if (waiting >= MAX_WAITING) return Promise.reject(new AppError('overloaded', 'Other bundles are waiting.'));
      waiting++;
      const mine = last.then(() => replace(candidate)).finally(() => waiting--);
      last = mine.catch(() => {}); // The next one does not care how this one ended.
      return mine;
    },
    async close() {
      closed = true;
      await last;
      await Promise.all([pool.close(), ...retiring]);
    },
  };
}

async function openChecked({ openPool }: ActivePolicyParts, source: PolicySource): Promise<DecisionPool> {
  const pool = await openPool(source);
  try {
    await smokeTest(pool);
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}
