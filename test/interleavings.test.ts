import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../src/base/canonical-json.ts';
import { createTurns } from '../src/base/turns.ts';
import { readBundle } from '../src/bundle/bundle.ts';
import { createCases } from '../src/cases/cases.ts';
import { createIdempotency, type IdempotencyClaim } from '../src/cases/idempotency.ts';
import type { DecisionResult } from '../src/cases/replay.ts';
import type { Caller, DecisionRecord } from '../src/contract/record.ts';
import { openPolicy, type Policy, preparePolicy } from '../src/evaluation/policy.ts';
import { createCaseReader } from '../src/evidence/case-reader.ts';
import { openKeyring } from '../src/evidence/keys.ts';
import { createRecordReader } from '../src/evidence/record-reader.ts';
import { randomFrom } from '../src/store/entries.contract.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import type { IdempotencyEntry, Store } from '../src/store/store.ts';
import { countingSigner, inProcessPool } from './support/in-process.ts';
import { withLateReads } from './support/late-store.ts';
import { verifyRecords } from './support/records.ts';
import { exampleRequest, temporaryDir } from './support/service.ts';

const REQUEST = exampleRequest('issue-api-key/approval-restricted-key');
const CALLER: Caller = { client: 'portal', scopes: ['decide'], claims: {}, principal: null, person: null };
const PEOPLE = ['iduarte', 'aokafor', 'jonas.weber'];

let policy: Policy;
beforeAll(async () => {
  policy = await openPolicy(
    await preparePolicy(await readBundle(readFileSync(new URL('../bundles/default.tar.gz', import.meta.url)))),
  );
});

/**
 * Cases on a real store with late reads, while two policies replace each other again and again. The one that is not active
 * decides nothing, as one whose threads have ended.
 */
async function lateCases(random: (n: number) => number) {
  const dir = temporaryDir('interleavings');
  const clock = () => new Date();
  const keyring = openKeyring(join(dir, 'keys'), 'ES256', clock);
  const keys = keyring.verificationKeys;
  const kept = await openSqliteStore(join(dir, 'countersign.db'), { rowSecret: Buffer.alloc(32), keys });
  const late = withLateReads(kept, random);
  const store: Store = {
    ...late,
    async candidates(keys) {
      const found = await late.candidates(keys);
      if (random(6) === 0) swap();
      return found;
    },
  };
  const signer = countingSigner(keyring.active);
  let active = sha256('one');
  const pools = ['one', 'other'].map((name) => {
    const named = { ...policy, ref: { ...policy.ref, digest: sha256(name) } };
    return inProcessPool(named, signer, () => active === named.ref.digest);
  });
  const poolOf = (digest: string) => {
    const pool = pools.find(({ ref }) => ref.digest === digest);
    if (pool === undefined) throw new Error('There is no such policy.');
    return pool;
  };
  const records = createRecordReader(store, keys);
  const cases = createCases({
    pool: () => poolOf(active),
    turns: createTurns({ width: 4, maxWaiting: 1000 }),
    readCase: createCaseReader(store, records),
    revalidate: async () => {},
    records,
    store,
    idempotency: createIdempotency(store, Buffer.alloc(32), clock, () => null),
    clock,
    newId: uuidv7,
    onFault: ({ detail }) => {
      throw new Error(detail);
    },
    onDecision: () => {},
    onGrantEvent: () => {},
  });
  function swap(): void {
    active = active === sha256('one') ? sha256('other') : sha256('one');
  }
  return { cases, store: kept, records, keys };
}

const idOf = (result: DecisionResult) => (result.replayed ? result.record.jti : result.id);

async function someTurns(n: number): Promise<void> {
  for (let turns = n; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
}

describe('decisions on a store whose reads are late', () => {
  it('see all earlier ones on the same subject or resource, and twins lead to one record', async () => {
    const seed = Date.now() % 1e6; // Told where it fails.
    const random = randomFrom(seed);
    const { cases, store, records } = await lateCases(random);
    const requests = Array.from({ length: 40 }, () => ({
      ...REQUEST,
      subject: { type: 'user', id: `u${random(12)}` },
      resource: { ...REQUEST.resource, id: `r${random(12)}` },
    }));
    const idsByKey = await Promise.all(
      requests.map((request, index) =>
        Promise.all(
          Array.from({ length: 3 }, async () => {
            await someTurns(random(200));
            return idOf(await cases.openCase({ request, caller: CALLER, key: `key ${index}` }));
          }),
        ),
      ),
    );
    const ids = idsByKey.map((twins) => {
      expect(new Set(twins).size, `seed ${seed}`).toBe(1);
      return twins[0] ?? '';
    });
    expect((await store.newest())?.position, `seed ${seed}`).toBe(ids.length - 1);
    const decided = await Promise.all(ids.map(async (id) => (await records.readDecision(id)).record));
    for (const record of decided) {
      const like = decided.filter(
        (other) =>
          other.jti !== record.jti &&
          (other.request.subject.id === record.request.subject.id ||
            other.request.resource.id === record.request.resource.id),
      );
      const seen = new Set(record.history.map((entry) => entry.case));
      // Of two that are alike, one came first: the other one saw it.
      for (const other of like) {
        const wasSeen = other.history.some((entry) => entry.case === record.case);
        expect([seen.has(other.case), wasSeen].filter(Boolean), `seed ${seed}`).toHaveLength(1);
      }
    }
    await store.close();
  });

  it('on an open case come one after the other, each on the one before', async () => {
    const seed = Date.now() % 1e6; // Told where it fails.
    const random = randomFrom(seed);
    const { cases, store, keys } = await lateCases(random);
    for (let round = 0; round < 8; round++) {
      const id = idOf(await cases.openCase({ request: REQUEST, caller: CALLER, key: null }));
      const results = await Promise.allSettled(
        PEOPLE.flatMap((principal, person) =>
          ['same', 'same', 'other'].map(async (key) => {
            await someTurns(random(30));
            const caller = { ...CALLER, client: 'console', scopes: ['approve' as const], principal };
            const verdict = { verdict: 'approve' as const, comment: '', seen: id };
            const call = { caseId: id, body: verdict, caller, key: `${round} ${person} ${key}` };
            return idOf(await cases.approve(call));
          }),
        ),
      );
      const page = await store.chain(id, { after: -1, limit: 99, maxBytes: 1e9 });
      const chain = page.map(({ jws }) => jws);
      expect(verifyRecords(chain, keys).fromBeginning, `seed ${seed}`).toBe(true);
      const last = JSON.parse(Buffer.from(chain.at(-1)?.split('.')[1] ?? '', 'base64url').toString()) as DecisionRecord;
      const given = last.approvals.map(({ approver }) => approver.identity);
      expect(given.length, `seed ${seed}`).toBeGreaterThan(0);
      expect(new Set(given).size, `seed ${seed}`).toBe(given.length);
      // A verdict that was given already or came too late fails as that; where the policy changed meanwhile, it is refused.
      for (const result of results) {
        if (result.status === 'fulfilled') expect(page.map((record) => record.id)).toContain(result.value);
        else
          expect(['already_given', 'case_closed', 'seen_mismatch', 'overloaded'], `seed ${seed}`).toContain(
            result.reason.code,
          );
      }
    }
    await store.close();
  });
});

describe('an idempotency key on a store whose reads are late', () => {
  it('acts once for all twins, never for another body, and again after a failure', async () => {
    const seed = Date.now() % 1e6; // Told where it fails.
    const random = randomFrom(seed);
    const kept = new Map<string, { fingerprint: string; record: string }>();
    const reads: Pick<Store, 'idempotency'> = {
      async idempotency(key) {
        await someTurns(random(4));
        const found = kept.get(key) ?? null;
        await someTurns(random(4));
        return found;
      },
    };
    const { once } = createIdempotency(
      reads,
      Buffer.alloc(32),
      () => new Date(),
      () => null,
    );
    let acted = 0;
    let failed = 0;

    async function act(entry: IdempotencyEntry | null) {
      if (entry === null) throw new Error('no key');
      await someTurns(random(4));
      if (random(5) === 0) {
        failed++;
        throw new Error('no');
      }
      if (random(5) === 0) return null;
      expect(kept.has(entry.key), `seed ${seed}`).toBe(false);
      const record = `record ${acted++}`;
      kept.set(entry.key, { fingerprint: entry.fingerprint, record });
      return { id: record, value: record };
    }

    async function tryOnce(claim: IdempotencyClaim): Promise<string> {
      await someTurns(random(20));
      const result = await once(claim, act);
      return 'first' in result ? result.first : result.replayOf;
    }

    async function tryUntilItActed(claim: IdempotencyClaim): Promise<string> {
      for (;;) {
        const result = await tryOnce(claim).catch((error: { code?: string; message: string }) => error);
        if (typeof result === 'string') return result;
        if (result.code === 'idempotency_mismatch') return result.code;
        expect(result.message, `seed ${seed}`).toBe('no');
      }
    }

    for (let key = 0; key < 30; key++) {
      const claim = { caller: { client: 'c', principal: null }, route: 'r', key: `${key}`, body: 'a' };
      const results = await Promise.all([
        ...Array.from({ length: 8 }, () => tryUntilItActed(claim)),
        ...Array.from({ length: 2 }, () => tryUntilItActed({ ...claim, body: 'b' })),
      ]);
      expect(new Set(results.filter((result) => result !== 'idempotency_mismatch')).size, `seed ${seed}`).toBe(1);
      expect(acted, `seed ${seed}`).toBe(key + 1);
    }
    expect(failed).toBeGreaterThan(0);
  });
});
