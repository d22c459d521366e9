import { canonicalJson } from '../base/canonical-json.ts';
import { type SigningKey, signCompact } from '../base/jws.ts';
import { type Caller, RECORD_TYPE } from '../contract/record.ts';
import type { TokenRecord } from '../contract/token.ts';
import { recordDigest } from '../domain/record.ts';
import type { StoredRecord } from '../store/stored-record.ts';
import { INSTALLATION } from '../store/stored-record.ts';
import type { StoredToken, TokenEntry } from '../store/token-store.ts';

/** The signer of records, and its issuer name. */
export interface TokenRecordIssuer {
  key: SigningKey;
  issuer: { issuer: string; version: string };
  newId: () => string;
}

/** Something that happened to a token. `caller` is null for the owner of the data folder. */
export interface TokenEvent {
  event: TokenRecord['event'];
  token: Omit<StoredToken, 'record'>;
  /** Why it was revoked; null for a creation. */
  reason: string | null;
  caller: Caller | null;
  at: string;
}

/** Signs the record of an event, after the newest one of the installation, with the token as it is from then on. */
export function signTokenEvent(
  { key, issuer, newId }: TokenRecordIssuer,
  { event, token, reason, caller, at }: TokenEvent,
  last: StoredRecord | null,
): TokenEntry {
  const { id, client, scopes, may_grant, principal, created_at, expires_at } = token;
  const record: TokenRecord = {
    iss: issuer.issuer,
    jti: newId(),
    iat: Math.floor(Date.parse(at) / 1000),
    statement: 'token',
    stream: INSTALLATION,
    seq: last === null ? 0 : last.seq + 1,
    previous: last && { jti: last.id, digest: last.digest },
    at,
    event,
    token: { id, client, scopes: [...scopes], may_grant: [...may_grant], principal, created_at, expires_at },
    reason,
    caller,
    engine: { version: issuer.version },
  };
  const jws = signCompact(canonicalJson(record), key, RECORD_TYPE);
  const digest = recordDigest(jws);
  return {
    token: { ...token, record: record.jti },
    record: { id: record.jti, case: INSTALLATION, seq: record.seq, at, jws, digest },
    leaf: digest,
  };
}
