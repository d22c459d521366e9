import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { readConfig } from '../../src/config.ts';
import type { AccessRequest } from '../../src/contract/request.ts';
import type { Scope } from '../../src/contract/scope.ts';
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

/** The real service on a data folder of its own, spoken to over a real socket. */
export async function startService(env: Record<string, string> = {}, options: ServiceOptions = {}) {
  const config = readConfig({ COUNTERSIGN_DATA_DIR: temporaryDir(), COUNTERSIGN_LOG_LEVEL: 'silent', ...env });
  const service = await createService(config, options);
  const server = await service.listen({ host: '127.0.0.1', port: 0 });
  const agent = supertest(server.url);
  return {
    ...service,
    config,
    agent,
    url: server.url,
    token: (client: string, scopes: Scope[], principal: string | null = null) =>
      service.registry.create({ client, scopes, principal, expiresAt: null }).token,
    async stop() {
      await server.close();
      await service.close();
    },
  };
}
