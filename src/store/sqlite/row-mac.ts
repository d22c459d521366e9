import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Sha256 } from '../../base/canonical-json.ts';
import type { CaseHead, IdempotencyEntry, OutboxRow } from '../store.ts';
import type { SweepProgress } from '../sweep-store.ts';
import type { ListedToken } from '../token-store.ts';

/** A stored binding of an idempotency key. */
export type KeyRow = IdempotencyEntry & { record: string };

/** Which uploaded bundle replaces which configured one. */
export interface UploadRow {
  digest: Sha256;
  configured: Sha256;
  client: string;
  principal: string | null;
  at: string;
}

/**
 * Authenticates rows that are not signed themselves: HMAC-SHA256, cut to 128 bits, over all columns of a row in one
 * unambiguous form. An attacker who can write to the database file, but does not have the secret, cannot create a row.
 */
export interface RowMacs {
  ofCase(head: CaseHead): Uint8Array;
  isOfCase(head: CaseHead, mac: unknown): boolean;
  ofKey(row: KeyRow): Uint8Array;
  isOfKey(row: KeyRow, mac: unknown): boolean;
  ofOutbox(row: OutboxRow): Uint8Array;
  isOfOutbox(row: OutboxRow, mac: unknown): boolean;
  ofToken(row: ListedToken): Uint8Array;
  isOfToken(row: ListedToken, mac: unknown): boolean;
  ofUpload(row: UploadRow): Uint8Array;
  isOfUpload(row: UploadRow, mac: unknown): boolean;
  ofSweep(row: SweepProgress): Uint8Array;
  isOfSweep(row: SweepProgress, mac: unknown): boolean;
}

const MAC_BYTES = 16;

/** A key for one purpose, made of the row secret of the installation (32 bytes): HKDF-SHA256 (RFC 5869). */
export function deriveKey(rowSecret: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', rowSecret, '', `countersign ${purpose}`, 32));
}

export function createRowMacs(rowSecret: Uint8Array): RowMacs {
  const key = createSecretKey(deriveKey(rowSecret, 'rows'));
  const macOf = (text: string) => createHmac('sha256', key).update(text).digest().subarray(0, MAC_BYTES);
  const isMacOf = (text: string, mac: unknown) =>
    mac instanceof Uint8Array && mac.length === MAC_BYTES && timingSafeEqual(macOf(text), mac);
  return {
    ofCase: (head) => macOf(caseText(head)),
    isOfCase: (head, mac) => isMacOf(caseText(head), mac),
    ofKey: (row) => macOf(keyText(row)),
    isOfKey: (row, mac) => isMacOf(keyText(row), mac),
    ofOutbox: (row) => macOf(outboxText(row)),
    isOfOutbox: (row, mac) => isMacOf(outboxText(row), mac),
    ofToken: (row) => macOf(tokenText(row)),
    isOfToken: (row, mac) => isMacOf(tokenText(row), mac),
    ofUpload: (row) => macOf(uploadText(row)),
    isOfUpload: (row, mac) => isMacOf(uploadText(row), mac),
    ofSweep: (row) => macOf(sweepText(row)),
    isOfSweep: (row, mac) => isMacOf(sweepText(row), mac),
  };
}

/** A JSON array tells strings, numbers and null apart, and where each of them ends. */
function caseText(head: CaseHead): string {
  const { case: id, seq, record, decision, client, kind, subject, resource, team, outcome, tier, at } = head;
  const { expires_at, closes_at, last_policy, review_by, review, due, revoked_at, judged_by, controls } = head;
  const identity = [id, seq, record, decision, client, kind, subject, resource, team];
  const result = [outcome, tier, at, expires_at, closes_at, last_policy, controls];
  return JSON.stringify(['case', ...identity, ...result, review_by, review, due, revoked_at, judged_by]);
}

function keyText({ key, fingerprint, record, at }: KeyRow): string {
  return JSON.stringify(['idempotency', key, fingerprint, record, at]);
}

function outboxText({ position, ordinal, type, payload }: OutboxRow): string {
  return JSON.stringify(['outbox', position, ordinal, type, payload]);
}

function tokenText(row: ListedToken): string {
  const { position, id, secret_sha256, client, scopes, may_grant, principal } = row;
  const { created_at, expires_at, revoked_at, record } = row;
  const grant = [client, scopes, may_grant, principal];
  return JSON.stringify(['token', position, id, secret_sha256, ...grant, created_at, expires_at, revoked_at, record]);
}

function uploadText({ digest, configured, client, principal, at }: UploadRow): string {
  return JSON.stringify(['upload', digest, configured, client, principal, at]);
}

function sweepText({ policy, started_at, finished_at, examined, changed, failed }: SweepProgress): string {
  return JSON.stringify(['sweep', policy, started_at, finished_at, examined, changed, failed]);
}
