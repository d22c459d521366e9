import { AppError } from '../base/errors.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { Authenticator } from './authenticator.ts';

/** RFC 6750 §2.1. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const CREDENTIALS = 'a valid token: Authorization: Bearer <token>';

/** Callers send an access token: `Authorization: Bearer cs_…`. */
export function createBearerAuthenticator(tokens: Pick<AccessTokens, 'authenticate' | 'revalidate'>): Authenticator {
  return {
    credentials: CREDENTIALS,
    challenge: 'Bearer',
    async identify({ headers: { authorization = '' } }) {
      const text = BEARER.exec(authorization)?.[1];
      if (text === undefined) return null;
      const token = await tokens.authenticate(text);
      if (token === null) throw new AppError('unauthenticated', `Send ${CREDENTIALS}.`);
      const { id, client, scopes, principal } = token;
      // Who is behind the principal depends on the data of the policy that decides: the case looks it up.
      const caller = { client, scopes: [...scopes], claims: { token_id: id }, principal, person: null };
      return { kind: 'proven', caller };
    },
    revalidate: tokens.revalidate,
  };
}
