import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import type { ListedToken, StoredToken } from '../token-store.ts';
import type { RowMacs } from './row-mac.ts';

const COLUMNS =
  'position, id, secret_sha256, client, scopes, may_grant, principal, created_at, expires_at, revoked_at, record, mac';
const VALUES = COLUMNS.split(', ')
  .map((name) => `:${name}`)
  .join(', ');

/** Writes rows of tokens, within a transaction of the caller. */
export interface TokenRows {
  /**
   * Writes a new token, or the revocation of one. False where it was made or revoked before. Throws AppError
   * `record_invalid` for a row that the store did not write.
   */
  keep(token: StoredToken, position: number): boolean;
}

export function prepareTokenRows(db: DatabaseSync, macs: RowMacs): TokenRows {
  const byId = db.prepare(`SELECT ${COLUMNS} FROM tokens WHERE id = ?`);
  const insert = db.prepare(`INSERT INTO tokens (${COLUMNS}) VALUES (${VALUES})`);
  const update = db.prepare('UPDATE tokens SET revoked_at = :revoked_at, record = :record, mac = :mac WHERE id = :id');
  return {
    keep(token, position) {
      const before = readTokenRow(byId.get(token.id), macs);
      if (before === null) {
        const row = { ...token, position };
        insert.run({ ...columnsOf(row), mac: macs.ofToken(row) });
        return true;
      }
      if (before.revoked_at !== null || token.revoked_at === null) return false;
      const { id, revoked_at, record } = token;
      update.run({ id, revoked_at, record, mac: macs.ofToken({ ...before, revoked_at, record }) });
      return true;
    },
  };
}

/** Reads tokens. Throws AppError `record_invalid` for a row that the store did not write. */
export interface TokenReader {
  find(id: string): StoredToken | null;
  page(after: number, limit: number): ListedToken[];
}

export function prepareTokenReader(db: DatabaseSync, macs: RowMacs): TokenReader {
  const byId = db.prepare(`SELECT ${COLUMNS} FROM tokens WHERE id = ?`);
  const page = db.prepare(`SELECT ${COLUMNS} FROM tokens WHERE position > ? ORDER BY position LIMIT ?`);
  return {
    find(id) {
      const found = readTokenRow(byId.get(id), macs);
      if (found === null) return null;
      const { position: _, ...token } = found;
      return token;
    },
    page: (after, limit) => page.all(after, limit).map((row) => readTokenRow(row, macs) as ListedToken),
  };
}

/** The token in a row of COLUMNS; null for no row. Throws AppError `record_invalid` where the store did not write it. */
export function readTokenRow(row: unknown, macs: RowMacs): ListedToken | null {
  if (row === undefined) return null;
  const { scopes, may_grant, mac, ...rest } = row as ReturnType<typeof columnsOf> & { mac: unknown };
  const token = { ...rest, scopes: parseScopes(scopes), may_grant: parseScopes(may_grant) } as ListedToken;
  if (macs.isOfToken(token, mac)) return token;
  throw new AppError('record_invalid', `The row of token ${token.id} in the database was not written by this service.`);
}

function columnsOf({ scopes, may_grant, ...rest }: ListedToken) {
  return { ...rest, scopes: JSON.stringify(scopes), may_grant: JSON.stringify(may_grant) };
}

function parseScopes(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Then the row does not verify.
  }
}

/** For the check of all rows. */
export const TOKENS_BY_ID = `SELECT ${COLUMNS} FROM tokens WHERE id > ? ORDER BY id`;
