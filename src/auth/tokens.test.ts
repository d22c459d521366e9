import { chmodSync, copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../base/errors.ts';
import { openTokenRegistry, readTokenFile, type TokenRegistry } from './tokens.ts';

const CLIENT = { client: 'ci', scopes: ['decide'], principal: null, expiresAt: null };

let dir: string;
let registry: TokenRegistry;
let reads: string[];
let bad: string[];
let reasons: string[];
let failure: AppError | null;

const fileOf = (id: string) => join(dir, `${id}.json`);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'countersign-tokens-'));
  reads = [];
  bad = [];
  reasons = [];
  failure = null;
  registry = openTokenRegistry({
    dir,
    clock: () => new Date(),
    onBadEntry(file, why) {
      bad.push(file);
      reasons.push(why);
    },
    read(file) {
      reads.push(file);
      if (failure !== null) throw failure;
      return readTokenFile(file);
    },
  });
});
afterEach(() => vi.useRealTimers());

/** Files that were written until now are old enough for their times to be believed. */
function letFilesSettle(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
}

describe('a call', () => {
  it('reads the file of its own token once, however many others there are and are made', () => {
    const tokens = Array.from({ length: 400 }, () => registry.create(CLIENT));
    const [mine] = tokens;
    letFilesSettle();
    for (let call = 0; call < 100; call++) {
      expect(registry.authenticate(mine?.token ?? '')?.id).toBe(mine?.entry.id);
      registry.create(CLIENT); // The folder changes all the time.
    }
    expect(reads).toEqual([fileOf(mine?.entry.id ?? '')]);
  });

  it('reads nothing but the one new file where its token was just made', () => {
    for (let count = 0; count < 50; count++) registry.create(CLIENT);
    const { token, entry } = registry.create(CLIENT);
    for (let call = 0; call < 10; call++) registry.authenticate(token);
    expect(new Set(reads)).toEqual(new Set([fileOf(entry.id)]));
    expect(reads.length).toBeLessThanOrEqual(10);
  });

  it('reads nothing for an id that is unknown or no id', () => {
    registry.create(CLIENT);
    for (const token of [`cs_${'0'.repeat(16)}_${'x'.repeat(43)}`, 'cs_../../admin_x', '']) {
      expect(registry.authenticate(token)).toBeNull();
    }
    expect(reads).toEqual([]);
  });
});

describe('what changes in the folder', () => {
  it('counts at once: revocation, also by another process, and removal', () => {
    const [one, two, three] = [registry.create(CLIENT), registry.create(CLIENT), registry.create(CLIENT)];
    for (const { token } of [one, two, three]) expect(registry.authenticate(token)).not.toBeNull();
    registry.revoke(one.entry.id);
    openTokenRegistry({ dir, clock: () => new Date() }).revoke(two.entry.id);
    rmSync(fileOf(three.entry.id));
    for (const { token } of [one, two, three]) expect(registry.authenticate(token)).toBeNull();
    expect(registry.list().map(({ revoked_at }) => revoked_at === null)).toEqual([false, false]);
  });

  it('counts where a file is written over within one tick of its clock', () => {
    const { token, entry } = registry.create(CLIENT);
    expect(registry.authenticate(token)).not.toBeNull();
    const text = readFileSync(fileOf(entry.id), 'utf8');
    writeFileSync(fileOf(entry.id), text.replace('"revoked_at": null', '"revoked_at": "now"'));
    expect(registry.authenticate(token)).toBeNull();
  });

  it('counts as expired where the end is no instant', () => {
    const { token, entry } = registry.create(CLIENT);
    const text = readFileSync(fileOf(entry.id), 'utf8');
    writeFileSync(fileOf(entry.id), text.replace('"expires_at": null', '"expires_at": "2026-13-99"'));
    expect(registry.authenticate(token)).toBeNull();
  });

  it('counts where others were let read the file', () => {
    const { token, entry } = registry.create(CLIENT);
    letFilesSettle();
    expect(registry.authenticate(token)).not.toBeNull();
    chmodSync(fileOf(entry.id), 0o644);
    expect(registry.authenticate(token)).toBeNull();
    expect(bad).toEqual([fileOf(entry.id)]);
    expect(reasons.at(-1)).toBe(`others can use it; make it private: chmod go-rwx '${fileOf(entry.id)}'`);
  });

  it('brings nothing back by a copy', () => {
    const { token, entry } = registry.create(CLIENT);
    copyFileSync(fileOf(entry.id), join(dir, 'copy.json'));
    const other = fileOf('0123456789abcdef');
    copyFileSync(fileOf(entry.id), other);
    registry.revoke(entry.id);
    expect(registry.list().map(({ revoked_at }) => revoked_at === null)).toEqual([false]);
    expect(registry.authenticate(token)).toBeNull();
    expect(registry.authenticate(token.replace(entry.id, '0123456789abcdef'))).toBeNull();
    expect(bad.sort()).toEqual([other, join(dir, 'copy.json')].sort());
  });
});

describe('a file that is no entry', () => {
  it('is told of once, and again when it is another one', () => {
    registry.create(CLIENT);
    const notes = join(dir, 'notes.json');
    writeFileSync(notes, '{}', { mode: 0o600 });
    for (let look = 0; look < 3; look++) {
      registry.inspect();
      registry.list();
    }
    expect(bad).toEqual([notes]);
    letFilesSettle();
    registry.list();
    expect(bad).toEqual([notes]);
    writeFileSync(notes, '{"id": 1}', { mode: 0o600 });
    registry.list();
    expect(bad).toEqual([notes, notes]);
  });

  it('is found by a look at what is new alone', () => {
    for (let count = 0; count < 20; count++) registry.create(CLIENT);
    registry.inspect();
    expect(reads).toHaveLength(20);
    registry.inspect();
    writeFileSync(join(dir, 'notes.json'), '{}', { mode: 0o600 });
    registry.inspect();
    expect(reads).toHaveLength(21);
  });

  it('is not what could not be read for a moment', () => {
    const { token } = registry.create(CLIENT);
    failure = new AppError('tokens_unavailable', 'no handles left');
    expect(() => registry.authenticate(token)).toThrow(failure);
    expect(bad).toEqual([]);
    failure = null;
    letFilesSettle();
    expect(registry.authenticate(token)).not.toBeNull();
  });
});

describe('a folder that is gone', () => {
  it('is an error of its own, and heals when it is back', () => {
    const { token } = registry.create(CLIENT);
    registry.authenticate(token);
    renameSync(dir, `${dir}.away`);
    const unavailable = expect.objectContaining({ code: 'tokens_unavailable' });
    expect(registry.isThere()).toBe(false);
    expect(() => registry.authenticate(token)).toThrow(unavailable);
    expect(() => registry.list()).toThrow(unavailable);
    expect(() => registry.create(CLIENT)).toThrow(unavailable);
    registry.inspect();
    writeFileSync(dir, 'A file in its place.');
    registry.inspect();
    rmSync(dir);
    renameSync(`${dir}.away`, dir);
    expect(registry.authenticate(token)).not.toBeNull();
  });
});
