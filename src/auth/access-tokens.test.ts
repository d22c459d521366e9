import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../base/errors.ts';
import type { Caller } from '../contract/record.ts';
import type { TokenRequest } from '../contract/token.ts';
import type { StoredRecord } from '../store/stored-record.ts';
import type { StoredToken, TokenEntry } from '../store/token-store.ts';
import { type AccessTokens, createAccessTokens } from './access-tokens.ts';

const pair = generateKeyPairSync('ed25519');
const WANTED: TokenRequest = { client: 'ci', scopes: ['decide'], may_grant: [], principal: null };
const OWNER = null;

/** A store in memory, which says how often it was asked and can fail. */
function memoryStore() {
  const tokens = new Map<string, StoredToken>();
  const records: StoredRecord[] = [];
  const store = {
    reads: [] as string[],
    /** What becomes of the next writes: nothing is kept, or it is kept and the answer is lost. */
    faults: [] as ('lost' | 'unanswered')[],
    async keepToken({ token, record }: TokenEntry): Promise<'committed' | 'conflict'> {
      const fault = store.faults.shift();
      if (fault === 'lost') throw new AppError('store_unavailable', 'lost');
      if (record.seq !== records.length) return 'conflict';
      records.push(record);
      tokens.set(token.id, token);
      if (fault === 'unanswered') throw new AppError('store_unavailable', 'unanswered');
      return 'committed';
    },
    async token(id: string) {
      store.reads.push(id);
      return tokens.get(id) ?? null;
    },
    tokens: async () => [],
    installationHead: async () => records.at(-1) ?? null,
    record: async (id: string) => records.find((record) => record.id === id) ?? null,
    records,
  };
  return store;
}

let store: ReturnType<typeof memoryStore>;
let tokens: AccessTokens;
let now: Date;
beforeEach(() => {
  store = memoryStore();
  now = new Date('2026-11-28T12:00:00Z');
  let ids = 0;
  tokens = createAccessTokens({
    store,
    keys: [{ kid: 'k', alg: 'EdDSA', publicKey: pair.publicKey }],
    key: { kid: 'k', alg: 'EdDSA', privateKey: pair.privateKey },
    issuer: { issuer: 'urn:test', version: '0' },
    newId: () => `019aab00-0000-7000-8000-${String(ids++).padStart(12, '0')}`,
    clock: () => now,
    expiryClock: () => now,
  });
});

const callerOf = (id: string): Caller => ({
  client: 'ci',
  scopes: ['admin'],
  claims: { token_id: id },
  principal: null,
  person: null,
});

describe('a call', () => {
  it('looks a token up once, and one that was just made not at all', async () => {
    const { text, token } = await tokens.create(WANTED, OWNER);
    for (let call = 0; call < 10; call++) expect((await tokens.authenticate(text))?.id).toBe(token.id);
    await tokens.revalidate(callerOf(token.id));
    expect(store.reads).toEqual([]);
  });

  it('looks nothing up for text that is no token', async () => {
    for (const text of ['', 'cs_', 'cs_../../admin_x', `cs_${'0'.repeat(16)}_short`, 'x'.repeat(5000)]) {
      expect(await tokens.authenticate(text)).toBeNull();
    }
    expect(store.reads).toEqual([]);
  });

  it('is nobody with an unknown id or a wrong secret', async () => {
    const { text } = await tokens.create(WANTED, OWNER);
    expect(await tokens.authenticate(text.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))).toBeNull();
    expect(await tokens.authenticate(text.replace(/^cs_.{16}/, `cs_${'0'.repeat(16)}`))).toBeNull();
  });

  it('is nobody once the token ended', async () => {
    const { text, token } = await tokens.create({ ...WANTED, expires_in_seconds: 60 }, OWNER);
    now = new Date(now.getTime() + 59_999);
    expect(await tokens.authenticate(text)).not.toBeNull();
    now = new Date(now.getTime() + 1);
    expect(await tokens.authenticate(text)).toBeNull();
    await expect(tokens.revalidate(callerOf(token.id))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('waits for a token that is being made, and is nobody where it could not be kept', async () => {
    const secret = { id: '0123456789abcdef', secret: 'x'.repeat(43) };
    const text = `cs_${secret.id}_${secret.secret}`;
    const making = tokens.create(WANTED, OWNER, secret);
    expect((await tokens.authenticate(text))?.client).toBe('ci');
    await making;
    store.faults.push('lost');
    const other = { ...secret, id: 'fedcba9876543210' };
    const failing = expect(tokens.create(WANTED, OWNER, other)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await tokens.authenticate(`cs_${other.id}_${other.secret}`)).toBeNull();
    await failing;
  });

  it('fails where tokens cannot be looked up, and works when they can again', async () => {
    const { text } = await tokens.create(WANTED, OWNER);
    await tokens.revoke(text.split('_')[1] ?? '', OWNER); // It is not remembered any more.
    const { token } = store;
    store.token = async () => {
      throw new AppError('store_unavailable', 'no');
    };
    await expect(tokens.authenticate(text)).rejects.toMatchObject({ code: 'store_unavailable' });
    store.token = token;
    expect(await tokens.authenticate(text)).toBeNull();
  });
});

describe('a revocation', () => {
  it('counts at once, also for look-ups that began before it', async () => {
    const { text, token } = await tokens.create(WANTED, OWNER);
    const [before, revoking] = [tokens.authenticate(text), tokens.revoke(token.id, OWNER)];
    await revoking;
    await before;
    expect(await tokens.authenticate(text)).toBeNull();
    await expect(tokens.revalidate(callerOf(token.id))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('that was kept without an answer counts, and is found kept when it is tried again', async () => {
    const { text, token } = await tokens.create(WANTED, OWNER);
    store.faults.push('unanswered');
    await expect(tokens.revoke(token.id, OWNER)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await tokens.authenticate(text)).toBeNull();
    expect((await tokens.revoke(token.id, OWNER)).token.revoked_at).toBe(now.toISOString());
    expect(store.records).toHaveLength(2);
  });

  it('that was not kept leaves the token as it was', async () => {
    const { text, token } = await tokens.create(WANTED, OWNER);
    store.faults.push('lost');
    await expect(tokens.revoke(token.id, OWNER)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await tokens.authenticate(text)).not.toBeNull();
  });

  it('takes from its caller what waits behind it', async () => {
    const { token } = await tokens.create({ ...WANTED, scopes: ['admin'] }, OWNER);
    const caller = callerOf(token.id);
    const revoking = tokens.revoke(token.id, caller);
    const waiting = tokens.create({ ...WANTED, scopes: ['admin'] }, caller);
    await revoking;
    await expect(waiting).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('a record', () => {
  it('follows on the one before, whatever became of others', async () => {
    await tokens.create(WANTED, OWNER);
    store.faults.push('unanswered', 'lost');
    await expect(tokens.create(WANTED, OWNER)).rejects.toThrow();
    await expect(tokens.create(WANTED, OWNER)).rejects.toThrow();
    await tokens.create(WANTED, OWNER);
    expect(store.records.map(({ seq }) => seq)).toEqual([0, 1, 2]);
  });

  it('is never older than the one before', async () => {
    await tokens.create(WANTED, OWNER);
    const { at } = store.records[0] as StoredRecord;
    now = new Date(now.getTime() - 60_000);
    const { token } = await tokens.create(WANTED, OWNER);
    expect([token.created_at, store.records[1]?.at]).toEqual([at, at]);
  });

  it('is built on none that somebody else wrote', async () => {
    await tokens.create(WANTED, OWNER);
    store.records[0] = { ...(store.records[0] as StoredRecord), at: '2020-01-01T00:00:00.000Z' };
    await expect(tokens.create(WANTED, OWNER)).rejects.toMatchObject({ code: 'record_invalid' });
  });
});
