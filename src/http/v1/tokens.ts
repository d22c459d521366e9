import type { AccessTokens } from '../../auth/access-tokens.ts';
import { toAccessToken } from '../../auth/shown-token.ts';
import { parseWith } from '../../base/parse.ts';
import { CALLS } from '../../contract/calls/table.ts';
import { tokenPageQuerySchema } from '../../contract/calls/token-calls.ts';
import {
  type CreatedToken,
  type RevokedToken,
  type TokenPage,
  type TokenRecordPage,
  tokenRequestSchema,
  tokenRevocationSchema,
} from '../../contract/token.ts';
import type { Store } from '../../store/store.ts';
import { INSTALLATION } from '../../store/stored-record.ts';
import type { Route } from '../route.ts';

/** A page of records ends where it gets this large. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** Access tokens: who may call, made and revoked by callers with the scope `admin`. */
export function tokenRoutes(tokens: AccessTokens, store: Pick<Store, 'chain'>): Route[] {
  return [
    {
      ...CALLS.createToken,
      async handle({ body, caller }) {
        const request = parseWith(tokenRequestSchema, body, 'invalid_request', 'The token');
        const { text, token, jws } = await tokens.create(request, caller);
        const made: CreatedToken = { ...toAccessToken(token), token: text, record: jws };
        return { status: 201, body: made };
      },
    },
    {
      ...CALLS.listTokens,
      async handle({ query }) {
        const { after, limit } = parseWith(tokenPageQuerySchema, query, 'invalid_request', 'The query');
        const found = await tokens.list({ after, limit });
        const page: TokenPage = {
          tokens: found.map(toAccessToken),
          next_after: found.length < limit ? null : (found.at(-1)?.position ?? null),
        };
        return { status: 200, body: page };
      },
    },
    {
      ...CALLS.listTokenRecords,
      isLong: true,
      async handle({ query }) {
        const { after, limit } = parseWith(tokenPageQuerySchema, query, 'invalid_request', 'The query');
        const found = await store.chain(INSTALLATION, { after, limit, maxBytes: MAX_PAGE_BYTES });
        const end = found.at(-1)?.seq ?? null;
        const more = end === null ? [] : await store.chain(INSTALLATION, { after: end, limit: 1, maxBytes: 1 });
        const page: TokenRecordPage = {
          records: found.map(({ id, seq, jws }) => ({ id, seq, record: jws })),
          next_after: more.length > 0 ? end : null,
        };
        return { status: 200, body: page };
      },
    },
    {
      ...CALLS.revokeToken,
      takesAway: true,
      async handle({ params, body, caller }) {
        const { reason } = parseWith(tokenRevocationSchema, body, 'invalid_request', 'The revocation');
        const { token, jws } = await tokens.revoke(params['id'] ?? '', caller, reason);
        const revoked: RevokedToken = { ...toAccessToken(token), record: jws };
        return { status: 201, body: revoked };
      },
    },
  ];
}
