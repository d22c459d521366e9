import { createServer, type RequestListener, type Server } from 'node:http';
import { AppError } from '../base/errors.ts';
import type { Connections } from './connections.ts';
import type { ConnectionLimits } from './limits.ts';

const DRAIN_TIMEOUT_MS = 20_000;
/** Headers are small: a slower caller is malicious. */
const MAX_HEADERS_TIMEOUT_MS = 10_000;
const MAX_CHECK_INTERVAL_MS = 5000;

export interface RunningServer {
  /** Where it listens, for example `http://127.0.0.1:8480`. */
  url: string;
  /** Takes no new connections, lets calls under way finish (at most 20 s), then resolves. */
  drain(): Promise<void>;
  /** Ends all connections at once, then resolves. */
  close(): Promise<void>;
}

export interface ServerParts {
  app: RequestListener;
  connections: Connections;
  limits: ConnectionLimits;
  /** Called for connections that the system could not accept. */
  onError: (error: Error) => void;
}

/** Rejects with AppError `config_invalid` if the address cannot be bound. */
export async function listen(
  { app, connections, limits, onError }: ServerParts,
  { host, port }: { host: string; port: number },
): Promise<RunningServer> {
  const headersTimeout = Math.min(MAX_HEADERS_TIMEOUT_MS, limits.requestTimeoutMs);
  const server = createServer({
    requestTimeout: limits.requestTimeoutMs,
    headersTimeout,
    connectionsCheckingInterval: Math.min(MAX_CHECK_INTERVAL_MS, headersTimeout),
    requireHostHeader: false, // Node would refuse it itself, uncounted; see faultOf.
  });
  connections.guard(server, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AppError(
          'config_invalid',
          `Cannot listen on ${host}:${port} (${cause.message}); COUNTERSIGN_LISTEN sets another address.`,
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  server.on('error', onError);
  return { url: urlOf(server), drain: () => closed(server, DRAIN_TIMEOUT_MS), close: () => closed(server, 0) };
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as { address: string; port: number; family: string };
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function closed(server: Server, graceMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearTimeout(timer);
}
