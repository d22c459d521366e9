import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Authenticator } from '../src/auth/authenticator.ts';
import { AppError } from '../src/base/errors.ts';
import { createApp } from '../src/http/app.ts';
import { createConnections } from '../src/http/connections.ts';
import { createMetrics } from '../src/http/metrics.ts';
import { caseSearchRoutes } from '../src/http/v1/case-search.ts';
import type { CasePage, Store } from '../src/store/store.ts';
import { trustingAuthenticator } from './support/authenticators.ts';
import { exampleRequest, startService } from './support/service.ts';
import { callText, closed, openSocket, readAll } from './support/sockets.ts';

const REQUEST = exampleRequest('issue-api-key/allow-sandbox-key');
const NDJSON = { accept: 'application/x-ndjson' };

let ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.reverse()) await end();
  ending = [];
});

async function start(env: Record<string, string> = {}) {
  const service = await startService({ COUNTERSIGN_THREADS: '1', ...env });
  ending.push(service.stop);
  const post = (path: string, token: string, body: string | ReadableStream, headers: Record<string, string> = {}) =>
    fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body,
      duplex: 'half',
    });
  return { ...service, post, decide: (token: string) => post('/v1/decisions', token, JSON.stringify(REQUEST)) };
}

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { code: string }).code;
}

/** With the limits that it has by default. */
let plain: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
  plain = await startService({ COUNTERSIGN_THREADS: '1' });
});
afterAll(() => plain.stop());

describe('what two readers could understand differently', () => {
  it.each([
    ['two hosts', 'GET /healthz HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n'],
    ['two hosts that agree', 'GET /healthz HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n'],
    ['two tokens', 'GET /healthz HTTP/1.1\r\nhost: a\r\nauthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n'],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['HTTP/0.9', 'GET /healthz\r\n\r\n'],
    ['HTTP/0.9 by its number', 'GET /healthz HTTP/0.9\r\nhost: a\r\n\r\n'],
    ['HTTP/2 in words of HTTP/1', 'GET /healthz HTTP/2.0\r\nhost: a\r\n\r\n'],
    ['HTTP/1.2', 'GET /healthz HTTP/1.2\r\nhost: a\r\n\r\n'],
  ])('is refused, and the connection ended: %s', async (_name, text) => {
    const socket = await openSocket(plain.url);
    socket.write(text);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('calls that are sent ahead', () => {
  it('are answered in their order, one at a time', async () => {
    const socket = await openSocket(plain.url);
    const decide = callText('/v1/decisions', { token: plain.token('ci', ['decide']), body: JSON.stringify(REQUEST) });
    socket.write(`${decide}${callText('/healthz')}${callText('/v1/cases')}${decide}`);
    socket.write('GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    const statuses = [...(await readAll(socket)).matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);
    expect(statuses).toEqual(['201', '200', '401', '201', '200']);
  });

  it('end the connection where they are more than a few', async () => {
    const socket = await openSocket(plain.url);
    socket.write(callText('/healthz').repeat(9));
    await closed(socket.resume());
  });

  it.each([
    ['with an expectation that nobody knows', 'GET /healthz HTTP/1.1\r\nhost: a\r\nexpect: x\r\n\r\n'],
    ['without a host', 'GET /healthz HTTP/1.1\r\n\r\n'],
  ])('are counted where Node would answer them by itself: %s', async (_name, text) => {
    const closings = async () => (await plain.agent.get('/metrics').auth(reader, { type: 'bearer' })).text;
    const reader = plain.token('metrics', ['read']);
    const ofPipelined = /^countersign_http_connections_ended_total\{[^}]*pipelined[^}]*\} (\d+)$/m;
    const before = Number(ofPipelined.exec(await closings())?.[1] ?? 0);
    const socket = await openSocket(plain.url);
    socket.write(text.repeat(9));
    await closed(socket.resume());
    expect(Number(ofPipelined.exec(await closings())?.[1])).toBe(before + 1);
  });
});

describe('bytes', () => {
  it('cost points before they are parsed, whatever is in them', async () => {
    // 2 MiB cost 512 points.
    const { post, token, decide } = await start({ COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '1100' });
    const bulk = token('bulk', ['decide']);
    const refused = `{"requests":[${'0,'.repeat(1_000_000)}0]}`;
    for (let call = 0; call < 2; call++) {
      expect(await codeOf(await post('/v1/decisions/batch', bulk, refused))).toBe('invalid_request');
    }
    const third = await post('/v1/decisions/batch', bulk, refused);
    expect([third.status, Number(third.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    expect((await decide(token('other', ['decide']))).status).toBe(201);
  });

  it('cost points where their number is not told before', async () => {
    const { post, token } = await start({ COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '60' });
    const body = () => new Blob([JSON.stringify({ note: 'x'.repeat(200_000) })]).stream();
    const bulk = token('bulk', ['decide']);
    expect((await post('/v1/decisions', bulk, body())).status).toBe(422);
    expect((await post('/v1/decisions', bulk, body())).status).toBe(429);
  });

  it('that come in very small pieces are not gathered', async () => {
    const chunked = async (bytes: number, count: number) => {
      const socket = await openSocket(plain.url);
      const headers = 'content-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close';
      const head = callText('/v1/decisions', { token: plain.token('ci', ['decide']), body: '' });
      socket.write(`${head.replace(/^content-.*\r\n/gm, '').trimEnd()}\r\n${headers}\r\n\r\n`);
      socket.write(`${`${bytes.toString(16)}\r\n${' '.repeat(bytes)}\r\n`.repeat(count)}2\r\n{}\r\n0\r\n\r\n`);
      return /"code":"(\w+)"/.exec(await readAll(socket))?.[1];
    };
    expect(await chunked(1, 600)).toBe('malformed_request');
    expect(await chunked(1, 500)).toBe('invalid_request');
    expect(await chunked(64, 3000)).toBe('invalid_request');
  });

  it('that a client makes the service write are counted, and further ones refused', async () => {
    const { decide, post, token, url } = await start({ COUNTERSIGN_WRITE_BYTES_PER_MINUTE: '20000' });
    const [busy, quiet] = [token('busy', ['decide']), token('quiet', ['decide'])];
    const keyed = () => post('/v1/decisions', busy, JSON.stringify(REQUEST), { 'idempotency-key': 'once' });
    // The same record again and again is written once.
    for (let call = 0; call < 10; call++) expect((await keyed()).status).toBe(201);
    let written = 1;
    for (; (await decide(busy)).status === 201; written++) expect(written).toBeLessThan(10);
    expect(written).toBeGreaterThan(1);
    const refused = await decide(busy);
    expect([refused.status, await codeOf(refused)]).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await fetch(`${url}/v1/cases`, { headers: { authorization: `Bearer ${busy}` } })).status).toBe(200);
    expect((await decide(quiet)).status).toBe(201);
  });

  it('of records that take access away are never refused for that', async () => {
    const { decide, post, token } = await start({ COUNTERSIGN_WRITE_BYTES_PER_MINUTE: '1' });
    const busy = token('busy', ['decide', 'revoke'], 'iduarte');
    const granted = (await (await decide(busy)).json()) as { case: string; outcome: string };
    expect(granted.outcome).toBe('allow');
    expect((await decide(busy)).status).toBe(429);
    const reason = JSON.stringify({ reason: 'The key was found in a public repository.' });
    expect((await post(`/v1/cases/${granted.case}/revocations`, busy, reason)).status).toBe(201);
  });

  it('of answers that a client does not take are bounded, and its connections end', async () => {
    const { url, token, post, decide } = await start({
      COUNTERSIGN_IN_FLIGHT_BYTES: '1000000',
      COUNTERSIGN_ANSWER_TIMEOUT_MS: '1000',
    });
    const slow = token('slow', ['decide']);
    const large = { ...REQUEST, context: { ...REQUEST.context, note: 'x'.repeat(60_000) } };
    const body = JSON.stringify({ requests: Array(33).fill(large) });
    const socket = await openSocket(url);
    socket.pause().write(callText('/v1/decisions/batch', { token: slow, body }));
    // The answers are larger than what the system takes for a reader who does not read.
    await expect.poll(() => decide(slow).then(codeOf), { timeout: 20_000 }).toBe('rate_limited');
    expect((await decide(token('other', ['decide']))).status).toBe(201);
    await expect.poll(() => decide(slow).then(({ status }) => status), { timeout: 20_000 }).toBe(201);
    await closed(socket.resume());
    expect((await post('/v1/decisions/batch', slow, JSON.stringify({ requests: [REQUEST] }))).status).toBe(200);
  });
});

describe('connections', () => {
  it('beyond the limit take the place of idle strangers, never of those who are known', async () => {
    const { url, token } = await start({ COUNTERSIGN_MAX_CONNECTIONS: '4', COUNTERSIGN_IDLE_TIMEOUT_MS: '60000' });
    const call = callText('/v1/cases', { token: token('ci', ['decide']) });
    const known = await openSocket(url);
    expect(await answerTo(known, call)).toContain('200 OK');
    const strangers: Socket[] = [];
    for (let count = 0; count < 10; count++) strangers.push(await openSocket(url));
    await Promise.all(strangers.slice(0, 6).map((socket) => closed(socket.resume())));
    expect(await answerTo(known, call)).toContain('200 OK');
    for (const socket of [known, ...strangers]) socket.destroy();
  });

  it('from one address take no more than its share', async () => {
    const { url } = await start({ COUNTERSIGN_MAX_CONNECTIONS_PER_ADDRESS: '2' });
    const other = await openSocket(url, '127.0.0.2');
    const [first, second, third] = [await openSocket(url), await openSocket(url), await openSocket(url)];
    await closed(first.resume());
    for (const socket of [other, second, third]) {
      expect(await answerTo(socket, callText('/healthz'))).toContain('200 OK');
      socket.destroy();
    }
  });

  it('that cannot have a place are told so', async () => {
    const { url, token } = await start({ COUNTERSIGN_MAX_CONNECTIONS: '1' });
    const busy = await openSocket(url);
    const call = callText('/v1/decisions', { token: token('ci', ['decide']), body: JSON.stringify(REQUEST) });
    const [head = '', body = ''] = call.split('\r\n\r\n');
    expect(await answerTo(busy, `${head}\r\nexpect: 100-continue\r\n\r\n`)).toContain('100 Continue');
    await expect
      .poll(async () => /^HTTP\/1\.1 503 .*"overloaded"/s.test(await readAll(await openSocket(url))))
      .toBe(true);
    expect(await answerTo(busy, body)).toContain('201 Created');
    busy.destroy();
  });

  it('that send no headers, or nothing at all, end', async () => {
    const { url } = await start({ COUNTERSIGN_REQUEST_TIMEOUT_MS: '300' });
    const [silent, slow] = [await openSocket(url), await openSocket(url)];
    slow.write('POST /v1/decisions HTTP/1.1\r\nhost: a\r\ncontent-le');
    await Promise.all([closed(silent.resume()), closed(slow.resume())]);
  });
});

/** The routes of searches over a store that never comes to an end. */
async function startSearch({
  examined = 0,
  limits = {},
  revalidate = async () => {},
}: {
  examined?: number;
  limits?: object;
  revalidate?: Authenticator['revalidate'];
} = {}) {
  const head = {
    case: '019aab00-0000-7000-8000-000000000001',
    subject: `person:${'x'.repeat(1000)}`,
    resource: '["secret","s"]',
    controls: [],
  } as unknown as CasePage['cases'][number];
  let pages = 0;
  const search = () => {
    pages++;
    return { cases: Array(100).fill(head), next: { at: '2026-01-01T00:00:00.000Z', id: head.case }, examined };
  };
  const connections = createConnections({
    limits: {
      maxConnections: 500,
      maxConnectionsPerAddress: null,
      requestTimeoutMs: 5000,
      answerTimeoutMs: 500,
      idleTimeoutMs: 5000,
    },
  });
  const app = createApp({
    routes: caseSearchRoutes({
      store: { search } as unknown as Pick<Store, 'search'>,
      directory: () => ({}) as never,
      clock: () => new Date(),
      cursors: { seal: () => 'next', open: () => null },
    } as Parameters<typeof caseSearchRoutes>[0]),
    authenticators: { token: { ...trustingAuthenticator(['read']), revalidate } },
    isStopping: () => false,
    limits: {
      bodyLimitBytes: 1000,
      rateLimitPerMinute: 1_000_000,
      writeBytesPerMinute: 1000,
      inFlightBytes: 2 ** 26,
      longReads: 2,
      ...limits,
    },
    onAuthenticated: connections.markKnown,
    metrics: createMetrics(),
    logger: pino({ level: 'silent' }),
  });
  const server = createServer();
  connections.guard(server, app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ending.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const searchAs = (client: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/cases`, { headers: { authorization: `Bearer ${client}`, ...headers } });
  return { url, search: searchAs, pages: () => pages };
}

describe('searches and exports', () => {
  it('whose readers stall hold no more than their turns, and end', async () => {
    const { url, search, pages } = await startSearch();
    const call = callText('/v1/cases', { token: 'slow' }).replace('\r\n\r\n', `\r\naccept: ${NDJSON.accept}\r\n\r\n`);
    const stalled = await Promise.all(Array.from({ length: 100 }, () => openSocket(url)));
    for (const socket of stalled) socket.pause().write(call);
    expect((await search('other')).status).toBe(200);
    await expect.poll(() => isStill(pages)).toBe(true);
    // Two run until the system takes no more for them; the others of this client wait until those were ended.
    const first = pages();
    expect(first).toBeLessThan(200);
    await expect.poll(pages, { timeout: 10_000 }).toBeGreaterThan(first);
    for (const socket of stalled) socket.destroy();
    await expect.poll(() => search('slow').then(({ status }) => status)).toBe(200);
  });

  it('cost what they look at', async () => {
    const { search } = await startSearch({ examined: 20_000, limits: { rateLimitPerMinute: 500 } });
    // 200 points each, beside the call.
    const statuses = [];
    for (let call = 0; call < 4; call++) statuses.push((await search('reader')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect((await search('other')).status).toBe(200);
  });

  it('wait where the points of their client are used up, and hold up no other one', async () => {
    const { search, pages } = await startSearch({ examined: 20_000, limits: { rateLimitPerMinute: 500 } });
    const response = await search('reader', NDJSON);
    const reader = response.body?.getReader();
    for (let part = 0; part < 3; part++) await reader?.read();
    await expect.poll(() => isStill(pages)).toBe(true);
    expect(pages()).toBeLessThan(10);
    expect((await search('reader')).status).toBe(429);
    expect((await search('other')).status).toBe(200);
    await reader?.cancel();
  });

  it('break off where their token is revoked', async () => {
    const revoked = new Set<string>();
    const { search } = await startSearch({
      async revalidate({ client }) {
        if (revoked.has(client)) throw new AppError('unauthenticated', 'revoked');
      },
    });
    const reader = (await search('stolen', NDJSON)).body?.getReader();
    await reader?.read();
    revoked.add('stolen');
    const readOn = async () => {
      for (let part = 0; part < 500; part++) await reader?.read(); // What is on its way still comes.
    };
    await expect(readOn()).rejects.toThrow('terminated');
  });
});

/** Whether a count stays what it is while everything that can go on does. */
async function isStill(count: () => number): Promise<boolean> {
  const before = count();
  await new Promise((resolve) => setTimeout(resolve, 100));
  return count() === before && before > 0;
}

async function answerTo(socket: Socket, call: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(call);
  return String((await answer)[0]);
}
