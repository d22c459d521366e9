import type { Sha256 } from '../base/canonical-json.ts';
import type { Scope } from '../contract/scope.ts';
import type { StoredRecord } from './stored-record.ts';

/** A stored access token, with only the SHA-256 of its secret. Instants are UTC, milliseconds, Z. */
export interface StoredToken {
  /** 16 hex digits; public. */
  id: string;
  /** Of the secret, in hex. */
  secret_sha256: string;
  client: string;
  scopes: readonly Scope[];
  /** Scopes that it may grant to other tokens in addition to its own. */
  may_grant: readonly Scope[];
  /** The identity that it represents; null for a client alone. */
  principal: string | null;
  created_at: string;
  expires_at: string;
  revoked_at: string | null;
  /** The id of the newest record that states something of this token. */
  record: string;
}

/** A token as it stands in lists: in the order of their creation, by the log position of the record that made it. */
export interface ListedToken extends StoredToken {
  position: number;
}

/** A token as it is from now on, and the record that says why. */
export interface TokenEntry {
  token: StoredToken;
  record: StoredRecord;
  /** What the leaf of the log is made of: the digest of the record. */
  leaf: Sha256;
}

/**
 * Where access tokens live.
 *
 * keepToken() resolves `committed` only after the row and the record are durable, both or none. `conflict`: another record of
 * the installation with this `seq` came first, or the token was made, or revoked, before. It rejects with AppError
 * `store_unavailable` where the transaction failed; the entry may turn out to be kept all the same.
 *
 * Reads reject with AppError `record_invalid` for a row that the store did not write.
 */
export interface TokenStore {
  keepToken(entry: TokenEntry): Promise<'committed' | 'conflict'>;
  token(id: string): Promise<StoredToken | null>;
  /** Tokens after a position, including revoked and expired ones. */
  tokens(page: { after: number; limit: number }): Promise<ListedToken[]>;
  /** The newest record of the stream of the installation. Its signature is not checked here; see verifyStored. */
  installationHead(): Promise<StoredRecord | null>;
}
