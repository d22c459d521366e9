import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { type CaseHead, type CaseQuery, EVERY_CASE, type Store, type SweepMark } from '../store/store.ts';
import type { SweepProgress } from '../store/sweep-store.ts';
import type { CasePool } from './case-parts.ts';

/** A sweep, and how many cases there are to examine in all, as counted when it began. */
export interface SweepStatus extends SweepProgress {
  total: number;
}

/**
 * Continuous evaluation: every open case and grant in force that another policy than the active one judged last is judged
 * again. It runs beside decisions and gives way to them. Which policy judged a case last is kept with the case, and the
 * progress by policy: after a restart a sweep goes on with the cases that were not reached, and reads nothing else.
 */
export interface Sweep {
  /** To be called when the service starts and when another policy became active: a sweep that goes on then starts anew. */
  start(): void;
  /** Null before the first one. */
  status(): SweepStatus | null;
  /** Ends a sweep that goes on, between two cases. */
  stop(): Promise<void>;
}

export interface SweepParts {
  pool: () => Pick<CasePool, 'ref'>;
  store: Pick<Store, 'search' | 'markSwept' | 'sweep' | 'keepSweep' | 'countToSweep'>;
  /** See redecide. */
  redecide: (call: { caseId: string }) => Promise<unknown>;
  /** Resolves when what the policy before decided is kept. */
  settled: () => Promise<void>;
  clock: () => Date;
  /** `case` is null where the sweep failed as a whole; it is repeated then, and for cases that failed. */
  onFailure: (failure: { case: string | null; error: unknown }) => void;
}

/** Cases at the same time: as many as keep the workers busy, few enough that a decision hardly waits. */
const WIDTH = 8;
const BUSY_DELAY_MS = 200;
const RETRY_DELAY_MS = 5_000;
const MAX_RETRY_DELAY_MS = 300_000;

export function createSweep(parts: SweepParts): Sweep {
  const { pool, store, redecide, clock, onFailure } = parts;
  let latest: SweepStatus | null = null;
  let current = Promise.resolve();
  /** Counts the calls of start(): an older generation ends. */
  let newest = 0;
  let stopped = false;
  let pausing = new AbortController();

  function interrupt(): void {
    pausing.abort();
    pausing = new AbortController();
  }

  const isCurrent = (generation: number) => generation === newest && !stopped;

  /** Repeats a sweep, later, where it failed as a whole or in part. */
  async function run(generation: number): Promise<void> {
    for (let delayMs = RETRY_DELAY_MS; isCurrent(generation); delayMs = Math.min(2 * delayMs, MAX_RETRY_DELAY_MS)) {
      try {
        const status = await begin();
        latest = status;
        await sweepAll(status, generation);
        if (!isCurrent(generation)) return;
        status.finished_at = clock().toISOString();
        await keep(status);
        if (status.failed === 0) return;
      } catch (error) {
        onFailure({ case: null, error });
      }
      await pause(delayMs);
    }
  }

  /** A sweep that a restart interrupted goes on; otherwise a new one begins. */
  async function begin(): Promise<SweepStatus> {
    const policy = pool().ref.digest as Sha256;
    const now = clock().toISOString();
    const [kept, left] = await Promise.all([store.sweep(policy), store.countToSweep(policy, now)]);
    if (kept !== null && kept.finished_at === null) return { ...kept, total: kept.examined + left };
    return { policy, started_at: now, finished_at: null, examined: 0, changed: 0, failed: 0, total: left };
  }

  /** A copy, since cases that are examined meanwhile are counted. Nothing is written of a sweep that found nothing to do. */
  async function keep({ total: _, ...progress }: SweepStatus): Promise<void> {
    if (progress.examined > 0) await store.keepSweep(progress);
  }

  async function sweepAll(status: SweepStatus, generation: number): Promise<void> {
    await parts.settled();
    for await (const page of pagesToSweep(status)) {
      const unchanged: SweepMark[] = [];
      await inParallel(page, async (head) => {
        if (isCurrent(generation) && (await examine(head, status, generation))) unchanged.push(markOf(head, status));
      });
      await store.markSwept(unchanged);
      await keep(status);
      if (!isCurrent(generation)) return;
    }
  }

  async function* pagesToSweep({ policy }: SweepProgress): AsyncGenerator<readonly CaseHead[]> {
    const sweptByOthers: CaseQuery = { ...EVERY_CASE, notSweptBy: policy };
    yield* pagesOf({ ...sweptByOthers, outcomes: ['approval_required'] });
    yield* pagesOf({
      ...sweptByOthers,
      outcomes: ['allow'],
      grant: { state: 'in_force', now: clock().toISOString() },
    });
  }

  async function* pagesOf(query: CaseQuery): AsyncGenerator<readonly CaseHead[]> {
    for (let after: CaseQuery['after'] | null = query.after; after !== null; ) {
      const page = await store.search({ ...query, after });
      yield page.cases;
      after = page.next;
    }
  }

  /** Whether the policy changes nothing in a case. */
  async function examine(head: CaseHead, status: SweepProgress, generation: number): Promise<boolean> {
    status.examined++;
    try {
      const redecided = await redecideWhenIdle(head.case, generation);
      if (redecided !== null) status.changed++;
      return redecided === null && isCurrent(generation);
    } catch (error) {
      if (hasEnded(error)) return false;
      status.failed++;
      onFailure({ case: head.case, error });
      return false;
    }
  }

  /** Waits while decisions fill the queue. Null where nothing changes, or a newer sweep was started. */
  async function redecideWhenIdle(caseId: string, generation: number): Promise<unknown> {
    while (isCurrent(generation)) {
      try {
        return await redecide({ caseId });
      } catch (error) {
        if (!isTransient(error)) throw error;
        await pause(BUSY_DELAY_MS);
      }
    }
    return null;
  }

  /** Ends early where the sweep is to stop or to start anew. */
  async function pause(delayMs: number): Promise<void> {
    await setTimeout(delayMs, undefined, { signal: pausing.signal, ref: false }).catch(() => {});
  }

  return {
    start() {
      const generation = ++newest;
      interrupt();
      current = current.then(() => run(generation));
    },
    status: () => latest,
    async stop() {
      stopped = true;
      interrupt();
      await current;
    },
  };
}

/**
 * Sweeps by the active policy now, and by each other one that becomes active. What counts is for which policy a sweep was
 * started last: its status names the policy before while the sweep begins.
 */
export function sweepAfterActivations(
  sweep: Pick<Sweep, 'start'>,
  onActivated: (listener: (activated: { ref: { digest: string } }) => void) => void,
): void {
  let startedFor: string | null = null;
  onActivated(({ ref: { digest } }) => {
    if (digest === startedFor) return;
    startedFor = digest;
    sweep.start();
  });
}

/** So that this policy does not evaluate the case again, even after a restart. */
function markOf({ case: caseId, seq }: CaseHead, { policy }: SweepProgress): SweepMark {
  return { case: caseId, seq, policy };
}

/** The case is tried again and has not failed. */
function isTransient(error: unknown): boolean {
  return error instanceof AppError && ['overloaded', 'clock_untrusted'].includes(error.code);
}

/** The case ended, or its grant was revoked, after it was found. */
function hasEnded(error: unknown): boolean {
  return error instanceof AppError && ['case_closed', 'case_not_granted', 'grant_over'].includes(error.code);
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) {
      await act(item);
      await setImmediate(); // Lets waiting calls go first.
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}
