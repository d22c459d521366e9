import { setImmediate, setTimeout } from 'node:timers/promises';
import { AppError } from '../base/errors.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import { type CaseHead, type CaseQuery, EVERY_CASE, type JudgedMark, type Store } from '../store/store.ts';
import type { Gate } from './gate.ts';
import type { Grants } from './grants.ts';

/** A look at the open cases and the grants in force that another policy than the active one looked at last. */
export interface ReevaluationStatus {
  /** The digest of the bundle. */
  policy: string;
  started_at: string;
  /** Null while it goes on. */
  finished_at: string | null;
  /** Cases that were looked at. */
  examined: number;
  /** Cases of which the policy thinks otherwise: each has a new record. */
  changed: number;
  /** Cases that could not be evaluated; the log says why, and they are looked at again later. */
  failed: number;
}

/**
 * Continuous evaluation. It runs beside decisions and gives way to them. Which policy looked at a case last is kept with the
 * case: after a restart it goes on with those that were not reached, and reads nothing else.
 */
export interface Reevaluation {
  /** To be called when the service starts and when another policy became active: a look that goes on then starts anew. */
  start(): void;
  status(): ReevaluationStatus | null;
  /** Ends a look that goes on, between two cases. */
  stop(): Promise<void>;
}

export interface ReevaluationParts {
  pool: () => Pick<EvaluationPool, 'ref'>;
  store: Pick<Store, 'search' | 'judged'>;
  gate: Pick<Gate, 'followPolicy'>;
  grants: Pick<Grants, 'reevaluate'>;
  /** Resolves when what the policy before decided is kept. */
  settled: () => Promise<void>;
  clock: () => Date;
  /** `case` is null where the look failed as a whole; it is repeated then, and for cases that failed. */
  onFailure: (failure: { case: string | null; error: unknown }) => void;
}

/** Cases at the same time: as many as keep the threads busy, few enough that a decision hardly waits. */
const WIDTH = 8;
const BUSY_DELAY_MS = 200;
const RETRY_DELAY_MS = 5_000;
const MAX_RETRY_DELAY_MS = 300_000;

export function createReevaluation(parts: ReevaluationParts): Reevaluation {
  const { pool, store, gate, grants, clock, onFailure } = parts;
  let status: ReevaluationStatus | null = null;
  let current = Promise.resolve();
  let generation = 0;
  let stopped = false;
  let pausing = new AbortController();

  function interrupt(): void {
    pausing.abort();
    pausing = new AbortController();
  }

  const isCurrent = (mine: number) => mine === generation && !stopped;

  /** Looks again, later, where a look failed as a whole or in part. */
  async function run(mine: number): Promise<void> {
    for (let delayMs = RETRY_DELAY_MS; isCurrent(mine); delayMs = Math.min(2 * delayMs, MAX_RETRY_DELAY_MS)) {
      try {
        const look = newLook();
        status = look;
        await lookAtAll(look, mine);
        if (!isCurrent(mine)) return;
        look.finished_at = clock().toISOString();
        if (look.failed === 0) return;
      } catch (error) {
        onFailure({ case: null, error });
      }
      await pause(delayMs);
    }
  }

  function newLook(): ReevaluationStatus {
    const started_at = clock().toISOString();
    return { policy: pool().ref.digest, started_at, finished_at: null, examined: 0, changed: 0, failed: 0 };
  }

  async function lookAtAll(look: ReevaluationStatus, mine: number): Promise<void> {
    await parts.settled();
    const others = { ...EVERY_CASE, notJudgedBy: look.policy };
    for (const query of [openCases(others), grantsInForce(others, look.started_at)]) {
      for await (const page of pagesOf(query)) {
        const unchanged: JudgedMark[] = [];
        await inParallel(page, async (head) => {
          if (isCurrent(mine) && (await examine(head, look, mine))) unchanged.push(markOf(head, look));
        });
        await store.judged(unchanged);
        if (!isCurrent(mine)) return;
      }
    }
  }

  /** Ends early where there is something else to do. */
  async function pause(delayMs: number): Promise<void> {
    await setTimeout(delayMs, undefined, { signal: pausing.signal, ref: false }).catch(() => {});
  }

  async function* pagesOf(query: CaseQuery): AsyncGenerator<readonly CaseHead[]> {
    for (let after: CaseQuery['after'] | null = query.after; after !== null; ) {
      const page = await store.search({ ...query, after });
      yield page.cases;
      after = page.next;
    }
  }

  /** Whether the policy has nothing to change in a case. */
  async function examine(head: CaseHead, look: ReevaluationStatus, mine: number): Promise<boolean> {
    look.examined++;
    try {
      const kept = await whenThereIsTime(head, mine);
      if (kept !== null) look.changed++;
      return kept === null && isCurrent(mine);
    } catch (error) {
      if (hasGone(error)) return false;
      look.failed++;
      onFailure({ case: head.case, error });
      return false;
    }
  }

  /** Decisions come first: while they fill the queue, this waits. Null where nothing changes, or another look is wanted. */
  async function whenThereIsTime({ case: caseId, outcome }: CaseHead, mine: number): Promise<unknown> {
    const evaluate = outcome === 'approval_required' ? gate.followPolicy : grants.reevaluate;
    while (isCurrent(mine)) {
      try {
        return await evaluate(caseId);
      } catch (error) {
        if (!isBusy(error)) throw error;
        await pause(BUSY_DELAY_MS);
      }
    }
    return null;
  }

  return {
    start() {
      const mine = ++generation;
      interrupt();
      current = current.then(() => run(mine));
    },
    status: () => status,
    async stop() {
      stopped = true;
      interrupt();
      await current;
    },
  };
}

function grantsInForce(query: CaseQuery, now: string): CaseQuery {
  return { ...query, outcomes: ['allow'], grant: { state: 'in_force', now } };
}

function openCases(query: CaseQuery): CaseQuery {
  return { ...query, outcomes: ['approval_required'] };
}

/** So that the case is not looked at by this policy again, after a restart either. */
function markOf({ case: caseId, seq }: CaseHead, { policy }: ReevaluationStatus): JudgedMark {
  return { case: caseId, seq, policy };
}

/** What passes: it is tried again, and the case has not failed. */
function isBusy(error: unknown): boolean {
  return error instanceof AppError && ['overloaded', 'clock_untrusted'].includes(error.code);
}

/** It ended, or was taken back, since it was found. */
function hasGone(error: unknown): boolean {
  return error instanceof AppError && ['case_closed', 'case_not_granted', 'grant_over'].includes(error.code);
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) {
      await act(item);
      await setImmediate(); // The calls that came meanwhile have their turn.
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}
