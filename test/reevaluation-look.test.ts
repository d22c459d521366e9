import { describe, expect, it } from 'vitest';
import { AppError } from '../src/domain/errors.ts';
import type { PolicyRef } from '../src/domain/record.ts';
import type { CaseHead, CasePage, CaseQuery } from '../src/evidence/store.ts';
import { entry } from '../src/evidence/store-contract.ts';
import { createReevaluation } from '../src/reevaluation.ts';

const head = (id: string): CaseHead =>
  entry(id, 0, { outcome: 'allow', expires_at: '2999-01-01T00:00:00.000Z' }).caseHead;
const overloaded = () => Promise.reject(new AppError('overloaded', 'busy'));

/** A look at one grant, of which `evaluate` makes something. */
function lookWith(evaluate: (caseId: string) => Promise<null>, search?: (query: CaseQuery) => Promise<CasePage>) {
  const failures: unknown[] = [];
  const look = createReevaluation({
    pool: () => ({ ref: { digest: 'sha256:x' } as PolicyRef }),
    store: {
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
