import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { newTokenSecret, tokenText } from '../../src/auth/token-secret.ts';
import { readConfig } from '../../src/config.ts';
import type { AccessRequest } from '../../src/contract/request.ts';
import type { Scope } from '../../src/contract/scope.ts';
import type { TokenRequest } from '../../src/contract/token.ts';
import { createService, type ServiceOptions } from '../../src/service.ts';

const EXAMPLES = new URL('../../examples/', import.meta.url);

/** The request of an example story, for example `issue-api-key/allow-sandbox-key`. */
export function exampleRequest(story: string): AccessRequest {
  return JSON.parse(readFileSync(new URL(`${story}/request.json`, EXAMPLES), 'utf8')) as AccessRequest;
}

/** The secret part of a token; it may hold underscores itself. */
export function secretOf(token: string): string {
  return token.split('_').slice(2).join('_');
}

export function temporaryDir(name = 'data'): string {
  return mkdtempSync(join(tmpdir(), `countersign-${name}-`));
}

/** A request for a token, as the service makes it of what a caller sends. */
export function wantedToken(wanted: Partial<TokenRequest>): TokenRequest {
  return { client: 'ci', scopes: ['decide'], may_grant: [], principal: null, ...wanted };
}

/** The real service on a data folder of its own, spoken to over a real socket. */
export async function startService(env: Record<string, string> = {}, options: ServiceOptions = {}) {
  const config = readConfig({ COUNTERSIGN_DATA_DIR: temporaryDir(), COUNTERSIGN_LOG_LEVEL: 'silent', ...env });
  const service = await createService(config, options);
  const server = await service.listen({ host: '127.0.0.1', port: 0 });
  const agent = supertest(server.url);
  const made: Promise<unknown>[] = [];
  return {
    ...service,
    config,
    agent,
    url: server.url,
    /** A token that may be used at once: the service lets a call wait until it is kept. */
    token(client: string, scopes: Scope[], principal: string | null = null, more: Partial<TokenRequest> = {}): string {
      const secret = newTokenSecret();
      made.push(service.tokens.create(wantedToken({ client, scopes, principal, ...more }), null, secret));
      return tokenText(secret);
    },
    async stop() {
      await Promise.allSettled(made);
      await server.close();
      await service.close();
    },
  };
}
