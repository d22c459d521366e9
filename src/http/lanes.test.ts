import { expect, it } from 'vitest';
import { createLanes } from './lanes.ts';

/** Whether a promise is settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (
    (await Promise.race([promise.catch(() => {}), new Promise((resolve) => setImmediate(resolve, pending))])) !==
    pending
  );
}

const lanesOf = (perClient: number, maxWaitMs = 10_000) => createLanes({ perClient, calls: 'long reads', maxWaitMs });

it('lets a few of each client run, and the next one when one of them is over', async () => {
  const lanes = lanesOf(2);
  const [first, second, third, other] = [lanes.enter('a'), lanes.enter('a'), lanes.enter('a'), lanes.enter('b')];
  await Promise.all([first.turn, second.turn, other.turn]);
  expect(await isSettled(third.turn)).toBe(false);
  second.leave();
  await third.turn;
  const fourth = lanes.enter('a');
  expect(await isSettled(fourth.turn)).toBe(false);
  third.leave();
  await fourth.turn;
});

it('forgets those who left while they waited', async () => {
  const lanes = lanesOf(1);
  const [first, gone, third] = [lanes.enter('a'), lanes.enter('a'), lanes.enter('a')];
  gone.leave();
  await expect(gone.turn).rejects.toMatchObject({ code: 'rate_limited' });
  first.leave();
  await third.turn;
  third.leave();
  await lanes.enter('a').turn;
});

it('takes a turn back once, also of one who leaves as soon as it begins', async () => {
  const lanes = lanesOf(1);
  const [first, second, third, fourth] = [1, 2, 3, 4].map(() => lanes.enter('a'));
  first?.leave();
  second?.leave(); // It began just now.
  await third?.turn;
  first?.leave();
  expect(await isSettled(fourth?.turn as Promise<void>)).toBe(false);
  third?.leave();
  await fourth?.turn;
});

it('tells those who wait too long to come back', async () => {
  const lanes = lanesOf(1, 1);
  lanes.enter('a');
  await expect(lanes.enter('a').turn).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 });
});
