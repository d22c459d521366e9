import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../src/base/errors.ts';
import { createSweep, sweepAfterActivations } from '../src/cases/sweep.ts';
import type { PolicyRef } from '../src/contract/record.ts';
import { entry, keep, STORE_OPTIONS } from '../src/store/entries.contract.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import type { CaseHead, CasePage, CaseQuery, SweepMark } from '../src/store/store.ts';
import type { SweepProgress, SweepStore } from '../src/store/sweep-store.ts';
import { temporaryDir } from './support/service.ts';

const head = (id: string): CaseHead =>
  entry(id, 0, { outcome: 'allow', expires_at: '2999-01-01T00:00:00.000Z' }).caseHead;
const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 5));
const overloaded = () => Promise.reject(new AppError('overloaded', 'busy'));

/** A sweep over one grant, of which `evaluate` makes something. */
function sweepWith(
  evaluate: (caseId: string) => Promise<null>,
  search?: (query: CaseQuery) => Promise<CasePage>,
  progress: Partial<SweepStore> = {},
) {
  const failures: unknown[] = [];
  const sweep = createSweep({
    pool: () => ({ ref: { digest: 'sha256:x' } as PolicyRef }),
    store: {
      markSwept: async () => {},
      sweep: async () => null,
      countToSweep: async () => 1,
      keepSweep: async () => {},
      ...progress,
      search:
        search ??
        (async ({ outcomes }) => ({ cases: outcomes.includes('allow') ? [head('a')] : [], next: null, examined: 1 })),
    },
    redecide: ({ caseId }) => evaluate(caseId),
    settled: async () => {},
    clock: () => new Date(),
    onFailure: (failure) => failures.push(failure),
  });
  return { sweep, failures };
}

describe('a sweep', () => {
  it('waits while decisions fill the queue, and ends all the same when it is stopped or another one is wanted', async () => {
    let asked = 0;
    const { sweep, failures } = sweepWith(() => {
      asked++;
      return overloaded();
    });
    sweep.start();
    while (asked < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    sweep.start();
    while (asked < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    await sweep.stop();
    const before = asked;
    sweep.start();
    await sweep.stop();
    expect(asked).toBe(before);
    expect(failures).toEqual([]);
  });

  it('that fails is told, is not over, and does not keep the service from stopping', async () => {
    const { sweep, failures } = sweepWith(
      async () => null,
      () => Promise.reject(new AppError('store_unavailable', 'no disk')),
    );
    sweep.start();
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(failures).toEqual([{ case: null, error: expect.objectContaining({ code: 'store_unavailable' }) }]);
    expect(sweep.status()?.finished_at).toBeNull();
    await sweep.stop();
  });

  it('counts cases that fail, and not those that have ended meanwhile', async () => {
    const failed = sweepWith(() => Promise.reject(new AppError('internal', 'no')));
    failed.sweep.start();
    while (failed.sweep.status()?.finished_at == null) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(failed.sweep.status()).toMatchObject({ examined: 1, changed: 0, failed: 1 });
    await failed.sweep.stop();
    const gone = sweepWith(() => Promise.reject(new AppError('grant_over', 'no')));
    gone.sweep.start();
    while (gone.sweep.status()?.finished_at == null) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(gone.sweep.status()).toMatchObject({ examined: 1, failed: 0 });
    expect(gone.failures).toEqual([]);
    await gone.sweep.stop();
  });
});

describe('sweeps after activations', () => {
  it('go back to the policy before where it becomes active again while a sweep by another one begins', async () => {
    let active = 'sha256:old';
    let activated: () => void = () => {};
    const { promise: counted, resolve: count } = Promise.withResolvers<number>();
    const marks: SweepMark[] = [];
    const sweep = createSweep({
      pool: () => ({ ref: { digest: active } as PolicyRef }),
      store: {
        markSwept: async (given) => void marks.push(...given),
        sweep: async () => null,
        countToSweep: (policy) => (policy === 'sha256:new' ? counted : Promise.resolve(1)),
        keepSweep: async () => {},
        search: async ({ outcomes }) => ({
          cases: outcomes.includes('allow') ? [head('a')] : [],
          next: null,
          examined: 1,
        }),
      },
      redecide: async () => null,
      settled: async () => {},
      clock: () => new Date(),
      onFailure: ({ error }) => {
        throw error;
      },
    });
    const marked = async () => {
      while (marks.length === 0) await nextTurn();
    };
    sweepAfterActivations(sweep, (listener) => {
      activated = () => listener({ ref: { digest: active } });
      activated();
    });
    await marked();
    while (sweep.status()?.finished_at == null) await nextTurn();
    marks.length = 0;
    active = 'sha256:new';
    activated();
    await nextTurn(); // The sweep by the new policy counts.
    active = 'sha256:old';
    activated();
    activated(); // Once is enough.
    count(1);
    await marked();
    await sweep.stop();
    expect(marks).toEqual([{ case: 'a', seq: 0, policy: 'sha256:old' }]);
  });
});

describe('the progress of a sweep', () => {
  it('is kept, and goes on where a restart interrupted it', async () => {
    const interrupted = {
      policy: 'sha256:x' as SweepProgress['policy'],
      started_at: '2026-11-28T10:00:00.000Z',
      finished_at: null,
      examined: 5,
      changed: 2,
      failed: 0,
    };
    const kept: SweepProgress[] = [];
    const { sweep } = sweepWith(async () => null, undefined, {
      sweep: async () => kept.at(-1) ?? interrupted,
      keepSweep: async (progress) => void kept.push(progress),
    });
    sweep.start();
    while (sweep.status()?.finished_at == null) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(sweep.status()).toMatchObject({ examined: 6, total: 6 });
    const after = { ...interrupted, examined: 6 };
    expect(kept.map(({ finished_at, ...counts }) => ({ ...counts, finished_at: finished_at && 'then' }))).toEqual([
      interrupted,
      after,
      { ...after, finished_at: 'then' },
    ]);
    await sweep.stop();
  });
});

describe('a sweep after a restart', () => {
  it('reads nothing under the same policy, and under another one all that it did not reach before', async () => {
    const file = join(temporaryDir('look'), 'countersign.db');
    const digest = { policy: 'old' };
    let store = await openSqliteStore(file, STORE_OPTIONS);
    const opened = Array.from({ length: 2000 }, (_, index) => entry(`c${index}`, 0, { last_policy: 'old' }));
    await Promise.all(opened.map((each) => keep(store, each)));

    /** Sweeps once, on a store that was opened anew; `redecide` reads the case as the real one does. */
    async function readsOf(until = Number.POSITIVE_INFINITY) {
      await store.close();
      store = await openSqliteStore(file, STORE_OPTIONS);
      const reads: string[] = [];
      let enough: (() => void) | undefined;
      const reached = new Promise<void>((resolve) => {
        enough = resolve;
      });
      const read = store.record;
      store.record = (id) => {
        reads.push(id);
        return read(id);
      };
      const sweep = createSweep({
        pool: () => ({ ref: { digest: digest.policy } as PolicyRef }),
        store,
        async redecide({ caseId }) {
          await store.record(caseId);
          if (reads.length >= until) enough?.();
          return null;
        },
        settled: async () => {},
        clock: () => new Date(),
        onFailure: ({ error }) => {
          throw error;
        },
      });
      sweep.start();
      if (until < Number.POSITIVE_INFINITY) await reached;
      else while (sweep.status()?.finished_at == null) await new Promise((resolve) => setImmediate(resolve));
      await sweep.stop();
      return new Set(reads).size;
    }

    expect(await readsOf()).toBe(0);
    digest.policy = 'new';
    const first = await readsOf(1000);
    expect(first).toBeGreaterThanOrEqual(1000);
    expect(first).toBeLessThan(1200);
    const second = await readsOf();
    expect(second).toBeGreaterThanOrEqual(2000 - first);
    expect(second).toBeLessThanOrEqual(2000 - first + 100); // The page that was cut short is looked at again.
    expect(await readsOf()).toBe(0);
    await store.close();
  });
});
