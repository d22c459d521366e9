import type { TokenRegistry } from '../auth/tokens.ts';
import { AppError } from '../base/errors.ts';
import type { Caller } from '../contract/record.ts';
import type { CaseHead, Store } from '../store/store.ts';
import type { Route } from './route.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** The caller behind an Authorization header (untrusted). Throws AppError `unauthenticated`. */
export function authenticate(header: string | undefined, registry: TokenRegistry): Caller {
  const token = BEARER.exec(header ?? '')?.[1];
  const entry = token === undefined ? null : registry.authenticate(token);
  if (entry === null) throw new AppError('unauthenticated', 'Send a valid token: Authorization: Bearer <token>.');
  const { id, client, scopes, principal } = entry;
  // Who stands behind the principal depends on the policy's data: the gate looks it up with the policy that decides.
  return { client, scopes, claims: { token_id: id }, principal, person: null };
}

/** Throws AppError `unauthenticated` where the token of a caller was revoked, or expired, since the call began. */
export function revalidate({ claims }: Caller, registry: TokenRegistry): void {
  if (!registry.isValid(String(claims['token_id']))) {
    throw new AppError('unauthenticated', 'The token was revoked, or expired, before the call was done.');
  }
}

/** Throws AppError `forbidden` where the caller has none of the scopes of the route. */
export function authorise({ scopes: held }: Caller, { scopes }: Pick<Route, 'scopes'>): void {
  if (scopes?.some((scope) => held.includes(scope)) === false) {
    throw new AppError('forbidden', `This call needs the scope ${scopes.join(' or ')}.`);
  }
}

/** The head of the case of a record that the caller may see. A case of another client is as absent as an unknown one. */
export async function visibleCase(store: Store, recordId: string, caller: Caller): Promise<CaseHead> {
  const head = await store.caseHead(recordId);
  if (head === null || !(caller.scopes.includes('read') || head.client === caller.client)) {
    throw new AppError('not_found', 'There is no such case or record.');
  }
  return head;
}
