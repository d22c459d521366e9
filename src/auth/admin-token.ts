import { existsSync } from 'node:fs';
import { readPrivateFile, writePrivateFile } from '../base/files/private-file.ts';
import { SCOPES } from '../contract/scope.ts';
import { MAX_TOKEN_SECONDS, type TokenRequest } from '../contract/token.ts';
import type { StoredToken } from '../store/token-store.ts';
import type { AccessTokens } from './access-tokens.ts';
import { parseToken } from './token-secret.ts';

/** A token that ends sooner is replaced at a start. */
const RENEWED_BEFORE_MS = 30 * 24 * 3600 * 1000;

/**
 * What the token of the operator may do: it asks, reads and replaces the policy, and makes tokens with any scope, for example
 * those of approvers. It cannot approve by itself.
 */
const ADMIN: TokenRequest = {
  client: 'admin',
  scopes: ['admin', 'decide', 'read'],
  may_grant: [...SCOPES],
  principal: null,
  expires_in_seconds: MAX_TOKEN_SECONDS,
};

export interface AdminTokenParts {
  /** The file of its text, which only the owner of the data folder can read. */
  file: string;
  tokens: Pick<AccessTokens, 'create'>;
  find: (id: string) => Promise<StoredToken | null>;
  clock: () => Date;
}

/**
 * Makes the token of the operator where its file is missing, and anew where it ends within 30 days, or has ended. A revoked
 * one is not replaced, unless its file is deleted.
 */
export async function ensureAdminToken({ file, tokens, find, clock }: AdminTokenParts): Promise<void> {
  if (existsSync(file) && !(await endsSoon(file, find, clock()))) return;
  const { text } = await tokens.create(ADMIN, null);
  writePrivateFile(file, `${text}\n`);
}

async function endsSoon(file: string, find: AdminTokenParts['find'], now: Date): Promise<boolean> {
  const id = parseToken(readPrivateFile(file).trim())?.id;
  const token = id === undefined ? null : await find(id);
  if (token === null || token.revoked_at !== null) return false;
  return Date.parse(token.expires_at) - now.getTime() < RENEWED_BEFORE_MS;
}
