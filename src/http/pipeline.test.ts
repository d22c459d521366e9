import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { trustingAuthenticator } from '../../test/support/authenticators.ts';
import { createApp } from './app.ts';
import { createMetrics } from './metrics.ts';

const HEAVY = JSON.stringify({ note: 'x'.repeat(70_000) });
const LIGHT = JSON.stringify({ note: 'x' });

/** By client, of the calls that the handler is at; each ends when its test says so. */
const begun: { client: string; end: () => void }[] = [];
/** What was logged as a fault of the service. */
const faults: string[] = [];
const server = createServer(
  createApp({
    routes: [
      {
        method: 'post',
        path: '/things',
        auth: ['token'],
        scopes: ['decide'],
        operation: {} as never,
        async handle({ caller: { client } }) {
          await new Promise<void>((end) => begun.push({ client, end }));
          return { status: 200, body: null };
        },
      },
    ],
    authenticators: { token: trustingAuthenticator() },
    isStopping: () => false,
    limits: {
      bodyLimitBytes: 100_000,
      rateLimitPerMinute: 1000, // A large body of a client a second.
      writeBytesPerMinute: 1_000_000,
      inFlightBytes: 2 ** 26,
      longReads: 2,
    },
    metrics: createMetrics(),
    logger: pino({ level: 'error' }, { write: (line) => void faults.push(line) }),
  }),
);
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

function post(client: string, body: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/things`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client}`, 'content-type': 'application/json' },
    body,
    ...(signal && { signal }),
  });
}

it('lets a client have one call with a large body at a time, and holds up no other call', async () => {
  const answers = [post('bulk', HEAVY), post('bulk', HEAVY)];
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  answers.push(post('other', HEAVY));
  await vi.waitFor(() => expect(begun).toHaveLength(2));
  answers.push(post('bulk', LIGHT), post('bulk', LIGHT));
  await vi.waitFor(() => expect(begun).toHaveLength(4));
  expect(begun.map(({ client }) => client)).toEqual(['bulk', 'other', 'bulk', 'bulk']);
  begun[0]?.end();
  await vi.waitFor(() => expect(begun).toHaveLength(5), 5000);
  for (const { end } of begun) end();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
});

it('gives no turn to a caller who hung up while they waited, nor time after it', async () => {
  begun.length = 0;
  const [first, hangUp] = [post('other-bulk', HEAVY), new AbortController()];
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  const gone = expect(post('other-bulk', HEAVY, hangUp.signal)).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const third = post('other-bulk', HEAVY);
  hangUp.abort();
  await gone;
  begun[0]?.end();
  await vi.waitFor(() => expect(begun).toHaveLength(2), 5000);
  for (const { end } of begun) end();
  expect((await Promise.all([first, third])).map(({ status }) => status)).toEqual([200, 200]);
  expect(faults).toEqual([]);
});
