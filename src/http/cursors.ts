import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { parse, stringify } from 'uuid';
import type { Position } from '../store/store.ts';

/** The continuation of a list, bound to the client and its query. */
export interface Cursors {
  /** `bound`: what the cursor is valid for; it is needed again to open it. */
  seal(position: Position, bound: string): string;
  /** Null for what is not a cursor of ours for `bound`. */
  open(cursor: string, bound: string): Position | null;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The instant in milliseconds, and a UUID. */
const POSITION_BYTES = 8 + 16;

/**
 * Seals positions under a key (32 bytes): a page may end at a case that the caller may not see, so callers must not be able
 * to read its id and instant, or forge a cursor. AES-256-GCM with a random nonce, `bound` as additional data.
 */
export function createCursors(key: Uint8Array): Cursors {
  return {
    seal({ at, id }, bound) {
      const position = Buffer.alloc(POSITION_BYTES);
      position.writeBigInt64BE(BigInt(Date.parse(at)));
      position.set(parse(id), 8);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(bound));
      const sealed = [nonce, cipher.update(position), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(sealed).toString('base64url');
    },
    open(cursor, bound) {
      const bytes = Buffer.from(cursor, 'base64url');
      if (bytes.length !== NONCE_BYTES + POSITION_BYTES + TAG_BYTES) return null;
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(bound));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const position = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
        const at = new Date(Number(position.readBigInt64BE())).toISOString();
        return { at, id: stringify(position.subarray(8)) };
      } catch {
        return null; // Another key, another query, another client, or made up.
      }
    },
  };
}
