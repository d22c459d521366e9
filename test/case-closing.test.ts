import { describe, expect, it } from 'vitest';
import { createCaseClosing } from '../src/cases/case-closing.ts';
import type { Cases } from '../src/cases/cases.ts';
import { entry } from '../src/store/entries.contract.ts';

/** Looks once at two cases whose time is over; gives how long it rests after that, and which cases failed. */
async function lookOnce(expire: Cases['expire']) {
  const failed: (string | null)[] = [];
  const rested = Promise.withResolvers<number>();
  const closing = createCaseClosing({
    store: {
      search: async () => ({ cases: ['a', 'b'].map((id) => entry(id, 0).caseHead), next: null, examined: 2 }),
    },
    expire,
    clock: () => new Date(),
    onFailure: (failure) => failed.push(failure.case),
    async pause(ms) {
      rested.resolve(ms);
      void closing.stop(); // It waits for this.
    },
  });
  closing.start();
  return { restedMs: await rested.promise, failed };
}

describe('a look for cases whose time is over', () => {
  it('is repeated every second, and after a minute where a case cannot be ended: the log must not fill up', async () => {
    expect(await lookOnce(async () => null)).toEqual({ restedMs: 1000, failed: [] });
    const broken: Cases['expire'] = async ({ caseId }) => {
      if (caseId === 'a') throw new Error('damaged');
      return null;
    };
    expect(await lookOnce(broken)).toEqual({ restedMs: 60_000, failed: ['a'] });
  });
});
