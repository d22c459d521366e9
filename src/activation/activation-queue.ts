import { AppError } from '../base/errors.ts';
import { createTurns, OWN_CLIENT } from '../base/turns.ts';
import type { LoadedPolicy } from '../evaluation/loader.ts';
import type { PolicySource } from '../evaluation/policy.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import { openTried } from './trial.ts';

/** Where a bundle comes from, as `GET /v1/policies` shows it. */
export interface Origin {
  /** A file, a folder, a URL, or `upload`. */
  source: string;
  /** Who uploaded it: client and principal of the token. */
  by: Uploader | null;
}

export interface Uploader {
  client: string;
  principal: string | null;
}

/** A bundle that is to become the active one. */
export interface Candidate {
  origin: Origin;
  /** Runs when it is the candidate's turn. Rejects with AppError `bundle_invalid` or `policy_invalid`. */
  read: () => Promise<Uint8Array>;
  /** Runs when the bundle has passed its trial and before it decides. If it rejects, the bundle is not activated. */
  accept?: (bundle: Uint8Array) => Promise<void>;
}

export interface ActivationStatus {
  ref: EvaluationPool['ref'];
  /** RFC 3339 instant since which this bundle decides. */
  since: string;
  origin: Origin;
  /** How its builder differs from the tools of this version, one sentence each. */
  remarks: readonly string[];
  /**
   * Why the newest bundle was refused, and when: it could not be read, or it is faulty. Null once a bundle was activated
   * again. A candidate that was not activated for another reason (the uploader lost the right, the disk is full) leaves this
   * as it was.
   */
  lastError: { at: string; detail: string } | null;
}

/** A candidate that was not activated. */
export interface Refusal {
  origin: Origin;
  error: Error;
  /** Whether the bundle is the reason; then it is the status' `lastError`. */
  isBundleFault: boolean;
}

export interface QueueParts {
  /** Reads, checks and compiles a bundle. Rejects with AppError `bundle_invalid`. */
  load: (bundle: Uint8Array) => Promise<LoadedPolicy>;
  openPool: (source: PolicySource) => Promise<EvaluationPool>;
  clock: () => Date;
  onRefused: (refusal: Refusal) => void;
}

/**
 * The active bundle, and the candidates that wait to replace it. One after the other, a candidate is read, loaded, opened in
 * threads of its own and tried. One that passes becomes active at once, and the threads of the bundle before it end when they
 * have answered what they were given. One that fails changes nothing but `lastError`.
 */
export interface ActivationQueue {
  /** The pool of the active bundle. Another one after each activation: do not keep it. */
  pool(): EvaluationPool;
  status(): ActivationStatus;
  /** Calls the listener now with the active bundle, and after each activation. The listener must not throw. */
  onActivated(listener: (status: ActivationStatus) => void): void;
  /** Resolves when no pool but that of the active bundle decides any more. */
  retired(): Promise<void>;
  /**
   * Resolves when the candidate is active. Rejects with what its `read` or `accept` rejects with, with AppError
   * `bundle_invalid`, and with `overloaded` where too many candidates wait or the service is stopping.
   */
  activate(candidate: Candidate): Promise<ActivationStatus>;
  /** Ends the pool. Candidates that still wait are refused. */
  close(): Promise<void>;
}

/** A bundle that passed. */
interface Passed {
  bundle: Uint8Array;
  /** The active pool where the bundle is the active one already. */
  pool: EvaluationPool;
  isNew: boolean;
  remarks: readonly string[];
}

const MAX_WAITING = 3;

/** Activates the first bundle. Rejects with AppError `bundle_invalid` where it does not pass, and keeps nothing open. */
export async function openActivationQueue(parts: QueueParts, first: Candidate): Promise<ActivationQueue> {
  const { load, openPool, clock, onRefused } = parts;
  const firstPolicy = await load(await first.read());
  let pool = await openTried(openPool, firstPolicy);
  let status: ActivationStatus = {
    ref: pool.ref,
    since: clock().toISOString(),
    origin: first.origin,
    remarks: firstPolicy.remarks,
    lastError: null,
  };
  // One at a time. Whoever uploads many bundles does not shut out the configured bundle or other uploaders.
  const turns = createTurns({ width: 1, maxWaiting: MAX_WAITING, reservedPerClient: 1, tasks: 'bundles' });
  const pending = new Set<Promise<unknown>>();
  let isClosed = false;
  const retiring = new Set<Promise<void>>();
  const listeners: ((status: ActivationStatus) => void)[] = [];

  async function replace(candidate: Candidate): Promise<ActivationStatus> {
    refuseWhenClosed();
    const passed = await examine(candidate).catch((error) => refuse(candidate, error, isAboutBundle(error)));
    await accept(candidate, passed).catch((error) => refuse(candidate, error, false));
    if (passed.isNew) retire(pool);
    pool = passed.pool;
    const since = passed.isNew ? clock().toISOString() : status.since;
    status = { ref: pool.ref, since, origin: candidate.origin, remarks: passed.remarks, lastError: null };
    for (const listener of listeners) listener(status);
    return status;
  }

  async function examine({ read }: Candidate): Promise<Passed> {
    const bundle = await read();
    const policy = await load(bundle);
    const isNew = policy.ref.digest !== status.ref.digest;
    return { bundle, isNew, pool: isNew ? await openTried(openPool, policy) : pool, remarks: policy.remarks };
  }

  async function accept(candidate: Candidate, passed: Passed): Promise<void> {
    try {
      refuseWhenClosed();
      await candidate.accept?.(passed.bundle);
    } catch (error) {
      if (passed.isNew) await passed.pool.close();
      throw error;
    }
  }

  function refuse({ origin }: Candidate, error: Error, isBundleFault: boolean): never {
    if (isBundleFault) status = { ...status, lastError: { at: clock().toISOString(), detail: error.message } };
    onRefused({ origin, error, isBundleFault });
    throw error;
  }

  function refuseWhenClosed(): void {
    if (isClosed) throw new AppError('overloaded', 'The service is stopping.');
  }

  function retire(old: EvaluationPool): void {
    const closing = old
      .close()
      .catch(() => {}) // Its threads end with the process at the latest.
      .finally(() => retiring.delete(closing));
    retiring.add(closing);
  }

  return {
    pool: () => pool,
    status: () => status,
    onActivated(listener) {
      listeners.push(listener);
      listener(status);
    },
    async retired() {
      await Promise.all(retiring);
    },
    async activate(candidate) {
      const turn = turns.run(candidate.origin.by?.client ?? OWN_CLIENT, [], () => replace(candidate));
      pending.add(turn);
      try {
        return await turn;
      } finally {
        pending.delete(turn);
      }
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(pending);
      await Promise.all([pool.close(), ...retiring]);
    },
  };
}

function isAboutBundle(error: unknown): boolean {
  return error instanceof AppError && ['bundle_invalid', 'policy_invalid'].includes(error.code);
}
