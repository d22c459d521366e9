import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Authenticator } from '../src/auth/authenticator.ts';
import { createApp } from '../src/http/app.ts';
import type { Authenticators } from '../src/http/authentication.ts';
import type { ClientLimits } from '../src/http/limits.ts';
import { createMetrics } from '../src/http/metrics.ts';
import type { Call, Route } from '../src/http/route.ts';
import {
  basicAuthenticator,
  hmacAuthenticator,
  KEY_HEADER,
  SIGNATURE_HEADER,
  signatureOf,
  trustingAuthenticator,
} from './support/authenticators.ts';
import { callText, openSocket, readAll } from './support/sockets.ts';

/*
 * Authenticators that the service does not have (yet), on routes of a real server: what they need is in their contract, and
 * nothing of the pipeline knows them.
 */

const MAX_UNPROVEN_BYTES = 1024;
const POINTS_PER_MINUTE = 20;
/** Of one client, without bodies to speak of. */
const CALLS_IN_FLIGHT = 32;

const secrets = new Map([
  ['itsm', 'secret of itsm'],
  ['pam', 'secret of pam'],
]);
const passwords = new Map([['jenkins', 'p:ä$$']]);
/** How many bytes had to prove their caller, in the order of the calls. */
const proving: number[] = [];
/** Calls that reached a handler. */
const handled: Call[] = [];
/** Clients of which the log tells, in the order of the calls. */
const logged: (string | undefined)[] = [];

function routeOf(path: `/${string}`, auth: readonly string[], more: Partial<Route> = {}): Route {
  return {
    method: 'post',
    path,
    auth,
    scopes: ['decide'],
    operation: {} as never,
    handle(call) {
      handled.push(call);
      return { status: 200, body: { client: call.caller.client } };
    },
    ...more,
  };
}

const AUTHENTICATORS: Authenticators = {
  signature: hmacAuthenticator(secrets, {
    maxBodyBytes: MAX_UNPROVEN_BYTES,
    onProve: (bytes) => proving.push(bytes),
  }),
  password: basicAuthenticator(passwords),
  token: trustingAuthenticator(),
};
const ROUTES: Route[] = [
  routeOf('/hooks', ['signature']),
  routeOf('/hooks', ['signature'], { method: 'get' }),
  routeOf('/small-hooks', ['signature'], { maxBodyBytes: 64 }),
  routeOf('/bytes', ['signature'], { bodyTypes: ['application/octet-stream'] }),
  routeOf('/basic', ['password']),
  routeOf('/either', ['signature', 'token']),
  routeOf('/token', ['token']),
  routeOf('/admin', ['token'], { scopes: ['admin'] }),
  routeOf('/any', ['token'], { scopes: [] }),
  routeOf('/open', [], { method: 'get', scopes: [] }),
];

interface ServerOptions extends Partial<ClientLimits> {
  authenticators?: Authenticators;
}

/** A server of its own: each has its own limits. */
async function startServer({
  authenticators = AUTHENTICATORS,
  ...limits
}: ServerOptions = {}): Promise<{ url: string; close(): void }> {
  const app = createApp({
    routes: ROUTES,
    authenticators,
    isStopping: () => false,
    limits: {
      bodyLimitBytes: 100_000,
      rateLimitPerMinute: POINTS_PER_MINUTE,
      writeBytesPerMinute: 1_000_000,
      inFlightBytes: CALLS_IN_FLIGHT * 32 * 1024,
      longReads: 2,
      ...limits,
    },
    metrics: createMetrics(),
    logger: pino({ level: 'info' }, { write: (line) => void logged.push(JSON.parse(line).client) }),
  });
  const server = createServer(app);
  server.listen(0); // All addresses: 127.0.0.2 is another caller than 127.0.0.1.
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

let server: Awaited<ReturnType<typeof startServer>>;
let url: string;
beforeEach(async () => {
  for (const list of [proving, handled, logged]) list.length = 0;
  server = await startServer();
  ({ url } = server);
});
afterEach(() => server.close());

interface Signed {
  key?: string;
  secret?: string;
  body?: string;
  path?: string;
  type?: string;
}

function headersOf({ key = 'itsm', secret = secrets.get(key) ?? '', body = '{"ticket":1}', path = '/hooks' }: Signed) {
  return { [KEY_HEADER]: key, [SIGNATURE_HEADER]: signatureOf(secret, { url: path, body }) };
}

async function post(path: string, headers: Record<string, string>, body = '{"ticket":1}') {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as { client: string; code: string; detail: string },
  };
}

const signed = (call: Signed = {}) => post(call.path ?? '/hooks', headersOf(call), call.body);

/** The head of a signed call, and a socket to send its body on by hand. */
async function openSigned(lines: string[], localAddress?: string) {
  const socket = await openSocket(url, localAddress);
  socket.write(['POST /hooks HTTP/1.1', 'host: x', 'content-type: application/json', ...lines, '', ''].join('\r\n'));
  return socket;
}

describe('a body that proves who sent it', () => {
  it('is taken as it came: the handler has its bytes and its value', async () => {
    const body = '{ "b": 1,\n "a": "\\u00e4" }';
    expect(await signed({ body })).toMatchObject({ status: 200, body: { client: 'itsm' } });
    expect(handled[0]?.body).toEqual({ b: 1, a: 'ä' });
    expect(Buffer.from(handled[0]?.raw ?? []).toString()).toBe(body);
    expect(logged).toEqual(['itsm']);
  });

  it('may be bytes that are no JSON, and none at all', async () => {
    const headers = { ...headersOf({ path: '/bytes', body: '\u0000{' }), 'content-type': 'application/octet-stream' };
    expect((await post('/bytes', headers, '\u0000{')).status).toBe(200);
    expect(Buffer.from(handled[0]?.body as Uint8Array).toString()).toBe('\u0000{');
    const get = {
      [KEY_HEADER]: 'pam',
      [SIGNATURE_HEADER]: signatureOf('secret of pam', { method: 'GET', url: '/hooks', body: '' }),
    };
    expect((await fetch(`${url}/hooks`, { headers: get })).status).toBe(200);
    expect(handled[1]?.raw).toHaveLength(0);
    expect(handled[1]?.body).toBeUndefined();
  });

  it.each([
    ['a wrong secret', { secret: 'guess' }],
    ['the signature of another body', { headersFor: '{"ticket":2}' }],
    ['the same bytes and signature under another key', { replayAs: 'pam' }],
    ['the signature of another path', { path: '/small-hooks', signedPath: '/hooks' }],
  ])('proves nothing with %s', async (_what, call: Record<string, string>) => {
    const headers = headersOf({ ...call, path: call['signedPath'], body: call['headersFor'] } as Signed);
    if (call['replayAs'] !== undefined) headers[KEY_HEADER] = call['replayAs'];
    const answer = await post(call['path'] ?? '/hooks', headers);
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(answer.headers.get('www-authenticate')).toBe('HMAC-SHA256');
    expect(proving).toEqual([12]);
    expect(handled).toEqual([]);
    expect(logged).toEqual([undefined]); // The log names no client that nobody proved to be.
  });

  it.each([
    ['no headers', {}],
    ['an unknown key', headersOf({ key: 'nobody' })],
    ['no signature', { [KEY_HEADER]: 'itsm' }],
    ['a token instead', { authorization: 'Bearer itsm' }],
  ])('is not even read with %s', async (_what, headers) => {
    const answer = await post('/hooks', headers as Record<string, string>);
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(answer.headers.get('www-authenticate')).toBe('HMAC-SHA256');
    expect(proving).toEqual([]);
  });

  it('is refused by its length before it is read, beyond what the claim or the route allows', async () => {
    const large = JSON.stringify('x'.repeat(MAX_UNPROVEN_BYTES));
    const answer = await signed({ body: large });
    expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    expect(answer.body.detail).toContain(`${MAX_UNPROVEN_BYTES} bytes`);
    const beyondRoute = await signed({ path: '/small-hooks', body: JSON.stringify('x'.repeat(64)) });
    expect(beyondRoute.body.detail).toContain('64 bytes');
    expect(proving).toEqual([]);
  });

  it('is read no further than the claim allows where it comes in chunks', async () => {
    const socket = await openSigned([
      `${KEY_HEADER}: itsm`,
      `${SIGNATURE_HEADER}: ${'0'.repeat(64)}`,
      'transfer-encoding: chunked',
    ]);
    const answer = readAll(socket);
    const chunk = 'x'.repeat(600);
    for (let count = 0; count < 3; count++) socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(proving).toEqual([]);
  });

  it('may come slowly, and counts only as a whole', async () => {
    const body = '{"ticket":1}';
    const lines = Object.entries(headersOf({ body })).map(([name, value]) => `${name}: ${value}`);
    const socket = await openSigned([...lines, `content-length: ${body.length}`, 'connection: close']);
    const answer = readAll(socket);
    for (const character of body) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(proving).toEqual([]);
      socket.write(character);
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(proving).toEqual([body.length]);
  });

  it('is refused where its key was revoked while it was read', async () => {
    secrets.set('leaving', 'x');
    const body = '{"ticket":1}';
    const lines = Object.entries(headersOf({ key: 'leaving', body })).map(([name, value]) => `${name}: ${value}`);
    const socket = await openSigned([...lines, `content-length: ${body.length}`, 'connection: close']);
    const answer = readAll(socket);
    socket.write(body.slice(0, 3));
    await signed({ key: 'pam' }); // The call before has begun once one that came after it is answered.
    secrets.delete('leaving');
    socket.write(body.slice(3));
    expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(proving).toEqual([12, 12]);
    expect(handled.map(({ caller }) => caller.client)).toEqual(['pam']);
  });
});

describe('somebody who names a client that they are not', () => {
  it('spends nothing of its points, and has as few of their own', async () => {
    const forged = () => signed({ secret: 'guess' }).then(({ status }) => status);
    const answers: number[] = [];
    for (let call = 0; call < POINTS_PER_MINUTE + 5; call++) answers.push(await forged());
    expect(answers).toEqual([...Array(POINTS_PER_MINUTE).fill(401), ...Array(5).fill(429)]);
    // From elsewhere, and by what its headers prove, the client calls as if nothing had been.
    expect(await signedFrom('127.0.0.2')).toMatch(/^HTTP\/1\.1 200 /);
    expect((await post('/token', { authorization: 'Bearer itsm' })).status).toBe(200);
    // Who is named beside it is not touched either.
    expect((await signed({ key: 'pam' })).status).toBe(200);
  });

  it('holds none of the memory that it may hold', async () => {
    server.close();
    server = await startServer({ rateLimitPerMinute: 1000 });
    ({ url } = server);
    const sockets = await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, () => stall('itsm')));
    await expect.poll(async () => (await signed()).status).toBe(429); // This address is full under this name.
    expect(await signedFrom('127.0.0.2')).toMatch(/^HTTP\/1\.1 200 /);
    expect((await post('/token', { authorization: 'Bearer itsm' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => signed().then(({ status }) => status)).toBe(200);
  });

  /** Signs rightly from an address of its own. */
  async function signedFrom(address: string): Promise<string> {
    const body = '{"ticket":1}';
    const lines = Object.entries(headersOf({ body })).map(([name, value]) => `${name}: ${value}`);
    const socket = await openSigned([...lines, `content-length: ${body.length}`, 'connection: close'], address);
    const answer = readAll(socket);
    socket.write(body);
    return answer;
  }

  /** Sends the head of a call, and never its body. */
  function stall(key: string) {
    return openSigned([`${KEY_HEADER}: ${key}`, `${SIGNATURE_HEADER}: ${'0'.repeat(64)}`, 'content-length: 1000']);
  }
});

describe('a client that proved itself by its body', () => {
  it('pays for it from its own points', async () => {
    const answers: number[] = [];
    for (let call = 0; call < POINTS_PER_MINUTE / 2; call++) answers.push((await signed()).status);
    for (let call = 0; call < POINTS_PER_MINUTE / 2; call++) {
      answers.push((await post('/token', { authorization: 'Bearer itsm' })).status);
    }
    expect(answers).toEqual(Array(POINTS_PER_MINUTE).fill(200));
    expect((await post('/token', { authorization: 'Bearer itsm' })).status).toBe(429);
    expect((await signed()).status).toBe(429);
    expect(proving).toHaveLength(POINTS_PER_MINUTE / 2 + 1); // It was proven first, and refused for what it spent.
  });
});

describe('a name and a password', () => {
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  it('let in where they are right', async () => {
    expect(await post('/basic', basic('jenkins:p:ä$$'))).toMatchObject({ status: 200, body: { client: 'jenkins' } });
  });

  it.each([
    ['wrong', basic('jenkins:guess')],
    ['of nobody', basic('nobody:')],
    ['missing', {}],
    ['a token', { authorization: 'Bearer jenkins' }],
    ['no Base64', { authorization: 'Basic !' }],
  ])('are asked for anew where they are %s', async (_what, headers) => {
    const answer = await post('/basic', headers as Record<string, string>);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="countersign", charset="UTF-8"');
    expect(handled).toEqual([]);
  });
});

it('holds nothing for callers who hung up while they were looked up', async () => {
  const lookedUp = Promise.withResolvers<void>();
  let asked = 0;
  const slow: Authenticator = {
    ...trustingAuthenticator(),
    async identify(head) {
      asked++;
      await lookedUp.promise;
      return trustingAuthenticator().identify(head);
    },
  };
  const { url: slowUrl, close } = await startServer({
    authenticators: { ...AUTHENTICATORS, token: slow },
    rateLimitPerMinute: 1000,
  });
  const call = callText('/token', { token: 'ci', body: '{}' });
  const sockets = await Promise.all(Array.from({ length: 2 * CALLS_IN_FLIGHT }, () => openSocket(slowUrl)));
  for (const socket of sockets) socket.write(call);
  await expect.poll(() => asked).toBe(sockets.length);
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => logged.length).toBe(sockets.length);
  lookedUp.resolve();
  const answer = await fetch(`${slowUrl}/token`, {
    method: 'POST',
    headers: { authorization: 'Bearer ci', 'content-type': 'application/json' },
    body: '{}',
  });
  expect(answer.status).toBe(200);
  expect(handled).toHaveLength(1);
  close();
});

describe('a route', () => {
  it('lets in whom its own authentication lets in, and asks for scopes after that', async () => {
    expect((await fetch(`${url}/open`)).status).toBe(200);
    expect(handled[0]?.caller.client).toBe('');
    const token = { authorization: 'Bearer ci' };
    expect((await post('/any', token)).status).toBe(200);
    expect((await post('/admin', token)).status).toBe(403);
    expect((await post('/basic', { ...headersOf({}), ...token })).status).toBe(401);
  });

  it('takes any of the ways that it names, and says all of them to whom used none', async () => {
    expect(await post('/either', headersOf({ path: '/either' }))).toMatchObject({
      status: 200,
      body: { client: 'itsm' },
    });
    expect(await post('/either', { authorization: 'Bearer ci' })).toMatchObject({
      status: 200,
      body: { client: 'ci' },
    });
    const none = await post('/either', {});
    expect(none.status).toBe(401);
    expect(none.headers.get('www-authenticate')).toBe('HMAC-SHA256, Bearer');
    expect(none.body.detail).toBe(
      `Send a key id in ${KEY_HEADER} and a signature in ${SIGNATURE_HEADER}, or any token.`,
    );
    // Credentials that are wrong are not passed over for others that are right.
    const both = { ...headersOf({ path: '/either', secret: 'guess' }), authorization: 'Bearer ci' };
    expect((await post('/either', both)).status).toBe(401);
  });

  it('cannot name an authenticator that is not there', async () => {
    await expect(startServer({ authenticators: {} })).rejects.toThrow('No authenticator has the name signature.');
  });
});
