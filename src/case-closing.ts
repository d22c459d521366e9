import { setTimeout } from 'node:timers/promises';
import type { Endings } from './endings.ts';
import { EVERY_CASE, type Store } from './evidence/store.ts';

/** Ends the cases that nobody approved in time, each with a record. */
export interface CaseClosing {
  start(): void;
  /** Ends all whose time is over now; resolves with how many those were. Rejects where the store cannot be read. */
  closeAll(): Promise<number>;
  stop(): Promise<void>;
}

export interface CaseClosingParts {
  store: Pick<Store, 'search'>;
  endings: Pick<Endings, 'expire'>;
  clock: () => Date;
  /** `case` is null where the look failed as a whole; it is repeated. */
  onFailure: (failure: { case: string | null; error: unknown }) => void;
}

/** A case takes no verdicts from its end on, whether the record of that is there already or not. */
const INTERVAL_MS = 1000;
/** After a failure: what keeps failing must not fill the log. */
const RETRY_MS = 60_000;

export function createCaseClosing({ store, endings, clock, onFailure }: CaseClosingParts): CaseClosing {
  const stopping = new AbortController();
  let running = Promise.resolve();

  async function closeAll(): Promise<number> {
    let closed = 0;
    const query = { ...EVERY_CASE, outcomes: ['approval_required'] as const, closesBefore: clock().toISOString() };
    for (let after: typeof query.after | null = query.after; after !== null && !stopping.signal.aborted; ) {
      const page = await store.search({ ...query, after });
      for (const head of page.cases) if (await close(head.case)) closed++;
      after = page.next;
    }
    return closed;
  }

  async function close(caseId: string): Promise<boolean> {
    try {
      return (await endings.expire(caseId)) !== null;
    } catch (error) {
      onFailure({ case: caseId, error });
      return false;
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const pauseMs = await closeAll().then(
        () => INTERVAL_MS,
        (error) => {
          onFailure({ case: null, error });
          return RETRY_MS;
        },
      );
      await setTimeout(pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  }

  return {
    start() {
      running = run();
    },
    closeAll,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
