import { sha256 } from '../base/canonical-json.ts';
import { AT, entry, keep, tokenEntry } from './entries.contract.ts';
import { OUTBOX_START, type Store } from './store.ts';

/** A write that has to be durable when it resolves, and whole or absent whatever happens to it. */
export interface DurableWrite {
  name: string;
  /** What has to be there before the first write. */
  prepare?(store: Store): Promise<unknown>;
  /** Writes number `n`, from 0 on, each after the one before. */
  write(store: Store, n: number): Promise<unknown>;
  /** Whether write `n` is kept; a later one may have replaced it. Throws Error where only a part of it is there. */
  isKept(store: Store, n: number): Promise<boolean>;
  /** What the store answers to a write that is kept already, as a caller repeats it after a failure. */
  whenRepeated: unknown;
}

const CONFIGURED = sha256('the configured bundle');
const POLICY = sha256('policy');
const MARKED = ['m0', 'm1', 'm2'];

/** Every durable write of a Store. The writes of one row of this table go to a store of their own. */
export const DURABLE_WRITES: readonly DurableWrite[] = [
  {
    name: 'a group of entries, with keys and events',
    write: (store, n) => statusesOf(store, n),
    async isKept(store, n) {
      const [first, second, third] = await Promise.all(groupOf(n).map(({ record }) => store.record(record.id)));
      const key = await store.idempotency(`k${n}`, 0);
      const head = await store.caseHead(`c${n}`);
      const events = await store.outbox(OUTBOX_START, 1000);
      const parts = [
        ...[first, second, third, key, head].map((part) => part !== null),
        head?.seq === 1,
        events.some(({ payload }) => payload === `{"n":${n}}`),
      ];
      return allOrNone(parts);
    },
    whenRepeated: ['duplicate', 'conflict', 'conflict'],
  },
  {
    name: 'which policy examined cases last',
    prepare: (store) => Promise.all(MARKED.map((id) => keep(store, entry(id, 0, { subject: id, resource: id })))),
    write: (store, n) => store.markSwept(MARKED.map((id) => ({ case: id, seq: 0, policy: `policy ${n}` }))),
    async isKept(store, n) {
      const heads = await Promise.all(MARKED.map((id) => store.caseHead(id)));
      return allOrNone(heads.map((head) => numberIn(head?.last_policy) >= n));
    },
    whenRepeated: undefined,
  },
  {
    name: 'an uploaded bundle and that it is active',
    write: (store, n) => store.keepUpload(bundleOf(n), uploadedBy(n)),
    async isKept(store, n) {
      const found = await store.findUpload(CONFIGURED);
      const active = numberIn(found?.bundle);
      // Who uploaded it belongs to the bytes, and these stay.
      if (found !== null && numberIn(found.by.client) !== active) throw new Error('a part is kept');
      return allOrNone([active >= n, (await store.uploadedBundle(sha256(bundleOf(n)))) !== null]);
    },
    whenRepeated: undefined,
  },
  {
    name: 'that no uploaded bundle is active any more',
    prepare: (store) => store.keepUpload(bundleOf(0), uploadedBy(0)),
    async write(store, n) {
      if (n > 0) await store.keepUpload(bundleOf(n), uploadedBy(n));
      await store.forgetUpload();
    },
    async isKept(store, n) {
      const found = await store.findUpload(CONFIGURED);
      const isUploaded = (await store.uploadedBundle(sha256(bundleOf(n)))) !== null;
      return isUploaded && (found === null || numberIn(found.bundle) > n);
    },
    whenRepeated: undefined,
  },
  {
    name: 'the progress of a sweep',
    write: (store, n) =>
      store.keepSweep({ policy: POLICY, started_at: AT, finished_at: null, examined: n, changed: n, failed: n }),
    async isKept(store, n) {
      const found = await store.sweep(POLICY);
      return found !== null && allOrNone([found.examined >= n, found.changed >= n, found.failed >= n]);
    },
    whenRepeated: undefined,
  },
  {
    name: 'an access token and its record',
    write: (store, n) => store.keepToken(tokenEntry(tokenId(n), n)),
    isKept: async (store, n) =>
      allOrNone([
        (await store.token(tokenId(n))) !== null,
        (await store.record(tokenEntry(tokenId(n), n).record.id)) !== null,
      ]),
    whenRepeated: 'conflict',
  },
  {
    name: 'the revocation of an access token and its record',
    prepare: (store) => store.keepToken(tokenEntry(tokenId(0), 0)),
    async write(store, n) {
      if (n > 0) await store.keepToken(tokenEntry(tokenId(n), 2 * n));
      return store.keepToken(revocationOf(n));
    },
    isKept: async (store, n) =>
      allOrNone([
        ((await store.token(tokenId(n)))?.revoked_at ?? null) !== null,
        (await store.record(revocationOf(n).record.id)) !== null,
      ]),
    whenRepeated: 'conflict',
  },
];

function groupOf(n: number) {
  const events = [{ type: 'opened', payload: `{"n":${n}}` }];
  return [{ ...entry(`c${n}`, 0, { key: `k${n}` }), outbox: events }, entry(`c${n}`, 1), entry(`d${n}`, 0)];
}

async function statusesOf(store: Store, n: number): Promise<string[]> {
  return (await store.commit(groupOf(n))).map(({ status }) => status);
}

const bundleOf = (n: number) => new TextEncoder().encode(`bundle ${n} ${'x'.repeat(10_000)}`);
const uploadedBy = (n: number) => ({
  by: { client: `client ${n}`, principal: null },
  at: AT,
  configured: CONFIGURED,
});
const revocationOf = (n: number) => tokenEntry(tokenId(n), 2 * n + 1, { revoked_at: AT });
const tokenId = (n: number) => n.toString(16).padStart(16, '0');

/** The number in a text, or in the bytes of one; -1 for none. */
function numberIn(text: string | Uint8Array | undefined): number {
  return Number(/\d+/.exec(Buffer.from(text ?? '').toString())?.[0] ?? -1);
}

function allOrNone(parts: readonly boolean[]): boolean {
  if (new Set(parts).size > 1) throw new Error(`a part is kept: ${parts.join(', ')}`);
  return parts.every(Boolean);
}
