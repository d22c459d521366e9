import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A raw connection, for what no HTTP client does. */
export async function openSocket(url: string, localAddress?: string): Promise<Socket> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), ...(localAddress !== undefined && { localAddress }) });
  socket.on('error', () => {}); // Being thrown out is what the tests are about; 'close' tells of it.
  await once(socket, 'connect');
  return socket;
}

/** The text of a call with a token and, where there is one, a JSON body. */
export function callText(path: string, { token, body }: { token?: string; body?: string } = {}): string {
  return [
    `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    'host: countersign.example',
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`]),
    '',
    body ?? '',
  ].join('\r\n');
}

/** All that comes until the other side ends the connection. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await closed(socket);
  return text;
}

/** Resolves when the connection is over, however it ended. */
export async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}
