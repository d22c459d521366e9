import { AppError } from '../base/errors.ts';
import type { Caller } from '../contract/record.ts';
import type { Authenticator } from './authenticator.ts';
import type { TokenRegistry } from './tokens.ts';

/** RFC 6750 §2.1. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const CREDENTIALS = 'a valid token: Authorization: Bearer <token>';

/** Callers show an access token: `Authorization: Bearer cs_…`. */
export function createBearerAuthenticator(registry: TokenRegistry): Authenticator {
  return {
    credentials: CREDENTIALS,
    challenge: 'Bearer',
    async identify({ headers: { authorization = '' } }) {
      const token = BEARER.exec(authorization)?.[1];
      if (token === undefined) return null;
      const entry = registry.authenticate(token);
      if (entry === null) throw new AppError('unauthenticated', `Send ${CREDENTIALS}.`);
      const { id, client, scopes, principal } = entry;
      // Who is behind the principal depends on the data of the policy that decides: the case looks it up.
      return { kind: 'proven', caller: { client, scopes, claims: { token_id: id }, principal, person: null } };
    },
    async revalidate(caller) {
      revalidateToken(caller, registry);
    },
  };
}

/** Throws AppError `unauthenticated` where the token of a caller was revoked, or expired, since the call began. */
export function revalidateToken({ claims }: Caller, registry: TokenRegistry): void {
  if (!registry.isValid(String(claims['token_id']))) {
    throw new AppError('unauthenticated', 'The token was revoked, or expired, before the call was done.');
  }
}
