import { setTimeout } from 'node:timers/promises';
import { EVERY_CASE, type Store } from '../store/store.ts';
import type { Cases } from './cases.ts';

/** Ends open cases whose time for verdicts is over, each with a record. */
export interface CaseClosing {
  start(): void;
  stop(): Promise<void>;
}

export interface CaseClosingParts {
  store: Pick<Store, 'search'>;
  expire: Cases['expire'];
  clock: () => Date;
  /** `case` is null where the store could not be searched. It is tried again in either case. */
  onFailure: (failure: { case: string | null; error: unknown }) => void;
  /** Resolves after a time, or once it is aborted. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Verdicts are refused from the end of the time on, whether the expiry is recorded already or not. */
const INTERVAL_MS = 1000;
/** After a failure, so that one that persists does not fill the log. */
const RETRY_MS = 60_000;

export function createCaseClosing(parts: CaseClosingParts): CaseClosing {
  const { store, expire, clock, onFailure, pause = pauseFor } = parts;
  const stopping = new AbortController();
  let running = Promise.resolve();

  /** Ends all whose time is over now; resolves with how many could not be ended. Rejects where the store cannot be read. */
  async function closeAll(): Promise<number> {
    let failed = 0;
    const query = { ...EVERY_CASE, outcomes: ['approval_required'] as const, closesBefore: clock().toISOString() };
    for (let after: typeof query.after | null = query.after; after !== null && !stopping.signal.aborted; ) {
      const page = await store.search({ ...query, after });
      for (const head of page.cases) if (!(await close(head.case))) failed++;
      after = page.next;
    }
    return failed;
  }

  async function close(caseId: string): Promise<boolean> {
    try {
      await expire({ caseId });
      return true;
    } catch (error) {
      onFailure({ case: caseId, error });
      return false;
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const pauseMs = await closeAll().then(
        (failed) => (failed === 0 ? INTERVAL_MS : RETRY_MS),
        (error) => {
          onFailure({ case: null, error });
          return RETRY_MS;
        },
      );
      await pause(pauseMs, stopping.signal);
    }
  }

  return {
    start() {
      running = run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal, ref: false }).catch(() => {});
}
