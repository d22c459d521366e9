import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createClientBudget } from './client-budget.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('refuses who goes on calling a second late, and nobody else', async () => {
  const { spend } = createClientBudget({ rateLimitPerMinute: 10, writeBytesPerMinute: 1000 });
  await spend('loud', 10);
  await expect(spend('loud', 10)).rejects.toMatchObject({ code: 'rate_limited' });

  const settled = vi.fn();
  const late = spend('loud', 1).finally(settled);
  const refused = expect(late).rejects.toMatchObject({ code: 'rate_limited' });
  await vi.advanceTimersByTimeAsync(999);
  expect(settled).not.toHaveBeenCalled();
  await spend('other', 10);
  await expect(spend('other', 1)).rejects.toMatchObject({ code: 'rate_limited' });
  await vi.advanceTimersByTimeAsync(1);
  await refused;
});
