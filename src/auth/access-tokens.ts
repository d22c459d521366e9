import { LRUCache } from 'lru-cache';
import { AppError } from '../base/errors.ts';
import type { VerificationKey } from '../base/jws.ts';
import type { Caller } from '../contract/record.ts';
import { DEFAULT_TOKEN_SECONDS, MAX_TOKEN_SECONDS, type TokenRequest } from '../contract/token.ts';
import type { StoredRecord } from '../store/stored-record.ts';
import { verifyStored } from '../store/stored-record.ts';
import type { ListedToken, StoredToken, TokenEntry, TokenStore } from '../store/token-store.ts';
import { requireGrantable } from './grantable.ts';
import { signTokenEvent, type TokenEvent, type TokenRecordIssuer } from './token-records.ts';
import { hasDigest, newTokenSecret, parseToken, secretDigest, type TokenSecret, tokenText } from './token-secret.ts';

/** How many tokens are cached between calls; others are looked up again. */
const REMEMBERED = 10_000;
/** The digest of no secret: an unknown id is compared with it, to take as long as a known one. */
const NO_DIGEST = '0'.repeat(64);
/** How often a change is tried where another process of the same store was first. */
const TRIES = 3;

/** A new token, with its text, which is known only now. */
export interface MadeToken {
  text: string;
  token: StoredToken;
  /** The signed record that says who made it. */
  jws: string;
}

/** The access tokens of an installation. */
export interface AccessTokens {
  /**
   * The token that this text proves, or null: unknown, wrong, expired and revoked look alike. Costs one look-up in the store
   * where it is not remembered. Rejects with AppError `store_unavailable`, `record_invalid`.
   */
  authenticate(text: string): Promise<StoredToken | null>;
  /** Rejects with AppError `unauthenticated` if the token of a caller was revoked or expired since the call began. */
  revalidate(caller: Caller): Promise<void>;
  /**
   * Makes a token. `by` is null for the owner of the data folder, who may grant everything. Rejects with AppError `forbidden`
   * where it would get more than the caller has, see requireGrantable, and `invalid_request` for an end that has passed or is
   * more than a year away.
   */
  create(request: TokenRequest, by: Caller | null, secret?: TokenSecret): Promise<MadeToken>;
  /** Tokens after a position, in the order in which they were made; revoked and expired ones too. */
  list(page: { after: number; limit: number }): Promise<ListedToken[]>;
  /**
   * Revokes a token at once, also for calls in progress; does not change one that is revoked already. Rejects with AppError
   * `not_found`.
   */
  revoke(id: string, by: Caller | null, reason?: string): Promise<{ token: StoredToken; jws: string }>;
}

export interface AccessTokenParts extends TokenRecordIssuer {
  store: TokenStore & { record(id: string): Promise<StoredRecord | null> };
  /** Public keys that records of this installation verify with. */
  keys: readonly VerificationKey[];
  /** The time by which tokens are made and revoked. Throws AppError `clock_untrusted`. */
  clock: () => Date;
  /** The time by which tokens expire. */
  expiryClock: () => Date;
  /** Called for each signed record. */
  onSigned?: () => void;
}

export function createAccessTokens(parts: AccessTokenParts): AccessTokens {
  const { store, keys, clock, expiryClock, onSigned = () => {} } = parts;
  /** Look-ups by id; a token that is being created is in it from the start, and known once it is stored. */
  const remembered = new LRUCache<string, Promise<StoredToken | null>>({ max: REMEMBERED });
  /** Changes are made one after the other: each record follows on the one before. */
  let changes: Promise<unknown> = Promise.resolve();

  /** Ids that are unknown are not remembered: there are more of them than of tokens. */
  function find(id: string): Promise<StoredToken | null> {
    const known = remembered.get(id);
    if (known !== undefined) return known;
    const found = store.token(id);
    remember(id, found);
    return found;
  }

  function remember(id: string, found: Promise<StoredToken | null>): void {
    const forget = () => remembered.get(id) === found && remembered.delete(id);
    remembered.set(id, found);
    found.then((token) => token === null && forget(), forget);
  }

  function change<T>(act: () => Promise<T>): Promise<T> {
    const mine = changes.then(act);
    changes = mine.catch(() => {}); // The next change does not depend on how this one ended.
    return mine;
  }

  /** Signs what happened and keeps it. Rejects with AppError `store_unavailable`; it may be kept all the same. */
  async function keep(next: (at: string) => TokenEvent): Promise<TokenEntry> {
    for (let tries = 0; tries < TRIES; tries++) {
      const last = await store.installationHead();
      if (last !== null) verifyStored(last, keys); // A row that this service did not write must not be continued.
      const at = new Date(Math.max(clock().getTime(), last === null ? 0 : Date.parse(last.at))).toISOString();
      const entry = signTokenEvent(parts, next(at), last);
      onSigned();
      if ((await store.keepToken(entry)) === 'committed') return entry;
    }
    throw new AppError('store_unavailable', 'The tokens were changed concurrently; try again.');
  }

  async function make(request: TokenRequest, by: Caller | null, { id, secret }: TokenSecret): Promise<TokenEntry> {
    const { client, scopes, may_grant, principal } = request;
    if (by !== null) requireGrantable(request, { ...by, mayGrant: await mayGrant(by) });
    return keep((at) => ({
      event: 'creation',
      at,
      reason: null,
      caller: by,
      token: {
        id,
        secret_sha256: secretDigest(secret),
        client,
        scopes: unique(scopes),
        may_grant: unique(may_grant),
        principal,
        created_at: at,
        expires_at: endOf(request, at),
        revoked_at: null,
      },
    }));
  }

  /**
   * What a caller may grant beyond its own scopes. Rejects with AppError `unauthenticated`
   * where its token was revoked while the change waited, and for callers without an access token.
   */
  async function mayGrant({ claims }: Caller): Promise<readonly string[]> {
    return (await requireInForce(claims['token_id'])).may_grant;
  }

  async function requireInForce(id: unknown): Promise<StoredToken> {
    const token = typeof id === 'string' ? await find(id) : null;
    if (token !== null && isInForce(token)) return token;
    throw new AppError('unauthenticated', 'The token was revoked or expired before the call was completed.');
  }

  async function revokeNow(
    id: string,
    by: Caller | null,
    reason: string,
  ): Promise<{ token: StoredToken; jws: string }> {
    if (by !== null) await requireInForce(by.claims['token_id']);
    const token = await store.token(id);
    if (token === null) throw new AppError('not_found', 'There is no token with this id.');
    if (token.revoked_at !== null) return { token, jws: await recordOf(token) };
    try {
      const entry = await keep((at) => ({
        event: 'revocation',
        at,
        reason,
        caller: by,
        token: { ...token, revoked_at: at },
      }));
      return { token: entry.token, jws: entry.record.jws };
    } finally {
      remembered.delete(id); // Also after a failure: it may have been stored nevertheless.
    }
  }

  async function recordOf({ id, record }: StoredToken): Promise<string> {
    const stored = await store.record(record);
    if (stored === null) throw new AppError('record_invalid', `The record ${record} of token ${id} is missing.`);
    verifyStored(stored, keys);
    return stored.jws;
  }

  function isInForce({ revoked_at, expires_at }: StoredToken): boolean {
    return revoked_at === null && Date.parse(expires_at) > expiryClock().getTime();
  }

  return {
    async authenticate(text) {
      const claimed = parseToken(text);
      if (claimed === null) return null;
      const token = await find(claimed.id);
      const isProven = hasDigest(claimed.secret, token?.secret_sha256 ?? NO_DIGEST);
      return token !== null && isProven && isInForce(token) ? token : null;
    },
    async revalidate({ claims }) {
      await requireInForce(claims['token_id']);
    },
    create(request, by, secret = newTokenSecret()) {
      const made = change(() => make(request, by, secret));
      remember(
        secret.id,
        made.then(
          ({ token }) => token,
          () => null,
        ),
      );
      return made.then(({ token, record: { jws } }) => ({ text: tokenText(secret), token, jws }));
    },
    list: (page) => store.tokens(page),
    revoke: (id, by, reason = '') => change(() => revokeNow(id, by, reason)),
  };
}

/** Throws AppError `invalid_request` for an end that has passed, or is more than a year away. */
function endOf({ expires_in_seconds: lifetime, expires_at: end }: TokenRequest, at: string): string {
  const now = Date.parse(at);
  if (end === undefined) return new Date(now + (lifetime ?? DEFAULT_TOKEN_SECONDS) * 1000).toISOString();
  const seconds = (Date.parse(end) - now) / 1000;
  if (seconds > 0 && seconds <= MAX_TOKEN_SECONDS) return end;
  const detail = seconds > 0 ? `${end} is more than a year away.` : `${end} has passed.`;
  throw new AppError('invalid_request', `The token is not valid: /expires_at: ${detail}`, {
    faults: [{ pointer: '/expires_at', code: 'custom', detail }],
  });
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
