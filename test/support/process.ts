import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '../../src/client/client.ts';
import { temporaryDir } from './service.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface RunningProcess {
  url: string;
  dataDir: string;
  child: ChildProcess;
  adminToken: string;
  client: ReturnType<typeof createClient>;
  /** What it wrote to standard error so far. */
  said: () => string;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface ProcessOptions {
  dataDir?: string;
  env?: Record<string, string>;
  /** A command that runs the service, for example `strace -f`. */
  wrapper?: string[];
  /** Of the serve command. */
  args?: string[];
}

/** Starts the service as its users do, on a free port, and waits until it says where it listens. */
export async function startProcess({
  dataDir = temporaryDir(),
  env = {},
  wrapper = [],
  args: options = [],
}: ProcessOptions = {}): Promise<RunningProcess> {
  const [command = '', ...args] = [...wrapper, process.execPath, MAIN, 'serve', ...options];
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_LISTEN: '127.0.0.1:0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /listens on (http:\S+)/.exec(said)?.[1];
      if (found !== undefined && said.includes('curl')) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`The service ended with ${code}: ${said}`)));
  });
  const adminToken = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim();
  return {
    url,
    dataDir,
    child,
    adminToken,
    client: createClient({ url, token: adminToken, tries: 1 }),
    said: () => said,
    async end(signal) {
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code, by] = (await ended) as [number | null, NodeJS.Signals | null];
      return { code, signal: by };
    },
  };
}
