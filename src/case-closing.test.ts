import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createCaseClosing } from './case-closing.ts';
import type { CaseHead } from './evidence/store.ts';

it('leaves a case that cannot be ended for a minute, so that it does not fill the log', async () => {
  const failures: unknown[] = [];
  const { promise: failed, resolve } = Promise.withResolvers<void>();
  const closing = createCaseClosing({
    store: { search: async () => ({ cases: [{ case: 'a' } as CaseHead], next: null, looked: 1 }) },
    endings: { expire: () => Promise.reject(new Error('its record is damaged')) },
    clock: () => new Date(),
    onFailure: (failure) => {
      failures.push(failure);
      resolve();
    },
    intervalMs: 1,
  });
  closing.start();
  await failed;
  await setTimeout(100);
  await closing.stop();
  expect(failures).toMatchObject([{ case: 'a' }]);
});
