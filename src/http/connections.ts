import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../base/errors.ts';
import { PROBLEM_TYPE } from '../contract/problem.ts';
import { connectionsAllowed } from './file-handles.ts';
import type { ConnectionLimits } from './limits.ts';
import { parseInSlices } from './parse-in-slices.ts';
import { toProblem } from './problems.ts';

/**
 * Calls that a connection may have sent without an answer. One is handled, the others wait. Most clients send the next call
 * after the previous answer; those that pipeline (RFC 9112 §9.3.2) may be this many calls ahead.
 */
const MAX_UNANSWERED = 8;
/** How many connections beyond the limit get an answer at a time; more are dropped at once. */
const MAX_REFUSED_AT_A_TIME = 32;

/** Why the service closed a connection. */
export const CLOSINGS = ['pipelined', 'stalled', 'idle', 'evicted', 'refused'] as const;
export type Closing = (typeof CLOSINGS)[number];

export interface Connections {
  /** Watches the connections of a server, and hands its calls on, one at a time for each connection. */
  guard(server: Server, app: RequestListener): void;
  /** A caller was proven on this connection: it is kept longer than unproven ones. */
  markKnown(socket: Socket): void;
}

interface Connection {
  socket: Socket;
  address: Address;
  isKnown: boolean;
  /** That came so far. */
  calls: number;
  /** The first is the call being handled. */
  unanswered: number;
  /** Calls that wait for the first to be answered. */
  waiting: (() => void)[];
}

/** All connections of a remote address. */
interface Address {
  count: number;
  /** Those without a call, the longest idle first. */
  idleStrangers: Set<Connection>;
  idleKnown: Set<Connection>;
}

export interface ConnectionParts {
  limits: ConnectionLimits;
  onClosing?: (why: Closing) => void;
}

/** One address may not take all connections, although a proxy in front, which is one address, needs most of them. */
const SHARE_OF_ADDRESS = 0.75;

/**
 * Keeps connections within their limits. Where there are too many, one that is idle makes room for the new one: of the
 * address that has the most, of somebody who never showed a token, and the one that is idle the longest.
 */
export function createConnections({ limits, onClosing = () => {} }: ConnectionParts): Connections {
  const maxConnections = Math.min(limits.maxConnections, connectionsAllowed());
  const maxPerAddress = limits.maxConnectionsPerAddress ?? Math.ceil(maxConnections * SHARE_OF_ADDRESS);
  const connections = new Map<Socket, Connection>();
  const addresses = new Map<string, Address>();

  function accept(socket: Socket): void {
    const name = socket.remoteAddress ?? '';
    const address = addresses.get(name) ?? { count: 0, idleStrangers: new Set(), idleKnown: new Set() };
    if (!hasRoom(address)) {
      refuse(socket);
      return;
    }
    const connection: Connection = { socket, address, isKnown: false, calls: 0, unanswered: 0, waiting: [] };
    addresses.set(name, address);
    address.count++;
    address.idleStrangers.add(connection);
    connections.set(socket, connection);
    parseInSlices(socket, () => connection.calls);
    socket.once('close', () => {
      forget(connection);
      if (address.count === 0 && addresses.get(name) === address) addresses.delete(name);
    });
  }

  function hasRoom(address: Address): boolean {
    if (address.count >= maxPerAddress && !evictOneOf(address)) return false;
    if (connections.size < maxConnections) return true;
    return [...addresses.values()].sort((a, b) => b.count - a.count).some(evictOneOf);
  }

  function evictOneOf({ idleStrangers, idleKnown }: Address): boolean {
    const [longestIdle] = idleStrangers.size > 0 ? idleStrangers : idleKnown;
    if (longestIdle !== undefined) close(longestIdle, 'evicted');
    return longestIdle !== undefined;
  }

  function close(connection: Connection, why: Closing): void {
    forget(connection);
    onClosing(why);
    connection.socket.destroy();
  }

  function forget(connection: Connection): void {
    if (!connections.delete(connection.socket)) return;
    const { address } = connection;
    address.count--;
    address.idleStrangers.delete(connection);
    address.idleKnown.delete(connection);
    connection.waiting = [];
  }

  /** Data on a connection that is being closed are dropped. */
  function receive(app: RequestListener, req: IncomingMessage, res: ServerResponse): void {
    const connection = connections.get(req.socket);
    if (connection === undefined) return;
    connection.calls++;
    connection.unanswered++;
    if (connection.unanswered > MAX_UNANSWERED) {
      close(connection, 'pipelined');
      return;
    }
    connection.address.idleStrangers.delete(connection);
    connection.address.idleKnown.delete(connection);
    res.once('close', () => answered(connection));
    if (connection.unanswered === 1) app(req, res);
    else connection.waiting.push(() => app(req, res));
  }

  function answered(connection: Connection): void {
    connection.unanswered--;
    if (!connections.has(connection.socket)) return;
    const { address, isKnown, waiting } = connection;
    const next = waiting.shift();
    if (next === undefined) (isKnown ? address.idleKnown : address.idleStrangers).add(connection);
    else next();
  }

  /** Nothing was read or written for the time that Node was told. What is worked at may take longer than that. */
  function onTimeout(socket: Socket): void {
    const connection = connections.get(socket);
    if (connection === undefined) return void socket.destroy();
    const isWorkedAt = connection.unanswered > 0 && socket.writableLength === 0;
    if (isWorkedAt) socket.setTimeout(limits.answerTimeoutMs);
    else close(connection, connection.unanswered > 0 ? 'stalled' : 'idle');
  }

  function refuse(socket: Socket): void {
    onClosing('refused');
    socket.end(REFUSAL);
    socket.once('finish', () => socket.destroy());
  }

  return {
    guard(server, app) {
      server.timeout = limits.answerTimeoutMs;
      server.keepAliveTimeout = limits.idleTimeoutMs;
      server.maxConnections = maxConnections + MAX_REFUSED_AT_A_TIME;
      server.on('connection', accept);
      server.on('timeout', onTimeout);
      server.on('request', (req, res) => receive(app, req, res));
      // Node would answer 417 by itself, uncounted. Such a header may be ignored (RFC 9110 §10.1.1).
      server.on('checkExpectation', (req, res) => receive(app, req, res));
    },
    markKnown(socket) {
      const connection = connections.get(socket);
      if (connection !== undefined) connection.isKnown = true;
    },
  };
}

const REFUSAL = refusal();

function refusal(): string {
  const problem = toProblem(new AppError('overloaded', 'The service has reached its limit of connections.'));
  const body = JSON.stringify(problem);
  return [
    'HTTP/1.1 503 Service Unavailable',
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${body.length}`,
    'retry-after: 1',
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
