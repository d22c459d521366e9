import { createServer, type RequestListener, type Server } from 'node:http';
import { AppError } from '../domain/errors.ts';

const REQUEST_TIMEOUT_MS = 30_000;
const DRAIN_TIMEOUT_MS = 20_000;

export interface RunningServer {
  /** Where it listens, for example `http://127.0.0.1:8480`. */
  url: string;
  /** Takes no new connections, lets calls under way finish (at most 20 s), then resolves. */
  drain(): Promise<void>;
}

/** Rejects with AppError `config_invalid` where the address cannot be had. */
export async function listen(
  app: RequestListener,
  { host, port }: { host: string; port: number },
): Promise<RunningServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, app);
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
  return { url: urlOf(server), drain: () => drain(server) };
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as { address: string; port: number; family: string };
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function drain(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearTimeout(timer);
}
