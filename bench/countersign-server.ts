import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from './child.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const LISTENS = /listens on (http:\S+)/;

const UNLIMITED: Readonly<Record<string, string>> = {
  COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '10000000',
  COUNTERSIGN_WRITE_BYTES_PER_MINUTE: String(2 ** 40),
};

export interface CountersignServer extends Child {
  url: string;
  /** Makes a token without a principal that may ask for decisions. */
  createToken(client: string, scopes?: string): string;
  /** How many records the store holds, read from its file beside the running service. */
  countRecords(): number;
}

/**
 * Starts this service as its users do, with its log in a file, on a free port and a data folder of its own in `dir`. The
 * settings are the defaults, whatever the environment says, but for the limits of one client: few clients stand for many.
 */
export async function startCountersign(dir: string, settings = UNLIMITED): Promise<CountersignServer> {
  const dataDir = join(dir, 'data');
  const logFile = join(dir, 'countersign.log');
  const env = {
    PATH: process.env['PATH'],
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_LISTEN: '127.0.0.1:0',
    ...settings,
  };
  const url = () => LISTENS.exec(readFileSync(logFile, 'utf8'))?.[1];
  const child = await startChild(process.execPath, [MAIN, 'serve'], {
    env,
    logFile,
    ready: async () => url() !== undefined,
  });
  return {
    ...child,
    url: url() as string,
    createToken: (client, scopes = 'decide') =>
      execFileSync(process.execPath, [MAIN, 'token', 'create', '--client', client, '--scopes', scopes], {
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim(),
    countRecords() {
      const db = new DatabaseSync(join(dataDir, 'countersign.db'), { readOnly: true });
      try {
        return (db.prepare('SELECT count(*) AS records FROM records').get() as { records: number }).records;
      } finally {
        db.close();
      }
    },
  };
}

/** The public part of a token `cs_<id>_<secret>`, which records and policy see. */
export function tokenIdOf(token: string): string {
  return token.split('_')[1] ?? '';
}
