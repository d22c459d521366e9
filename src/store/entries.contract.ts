import { createPrivateKey, createPublicKey } from 'node:crypto';
import { type SigningKey, signCompact, type VerificationKey } from '../base/jws.ts';
import { type HistoryEntry, RECORD_TYPE } from '../contract/record.ts';
import { type HistoryQuery, historyText } from '../domain/history/history.ts';
import { recordDigest } from '../domain/record.ts';
import {
  type CaseHead,
  type CaseQuery,
  type CommitEntry,
  type CommitResult,
  commitOne,
  EVERY_CASE,
  type Store,
} from './store.ts';
import { INSTALLATION } from './stored-record.ts';
import type { StoredToken, TokenEntry } from './token-store.ts';

/** The instant of an entry where the test gives none. */
export const AT = '2026-11-22T12:00:00.000Z';

/** The same in every process: a PKCS #8 wrapper (RFC 8410 §7) around 32 bytes. */
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
});
/** Signs the records of entry(). */
export const SIGNING_KEY: SigningKey = { kid: 'contract', alg: 'EdDSA', privateKey };
/** What a store is opened with to keep entries of entry(). */
export const STORE_OPTIONS = {
  rowSecret: new Uint8Array(32).fill(7),
  keys: [{ kid: 'contract', alg: 'EdDSA', publicKey: createPublicKey(privateKey) }] satisfies VerificationKey[],
};

/** An entry of a case; `id` is the record, `changes` go to the head of the case. */
export function entry(
  caseId: string,
  seq: number,
  changes: Partial<CaseHead> & { key?: string; at?: string; history?: HistoryEntry[] } = {},
): CommitEntry {
  const { key, history = [], ...head } = changes;
  const id = seq === 0 ? caseId : `${caseId}-${seq}`;
  const at = head.at ?? AT;
  const payload = { statement: 'decision', jti: id, case: caseId, seq, evaluated_at: at, history };
  const jws = signCompact(JSON.stringify(payload), SIGNING_KEY, RECORD_TYPE);
  const digest = recordDigest(jws);
  return {
    record: { id, case: caseId, seq, at, jws, digest },
    leaf: digest,
    outbox: [],
    caseHead: {
      case: caseId,
      seq,
      record: id,
      decision: id,
      client: 'ci',
      kind: 'issue/api_key',
      subject: 'ann',
      resource: 'key',
      team: null,
      outcome: 'approval_required',
      tier: 'medium',
      at: AT,
      expires_at: null,
      closes_at: null,
      last_policy: 'policy',
      review_by: null,
      review: null,
      due: null,
      revoked_at: null,
      judged_by: null,
      controls: ['AC-6'],
      ...head,
    },
    idempotency:
      key === undefined ? null : { key, fingerprint: `fingerprint of ${key}`, at: Date.parse('2026-11-22T12:00:00Z') },
  };
}

/** A token, made or revoked by the record with this `seq` in the stream of the installation. */
export function tokenEntry(id: string, seq: number, changes: Partial<StoredToken> = {}): TokenEntry {
  const record = `installation-${seq}`;
  const token: StoredToken = {
    id,
    secret_sha256: 'a'.repeat(64),
    client: 'ci',
    scopes: ['decide', 'read'],
    may_grant: [],
    principal: null,
    created_at: AT,
    expires_at: '2027-02-20T12:00:00.000Z',
    revoked_at: null,
    record,
    ...changes,
  };
  const { secret_sha256: _, revoked_at, record: _record, ...members } = token;
  const event = revoked_at === null ? 'creation' : 'revocation';
  const at = revoked_at ?? AT;
  const payload = {
    statement: 'token',
    stream: INSTALLATION,
    jti: record,
    seq,
    previous: null,
    at,
    event,
    token: members,
  };
  const jws = signCompact(JSON.stringify(payload), SIGNING_KEY, RECORD_TYPE);
  const digest = recordDigest(jws);
  return { token, record: { id: record, case: INSTALLATION, seq, at, jws, digest }, leaf: digest };
}

/** Commits one entry, and gives what became of it. */
export async function keep(store: Pick<Store, 'commit'>, entry: CommitEntry): Promise<CommitResult['status']> {
  return (await commitOne(store, entry)).status;
}

/** The history of a case, by the candidates of the store. */
export async function historyOf(store: Pick<Store, 'candidates'>, query: HistoryQuery): Promise<string> {
  return historyText(await store.candidates(query), query);
}

/** Whole numbers below `n`, the same for a seed (mulberry32). */
export function randomFrom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
}

/** A query for all cases, but for what `changes` ask for. */
export function caseQuery(changes: Partial<CaseQuery> = {}): CaseQuery {
  return { ...EVERY_CASE, ...changes };
}

/** Members of a query for history that the test does not care about. */
export const NOBODY = { team: null, except: null, now: '2026-12-01T00:00:00.000Z' };
