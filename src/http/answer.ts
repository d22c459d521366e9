import type { ServerResponse } from 'node:http';
import { JSON_TYPE } from './body.ts';
import type { Reply } from './route.ts';

/** Sends an answer as a whole. Returns its length in bytes. */
export function send(res: ServerResponse, { status, body, type, headers = {} }: Reply): number {
  setHead(res, status, headers);
  const bytes = body instanceof Uint8Array || type !== undefined ? (body as Uint8Array | string) : JSON.stringify(body);
  return end(res, type ?? `${JSON_TYPE}; charset=utf-8`, bytes);
}

/** Returns the length in bytes. */
export function end(res: ServerResponse, type: string, body: string | Uint8Array): number {
  const length = Buffer.byteLength(body);
  res.setHeader('content-type', type);
  res.setHeader('content-length', length);
  res.end(body);
  return length;
}

export function isInParts(body: unknown): body is AsyncIterable<string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/**
 * Sends an answer as its parts come. The next part is made after the caller has read the previous one, so that a stalled
 * caller holds only one part in memory. Resolves when all is sent, or the caller is gone; rejects where a part cannot be
 * made.
 */
export async function sendParts(
  res: ServerResponse,
  { status, type = 'text/plain', headers = {} }: Reply,
  parts: AsyncIterable<string>,
): Promise<void> {
  setHead(res, status, { ...headers, 'content-type': type });
  for await (const part of parts) {
    if (!res.write(part)) await taken(res);
    if (res.destroyed) return;
  }
  res.end();
}

function taken(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    res.on('drain', done).on('close', done);
  });
}

function setHead(res: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void {
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
}
