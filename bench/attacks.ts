import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { AccessRequest } from '../src/contract/request.ts';

/** Where an attack goes, and what it may use. */
export interface Target {
  url: string;
  token: string;
  /** A request that is decided at once. */
  request: AccessRequest;
}

/** What came of an attack: answers by status, and connections that the other side ended. */
export interface Toll {
  answers: Record<string, number>;
  ended: number;
}

/** Goes on until the signal is aborted. */
export type Attack = (target: Target, signal: AbortSignal) => Promise<Toll>;

const CALLERS = 16;
const PIPELINES = 150;
const PIPELINED_CALLS = 1600;
const STALLED_EXPORTS = 100;
/** Somebody who is thrown out comes back so soon. */
const RECONNECT_MS = 100;
/** Who reads nothing does not learn that they were thrown out: after this they look. */
const LOOK_AFTER_MS = 1000;
const BATCH_BYTES = 2 * 1024 * 1024 - 1024;
/** Bodies end before the limit of 262,144 bytes. */
const LARGE_NOTE = 200_000;

export const ATTACKS = {
  'pipelined calls, answers unread': unread(
    PIPELINES,
    () => callText('/openapi.json').repeat(PIPELINED_CALLS),
    LOOK_AFTER_MS,
  ),
  'batches of 2 MB that are refused': calls((_, serial) => ({
    path: '/v1/decisions/batch',
    body: refusedBatch(serial),
  })),
  'searches over foreign cases': calls(({ request }) => ({
    path: `/v1/cases?subject=${encodeURIComponent(request.subject.id)}&subject_type=${request.subject.type}&kind=none&control=none`,
  })),
  'exports that stall': unread(STALLED_EXPORTS, ({ token }) => {
    return callText('/v1/cases', { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' });
  }),
  'large decisions': calls(({ request }, serial) => ({
    path: '/v1/decisions',
    body: JSON.stringify({
      ...request,
      subject: { ...request.subject, id: `writer-${serial % 1000}` },
      context: { ...request.context, note: 'x'.repeat(LARGE_NOTE) },
    }),
  })),
} satisfies Record<string, Attack>;
export type AttackName = keyof typeof ATTACKS;

const fill = (piece: string) =>
  Array(Math.floor(BATCH_BYTES / (piece.length + 1)))
    .fill(piece)
    .join(',');
const names = Array.from({ length: BATCH_BYTES / 10 }, (_, index) => `"${index.toString(36)}":0`).join(',');
/** Each is refused for another reason, as late as can be. */
const REFUSED = [
  `{"requests":[${fill('0')}]}`,
  `{"requests":[{${names}}]}`,
  `{"requests":[${fill('{}')}]}`,
  '['.repeat(BATCH_BYTES / 2) + ']'.repeat(BATCH_BYTES / 2),
  `{"requests":["${'x'.repeat(BATCH_BYTES)}"]}`,
  `{"requests":[${Array(256)
    .fill(`[${Array(1999).fill('{}').join(',')}]`)
    .join(',')}]}`,
];

function refusedBatch(serial: number): string {
  return REFUSED[serial % REFUSED.length] ?? '';
}

/** Callers who each send the next call when they have the answer to the one before, over connections that stay open. */
function calls(next: (target: Target, serial: number) => { path: string; body?: string }): Attack {
  return async (target, signal) => {
    const answers: Toll['answers'] = {};
    let [ended, serial] = [0, 0];
    const caller = async () => {
      while (!signal.aborted) {
        const { path, body } = next(target, serial++);
        const status = await ask(target, path, body, signal);
        if (status === null) {
          ended++;
          await setTimeout(RECONNECT_MS);
        } else answers[status] = (answers[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    return { answers, ended };
  };
}

/** Null where there was no answer. */
async function ask({ url, token }: Target, path: string, body: string | undefined, signal: AbortSignal) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  try {
    const response = await fetch(`${url}${path}`, {
      headers,
      signal,
      ...(body !== undefined && { method: 'POST', body }),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}

/** Connections that send and read nothing, and come back when they are ended. */
function unread(count: number, textFor: (target: Target) => string, lookAfterMs?: number): Attack {
  return async (target, signal) => {
    const text = textFor(target);
    let ended = 0;
    const stubborn = async () => {
      while (!signal.aborted) {
        const socket = connectAndSend(target.url, text);
        if (lookAfterMs !== undefined) globalThis.setTimeout(() => socket.resume(), lookAfterMs).unref();
        await endOf(socket, signal);
        if (signal.aborted) return;
        ended++;
        await setTimeout(RECONNECT_MS);
      }
    };
    await Promise.all(Array.from({ length: count }, stubborn));
    return { answers: {}, ended };
  };
}

function connectAndSend(url: string, text: string): Socket {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port) });
  socket.on('error', () => {}); // 'close' follows.
  socket.pause().write(text);
  return socket;
}

function endOf(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const giveUp = () => socket.destroy();
    signal.addEventListener('abort', giveUp);
    socket.once('close', () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    });
  });
}

function callText(path: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ host: 'bench', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
