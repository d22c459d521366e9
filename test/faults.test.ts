import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { parseJwks } from '../src/base/jwks.ts';
import { CountersignError, type DecisionAnswer } from '../src/client/client.ts';
import { type ProcessOptions, type RunningProcess, startProcess } from './support/process.ts';
import { verifyRecords } from './support/records.ts';
import { exampleRequest, secretOf, temporaryDir } from './support/service.ts';

const REQUEST = exampleRequest('issue-api-key/allow-sandbox-key');

let running: RunningProcess[] = [];
async function start(options: ProcessOptions = {}): Promise<RunningProcess> {
  const service = await startProcess(options);
  running.push(service);
  return service;
}
afterEach(() => {
  for (const { child } of running) child.kill('SIGKILL');
  running = [];
});

/** Asks without pause from several sides, each call with its own key, until the service no longer answers. */
async function load(
  { client }: RunningProcess,
  prefix: string,
): Promise<{ answered: Map<string, DecisionAnswer>; lost: string[] }> {
  const answered = new Map<string, DecisionAnswer>();
  const lost: string[] = [];
  const side = async (name: number) => {
    for (let index = 0; ; index++) {
      const key = `${prefix}-${name}-${index}`;
      try {
        answered.set(key, await client.decide(REQUEST, { idempotencyKey: key }));
      } catch {
        lost.push(key);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, name) => side(name)));
  return { answered, lost };
}

async function jwksOf({ url }: RunningProcess) {
  return parseJwks(await (await fetch(`${url}/.well-known/jwks.json`)).json());
}

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('SIGKILL under load', () => {
  it('loses no answered decision, and a retry of an unanswered one leads to exactly one record', async () => {
    const first = await start();
    const loading = load(first, 'kill');
    const db = join(first.dataDir, 'countersign.db');
    await until(() => statSync(`${db}-wal`, { throwIfNoEntry: false })?.size !== undefined && countLog(db) >= 400);
    await first.end('SIGKILL');
    const { answered, lost } = await loading;
    expect(answered.size).toBeGreaterThanOrEqual(300);

    const second = await start({ dataDir: first.dataDir });
    const keys = await jwksOf(second);
    for (const answer of answered.values()) {
      expect((await second.client.getDecision(answer.id)).record).toBe(answer.record);
      verifyRecords([answer.record], keys);
    }
    for (const key of [...lost, ...[...answered.keys()].slice(0, 20)]) {
      const again = await second.client.decide(REQUEST, { idempotencyKey: key });
      if (answered.has(key)) expect(again.id).toBe(answered.get(key)?.id);
      expect((await second.client.decide(REQUEST, { idempotencyKey: key })).id).toBe(again.id);
    }
    await second.end('SIGTERM');

    const log = new DatabaseSync(db, { readOnly: true });
    const rows = log.prepare('SELECT count(*) AS n, max(position) AS top FROM records').get() as {
      n: number;
      top: number;
    };
    expect(rows.n).toBe(rows.top + 1);
    log.close();
  });
});

function countLog(file: string): number {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return (db.prepare('SELECT count(*) AS n FROM records').get() as { n: number }).n;
  } finally {
    db.close();
  }
}

describe('SIGTERM under load', () => {
  it('answers what is under way, exits 0 and leaves everything kept', async () => {
    const service = await start();
    const loading = load(service, 'term');
    await until(() => countLog(join(service.dataDir, 'countersign.db')) >= 200);
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
    const { answered } = await loading;
    // Every record that is kept was answered, but for that of the first token: nobody was cut off between commit and answer.
    expect(countLog(join(service.dataDir, 'countersign.db'))).toBe(answered.size + 1);
  });
});

describe('a store that cannot write', () => {
  const decide = async ({ client }: RunningProcess, key: string) => {
    try {
      return (await client.decide(REQUEST, { idempotencyKey: key })).outcome;
    } catch (error) {
      return error instanceof CountersignError ? `${error.status} ${error.code}` : String(error);
    }
  };

  it('is 503 and no allow while the file is locked, and heals by itself', async () => {
    const service = await start();
    const foreign = new DatabaseSync(join(service.dataDir, 'countersign.db'));
    foreign.exec('BEGIN IMMEDIATE');
    expect(await decide(service, 'locked')).toBe('503 store_unavailable');
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    foreign.exec('ROLLBACK');
    foreign.close();
    expect(await decide(service, 'locked')).toBe('allow');
    await new Promise((resolve) => setTimeout(resolve, 1000)); // Readiness asks the store once a second.
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  });

  // A limit on file size is how Linux lets a process run out of room without a disk of its own.
  it.runIf(process.platform === 'linux')(
    'is 503 and no allow while the disk is full, and heals by itself',
    async () => {
      const service = await start({ wrapper: ['bash', '-c', 'trap \'\' XFSZ; exec "$@"', 'service'] });
      expect(await decide(service, 'before')).toBe('allow');
      const room = (bytes: string) =>
        execFileSync('prlimit', ['--pid', String(service.child.pid), `--fsize=${bytes}:unlimited`]);
      room(String(statSync(join(service.dataDir, 'countersign.db-wal')).size));
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => decide(service, `full-${index}`)));
      expect(new Set(outcomes)).toEqual(new Set(['503 store_unavailable']));
      room('unlimited');
      expect(await decide(service, 'full-0')).toBe('allow');
      expect(await decide(service, 'before')).toBe('allow');
    },
  );
});

describe('durability', () => {
  // strace is the witness that the sync happened before the answer was sent; .ci/run installs it.
  const strace = spawnSync('strace', ['-V']).status === 0;
  it.runIf(strace || process.env['CI'] !== undefined)('syncs the write-ahead log before it answers', async () => {
    const trace = join(mkdtempSync(join(tmpdir(), 'countersign-trace-')), 'trace');
    const calls = 'fsync,fdatasync,write,writev,sendto,sendmsg,pwrite64';
    const service = await start({
      wrapper: ['strace', '-D', '-f', '-y', '-s', '24', '-e', `trace=${calls}`, '-o', trace],
    });
    for (let index = 0; index < 5; index++) await service.client.decide(REQUEST, { idempotencyKey: `sync-${index}` });
    await service.end('SIGTERM');
    const events = readFileSync(trace, 'utf8')
      .split('\n')
      .map((line) => {
        if (/pwrite64\(.*countersign\.db-wal>/.test(line)) return 'write';
        if (/f(data)?sync\(.*countersign\.db-wal>/.test(line)) return 'sync';
        return line.includes('"HTTP/1.1 201') ? 'answer' : null;
      })
      .filter((event) => event !== null);
    expect(events.filter((event) => event === 'answer')).toHaveLength(5);
    const steps = events.filter((event, index) => event !== events[index - 1]).join(' ');
    expect(steps.slice(steps.indexOf('answer') - 'write sync '.length)).toMatch(/^(write sync answer ?){5}/);
  });
});

describe('a first start', () => {
  it('makes keys and token for itself, private to its owner', async () => {
    const service = await start();
    const files = readdirSync(service.dataDir, { recursive: true, encoding: 'utf8' }).map((file) =>
      join(service.dataDir, file),
    );
    const secrets = files.filter((file) => /admin\.token$|keys\/.|tokens\/./.test(file));
    expect(secrets.length).toBeGreaterThanOrEqual(4);
    for (const file of secrets) expect(statSync(file).mode & 0o077, file).toBe(0);
    expect(service.adminToken).toMatch(/^cs_/);
    for (const file of files.filter((name) => /tokens\/.*json$|\.db/.test(name))) {
      expect(readFileSync(file, 'latin1')).not.toContain(secretOf(service.adminToken));
    }
  });

  it('keeps a second process off its data folder', async () => {
    const { dataDir } = await start();
    await expect(startProcess({ dataDir })).rejects.toThrow(
      /Another process uses the data folder \S+\. Stop that process, or set COUNTERSIGN_DATA_DIR to another folder\.\n/,
    );
  });

  it('tells every fault of its configuration at once', async () => {
    const env = {
      COUNTERSIGN_LISTEN: 'nowhere',
      COUNTERSIGN_SIGNNG_ALG: 'ES256',
      COUNTERSIGN_THREADS: 'zero',
      COUNTERSIGN_PORT_8480_TCP: 'tcp://x',
    };
    const failed = startProcess({ dataDir: temporaryDir(), env });
    await expect(failed).rejects.toThrow(
      /COUNTERSIGN_LISTEN: use host:port[\s\S]*COUNTERSIGN_SIGNNG_ALG: unknown setting/,
    );
    await expect(failed).rejects.toThrow(/COUNTERSIGN_THREADS: use a whole number\n/);
    await expect(failed).rejects.not.toThrow(/PORT_8480/);
  });
});
