import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openKeyring } from '../src/evidence/keys.ts';
import { openDataFolder } from '../src/store/data-folder.ts';
import { openDatabase } from './support/database.ts';
import { type RunningProcess, startProcess } from './support/process.ts';
import { exampleRequest, startService, temporaryDir, wantedToken } from './support/service.ts';

const REQUEST = exampleRequest('issue-api-key/allow-sandbox-key');

type Service = Awaited<ReturnType<typeof startService>>;

let dataDir: string;
let service: Service | null;
beforeEach(() => {
  dataDir = join(temporaryDir(), 'data');
  service = null;
});
afterEach(() => service?.stop());

async function start(env: Record<string, string> = {}): Promise<Service> {
  service = await startService({ COUNTERSIGN_DATA_DIR: dataDir, ...env });
  return service;
}

async function stop(): Promise<void> {
  await service?.stop();
  service = null;
}

async function decide({ agent, token }: Service): Promise<void> {
  const { status } = await agent
    .post('/v1/decisions')
    .set('authorization', `Bearer ${token('ci', ['decide'])}`)
    .send(REQUEST);
  expect(status).toBe(201);
}

/** Starts, decides and stops. Gives the file of the key that signed. */
async function useFolder(env: Record<string, string> = {}): Promise<string> {
  const running = await start(env);
  await decide(running);
  await stop();
  return join(dataDir, 'keys', `${running.keyring.active.kid}.jwk.json`);
}

const used = { dataDir: join(temporaryDir(), 'used'), key: '' };
beforeAll(async () => {
  ({ dataDir } = used);
  used.key = await useFolder();
});

/** A copy of a data folder in which a decision is kept. Gives the file of its one signing key. */
function usedFolder(): string {
  execFileSync('cp', ['-a', used.dataDir, dataDir]);
  return used.key.replace(used.dataDir, dataDir);
}

const refusal = (code: string, ...words: string[]) => ({
  code,
  message: expect.stringMatching(new RegExp(words.map((word) => word.replaceAll('.', '\\.')).join('.*'), 's')),
});

const keyFiles = () => readdirSync(join(dataDir, 'keys')).filter((name) => name.endsWith('.jwk.json'));

describe('a signing key that records need', () => {
  it('is named where it is gone, and no other is made in its place', async () => {
    const key = usedFolder();
    renameSync(key, `${dataDir}.key`);
    await expect(start()).rejects.toMatchObject(refusal('key_invalid', 'missing', key));
    expect(keyFiles()).toEqual([]);
    renameSync(`${dataDir}.key`, key);
    await decide(await start());
  });

  it('is missed also where another key signs now', async () => {
    const key = usedFolder();
    const next = await useFolder({ COUNTERSIGN_SIGNING_ALG: 'EdDSA' });
    rmSync(key);
    await expect(start({ COUNTERSIGN_SIGNING_ALG: 'EdDSA' })).rejects.toMatchObject(refusal('key_invalid', key));
    expect(existsSync(next)).toBe(true);
  });

  it('is missed where somebody emptied the list of keys in the database', async () => {
    const key = usedFolder();
    const db = openDatabase(dataDir);
    db.exec('DELETE FROM signing_keys');
    db.close();
    rmSync(key);
    await expect(start()).rejects.toMatchObject(refusal('key_invalid', key));
  });

  it('is missed also where it signed nothing but who made the first token', async () => {
    await start();
    await stop();
    for (const name of keyFiles()) rmSync(join(dataDir, 'keys', name));
    await expect(start()).rejects.toMatchObject(refusal('key_invalid', 'missing'));
  });

  it('is not missed where it never signed a record', async () => {
    const used = usedFolder();
    await start({ COUNTERSIGN_SIGNING_ALG: 'EdDSA' });
    await stop();
    for (const name of keyFiles()) if (!used.endsWith(name)) rmSync(join(dataDir, 'keys', name));
    await decide(await start());
  });
});

describe('the newest record', () => {
  it('is refused where the database says another instant of it, since the clock begins with that', async () => {
    usedFolder();
    const db = openDatabase(dataDir);
    db.exec("UPDATE records SET at = '2026-01-01T00:00:00.000Z' WHERE at > '2026-01-01'");
    const { at } = db.prepare('SELECT at FROM records').get() as { at: string };
    db.exec(`UPDATE records SET at = '${new Date(Date.now() - 60_000).toISOString()}' WHERE at = '${at}'`);
    db.close();
    await expect(start()).rejects.toMatchObject(refusal('record_invalid', 'in place of the record'));
  });
});

describe('a file in the folder of keys', () => {
  it.each([
    ['under the thumbprint of another key', `${'x'.repeat(43)}.jwk.json`],
    ['with another ending', 'signing.pem'],
    ['as a copy', 'copy.jwk.json'],
    ['without an ending', 'key'],
  ])('is refused %s', async (_how, name) => {
    const key = usedFolder();
    const other = join(dataDir, 'keys', name);
    copyFileSync(key, other);
    await expect(start()).rejects.toMatchObject(refusal('key_invalid', other));
  });

  it('is refused by its right name where a new key came under a wrong one', async () => {
    usedFolder();
    const elsewhere = temporaryDir('keys');
    const { kid } = openKeyring(elsewhere, 'ES256', () => new Date()).active;
    copyFileSync(join(elsewhere, `${kid}.jwk.json`), join(dataDir, 'keys', 'next.jwk.json'));
    const words = refusal('key_invalid', 'next.jwk.json', `Rename it to ${kid}.jwk.json`);
    await expect(start()).rejects.toMatchObject(words);
    renameSync(join(dataDir, 'keys', 'next.jwk.json'), join(dataDir, 'keys', `${kid}.jwk.json`));
    expect((await start()).keyring.active.kid).toBe(kid);
  });

  it.each([[undefined], ['yesterday'], [0]])('is refused with created_at %j', async (createdAt) => {
    const key = usedFolder();
    const jwk = JSON.parse(readFileSync(key, 'utf8'));
    writeFileSync(key, JSON.stringify({ ...jwk, created_at: createdAt }));
    await expect(start()).rejects.toMatchObject(refusal('key_invalid', key, 'created_at'));
  });

  it('is refused where its public members are of another key than the one that signs', async () => {
    const key = await useFolder({ COUNTERSIGN_SIGNING_ALG: 'EdDSA' });
    const elsewhere = temporaryDir('keys');
    const { kid } = openKeyring(elsewhere, 'EdDSA', () => new Date()).active;
    const { x } = JSON.parse(readFileSync(join(elsewhere, `${kid}.jwk.json`), 'utf8'));
    writeFileSync(key, JSON.stringify({ ...JSON.parse(readFileSync(key, 'utf8')), x }));
    await expect(start({ COUNTERSIGN_SIGNING_ALG: 'EdDSA' })).rejects.toMatchObject({ code: 'key_invalid' });
  });

  it('may be what a crash or the system left', async () => {
    const key = usedFolder();
    writeFileSync(`${key}.5f0b0c1e.tmp`, 'half', { mode: 0o600 });
    writeFileSync(join(dataDir, 'keys', '.DS_Store'), '');
    await start();
  });
});

describe('fingerprint.secret', () => {
  it.each(['', 'short', '!'.repeat(43), 'A'.repeat(20)])('is refused with %j in it', async (text) => {
    usedFolder();
    const file = join(dataDir, 'keys', 'fingerprint.secret');
    writeFileSync(file, text);
    await expect(start()).rejects.toMatchObject(refusal('key_invalid', file));
  });
});

describe('rows.secret', () => {
  it('is not made anew beside records that need it', async () => {
    usedFolder();
    const file = join(dataDir, 'keys', 'rows.secret');
    rmSync(file);
    await expect(start()).rejects.toMatchObject(refusal('key_invalid', file, 'Restore it from a backup'));
    expect(existsSync(file)).toBe(false);
  });
});

describe.runIf(process.platform !== 'win32')('what others can use', () => {
  it.each([
    ['', 0o755],
    ['', 0o770],
    ['', 0o701],
    ['keys', 0o750],
    ['admin.token', 0o644],
    ['admin.token', 0o640],
    ['countersign.db', 0o666],
    ['countersign.head', 0o644],
    ['owner.lock', 0o606],
  ])('%j with mode %o is refused, with the command that helps', async (name, mode) => {
    usedFolder();
    const path = join(dataDir, name);
    chmodSync(path, mode);
    const failed = start().catch((error: Error) => error);
    const { message } = (await failed) as Error;
    const command = /chmod (\S+) '(.*)'/.exec(message) ?? [];
    expect(command[2]).toBe(path.replace(/\/$/, ''));
    expect(command[1]).toMatch(/^(go|o)-rwx$/);
    chmodSync(path, mode & (command[1] === 'o-rwx' ? 0o770 : 0o700));
    openDataFolder(dataDir).release();
  });

  it.each(['countersign.db-wal', 'countersign.db-shm'])('%s is refused, too', async (name) => {
    usedFolder();
    writeFileSync(join(dataDir, name), '', { mode: 0o600 });
    chmodSync(join(dataDir, name), 0o664);
    await expect(start()).rejects.toMatchObject(refusal('config_invalid', `chmod go-rwx '${join(dataDir, name)}'`));
  });

  it('is told all at once', async () => {
    usedFolder();
    for (const name of ['countersign.db', 'keys', 'admin.token']) chmodSync(join(dataDir, name), 0o777);
    await expect(start()).rejects.toMatchObject(refusal('config_invalid', 'countersign.db', 'keys'));
    await expect(start()).rejects.toMatchObject(refusal('config_invalid', 'admin.token', 'keys'));
  });

  it('is nothing that the service makes, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      await useFolder();
    } finally {
      process.umask(before);
    }
    const made = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
    expect(made.length).toBeGreaterThan(6);
    for (const name of ['', ...made]) expect(statSync(join(dataDir, name)).mode & 0o077, name).toBe(0);
  });

  // Only root can make what Kubernetes makes: a volume of root and of a group of the process.
  it.runIf(process.getuid?.() === 0)('is not the group of a volume that Kubernetes gave to the pod', async () => {
    const group = process.getgid?.() ?? 0;
    usedFolder();
    // fsGroup: kubelet gives all that is there to the group, lets it read and write, and sets setgid on folders.
    const share = (path: string) => {
      const stat = statSync(path);
      chownSync(path, stat.uid, group);
      chmodSync(path, stat.mode | (stat.isDirectory() ? 0o2770 : 0o660));
      if (stat.isDirectory()) for (const name of readdirSync(path)) share(join(path, name));
    };
    share(dataDir);
    await decide(await start());
    await stop();
    share(dataDir);
    await decide(await start());
    await stop();
    // The root of a volume belongs to root, and lets others look into it; what is in it does not.
    chownSync(dataDir, 12_345, group);
    chmodSync(dataDir, 0o2775);
    await decide(await start());
    await stop();
    chmodSync(dataDir, 0o2777);
    await expect(start()).rejects.toMatchObject(refusal('config_invalid', 'chmod o-rwx'));
    chmodSync(dataDir, 0o2775);
    chmodSync(join(dataDir, 'admin.token'), 0o664);
    await expect(start()).rejects.toMatchObject(refusal('config_invalid', 'chmod o-rwx', 'admin.token'));
    chmodSync(join(dataDir, 'admin.token'), 0o660);
    chownSync(join(dataDir, 'admin.token'), 0, group + 54_321); // Some other group than the one of the volume.
    await expect(start()).rejects.toMatchObject(refusal('config_invalid', 'chmod go-rwx', 'admin.token'));
  });
});

describe('the token of the operator', () => {
  const file = () => join(dataDir, 'admin.token');
  const admins = async ({ tokens }: Service) => {
    const all = await tokens.list({ after: -1, limit: 100 });
    return all.filter(({ client }) => client === 'admin');
  };
  const works = async ({ agent }: Service) => {
    const authorization = `Bearer ${readFileSync(file(), 'utf8').trim()}`;
    return (await agent.get('/v1/tokens').set({ authorization })).status === 200;
  };

  it('is made at the first start, for a year, and at no other', async () => {
    const running = await start();
    expect(await works(running)).toBe(true);
    const [admin] = await admins(running);
    expect(admin).toMatchObject({ scopes: ['admin', 'decide', 'read'], principal: null });
    expect(Date.parse(admin?.expires_at ?? '') - Date.parse(admin?.created_at ?? '')).toBe(365 * 86_400_000);
    await stop();
    expect(await admins(await start())).toHaveLength(1);
  });

  it('is made anew where its file is gone; the other stays what it is', async () => {
    await start();
    await stop();
    rmSync(file());
    const running = await start();
    expect(await works(running)).toBe(true);
    expect((await admins(running)).map(({ revoked_at }) => revoked_at)).toEqual([null, null]);
  });

  it('is made anew a month before it ends', async () => {
    const first = await start();
    const { text } = await first.tokens.create(wantedToken({ client: 'admin', expires_in_seconds: 29 * 86_400 }), null);
    writeFileSync(file(), text);
    await stop();
    const running = await start();
    expect(readFileSync(file(), 'utf8')).not.toBe(text);
    expect(await works(running)).toBe(true);
  });

  it('is not made anew where it was revoked', async () => {
    const first = await start();
    const [admin] = await admins(first);
    await first.tokens.revoke(admin?.id ?? '', null);
    await stop();
    const running = await start();
    expect(await works(running)).toBe(false);
    expect(await admins(running)).toHaveLength(1);
  });
});

describe('countersign serve --accept-clock', () => {
  it('takes no other date than that of today', async () => {
    const failed = startProcess({ dataDir: temporaryDir(), args: ['--accept-clock', '2020-01-01'] });
    await expect(failed).rejects.toThrow(/ended with 3: config_invalid: --accept-clock 2020-01-01 is not today's date/);
  });
});

describe('a bundle that cannot decide', () => {
  it.each([
    [
      'is not there',
      '/nowhere.tar.gz',
      /\/nowhere\.tar\.gz: The bundle cannot be read \(ENOENT\)\. Set COUNTERSIGN_BUNDLE [^(]*$/,
    ],
    ['is none', 'package.json', /package\.json: The bundle cannot be used: .* Set COUNTERSIGN_BUNDLE to a bundle/],
  ])('is named with its setting where it %s', async (_what, bundle, words) => {
    const failed = startProcess({ dataDir: temporaryDir(), env: { COUNTERSIGN_BUNDLE: bundle } });
    await expect(failed).rejects.toThrow(words);
  });
});

describe('two processes on one data folder', () => {
  const running: RunningProcess[] = [];
  const launch = async () => {
    const launched = await startProcess({ dataDir });
    running.push(launched);
    return launched;
  };
  afterEach(() => {
    for (const { child } of running.splice(0)) child.kill('SIGKILL');
  });

  it('do not both decide where the lock of the first was removed', async () => {
    mkdirSync(dataDir, { mode: 0o700 });
    const first = await launch();
    const { id } = await first.client.decide(REQUEST);
    first.child.kill('SIGSTOP'); // So that it cannot see for itself that the lock is gone before the other one is there.
    rmSync(join(dataDir, 'owner.lock'));
    const second = await launch();
    await second.client.decide(REQUEST);
    const ended = once(first.child, 'exit');
    first.child.kill('SIGCONT');
    const late = first.client.decide(REQUEST);
    await expect(late).rejects.toThrow();
    expect(await ended).toEqual([3, null]);
    expect(first.said()).toMatch(/[Aa]nother process took over the database|owner\.lock was removed or replaced/);
    await second.client.decide(REQUEST);
    expect((await second.client.getDecision(id)).id).toBe(id);
    const db = new DatabaseSync(join(dataDir, 'countersign.db'), { readOnly: true });
    expect(db.prepare('SELECT count(*) AS n FROM records').get()).toEqual({ n: 4 }); // The first says who made the token of the operator.
    db.close();
  });

  it.each(['owner.lock', 'countersign.db', 'countersign.db-wal'])(
    'cannot come to be where %s is removed: the first one ends, and says why',
    async (name) => {
      mkdirSync(dataDir, { mode: 0o700 });
      const first = await launch();
      await first.client.decide(REQUEST);
      const ended = once(first.child, 'exit');
      rmSync(join(dataDir, name));
      expect(await ended).toEqual([3, null]);
      expect(first.said()).toContain(`${join(dataDir, name)} was removed or replaced`);
    },
  );
});
