import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../src/base/errors.ts';
import { createReevaluation } from '../src/cases/reevaluation.ts';
import type { PolicyRef } from '../src/contract/record.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import { entry, keep, STORE_OPTIONS } from '../src/store/store.contract.ts';
import type { CaseHead, CasePage, CaseQuery } from '../src/store/store.ts';
import { temporaryDir } from './support/service.ts';

const head = (id: string): CaseHead =>
  entry(id, 0, { outcome: 'allow', expires_at: '2999-01-01T00:00:00.000Z' }).caseHead;
const overloaded = () => Promise.reject(new AppError('overloaded', 'busy'));

/** A look at one grant, of which `evaluate` makes something. */
function lookWith(evaluate: (caseId: string) => Promise<null>, search?: (query: CaseQuery) => Promise<CasePage>) {
  const failures: unknown[] = [];
  const look = createReevaluation({
    pool: () => ({ ref: { digest: 'sha256:x' } as PolicyRef }),
    store: {
      judged: async () => {},
      search:
        search ??
        (async ({ outcomes }) => ({ cases: outcomes.includes('allow') ? [head('a')] : [], next: null, looked: 1 })),
    },
    gate: { followPolicy: async () => null },
    grants: { reevaluate: evaluate },
    settled: async () => {},
    clock: () => new Date(),
    onFailure: (failure) => failures.push(failure),
  });
  return { look, failures };
}

describe('a look', () => {
  it('waits while decisions fill the queue, and ends all the same when it is stopped or another one is wanted', async () => {
    let asked = 0;
    const { look, failures } = lookWith(() => {
      asked++;
      return overloaded();
    });
    look.start();
    while (asked < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    look.start();
    while (asked < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    await look.stop();
    const before = asked;
    look.start();
    await look.stop();
    expect(asked).toBe(before);
    expect(failures).toEqual([]);
  });

  it('that fails is told, is not over, and does not keep the service from stopping', async () => {
    const { look, failures } = lookWith(
      async () => null,
      () => Promise.reject(new AppError('store_unavailable', 'no disk')),
    );
    look.start();
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(failures).toEqual([{ case: null, error: expect.objectContaining({ code: 'store_unavailable' }) }]);
    expect(look.status()?.finished_at).toBeNull();
    await look.stop();
  });

  it('counts cases that fail, and not those that have ended meanwhile', async () => {
    const failed = lookWith(() => Promise.reject(new AppError('internal', 'no')));
    failed.look.start();
    while (failed.look.status()?.finished_at == null) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(failed.look.status()).toMatchObject({ examined: 1, changed: 0, failed: 1 });
    await failed.look.stop();
    const gone = lookWith(() => Promise.reject(new AppError('grant_over', 'no')));
    gone.look.start();
    while (gone.look.status()?.finished_at == null) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(gone.look.status()).toMatchObject({ examined: 1, failed: 0 });
    expect(gone.failures).toEqual([]);
    await gone.look.stop();
  });
});

describe('a look after a restart', () => {
  it('reads nothing under the same policy, and under another one all that it did not reach before', async () => {
    const file = join(temporaryDir('look'), 'countersign.db');
    const digest = { policy: 'old' };
    let store = await openSqliteStore(file, STORE_OPTIONS);
    const opened = Array.from({ length: 2000 }, (_, index) => entry(`c${index}`, 0, { last_policy: 'old' }));
    await Promise.all(opened.map((each) => keep(store, each)));

    /** Looks once, on a store that was opened anew, with a gate that reads the case as the real one does. */
    async function look(until = Number.POSITIVE_INFINITY) {
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
      const reevaluation = createReevaluation({
        pool: () => ({ ref: { digest: digest.policy } as PolicyRef }),
        store,
        gate: {
          async followPolicy(caseId) {
            await store.record(caseId);
            if (reads.length >= until) enough?.();
            return null;
          },
        },
        grants: { reevaluate: async () => null },
        settled: async () => {},
        clock: () => new Date(),
        onFailure: ({ error }) => {
          throw error;
        },
      });
      reevaluation.start();
      if (until < Number.POSITIVE_INFINITY) await reached;
      else while (reevaluation.status()?.finished_at == null) await new Promise((resolve) => setImmediate(resolve));
      await reevaluation.stop();
      return new Set(reads).size;
    }

    expect(await look()).toBe(0);
    digest.policy = 'new';
    const first = await look(1000);
    expect(first).toBeGreaterThanOrEqual(1000);
    expect(first).toBeLessThan(1200);
    const second = await look();
    expect(second).toBeGreaterThanOrEqual(2000 - first);
    expect(second).toBeLessThanOrEqual(2000 - first + 100); // The page that was cut short is looked at again.
    expect(await look()).toBe(0);
    await store.close();
  });
});
