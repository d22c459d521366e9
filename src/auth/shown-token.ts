import type { AccessToken } from '../contract/token.ts';
import type { StoredToken } from '../store/token-store.ts';

/** The public view of a token: neither its secret nor the digest of the secret. */
export function toAccessToken(token: StoredToken): AccessToken {
  const { id, client, scopes, may_grant, principal, created_at, expires_at, revoked_at } = token;
  const granted = { scopes: [...scopes], may_grant: [...may_grant] };
  return { id, client, ...granted, principal, created_at, expires_at, revoked_at };
}
