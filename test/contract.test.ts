import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../src/client/client.ts';
import type { ApiCall } from '../src/contract/calls/api-call.ts';
import { CALLS } from '../src/contract/calls/table.ts';
import { generatedFiles } from '../tools/contract/generated.ts';
import { startService } from './support/service.ts';

const HOME = fileURLToPath(new URL('..', import.meta.url));

let service: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('what is generated from the contract', () => {
  it.each(generatedFiles().map(({ path, text }) => [relative(HOME, path), text]))(
    'is what %s holds: otherwise run npm run contract',
    (name, text) => {
      expect(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')).toBe(text);
    },
  );

  it('is the description that the service answers', async () => {
    const committed = JSON.parse(readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8'));
    expect((await service.agent.get('/openapi.json').expect(200)).body).toEqual(committed);
  });
});

describe('every call of the contract', () => {
  it.each(Object.entries<ApiCall>(CALLS))('%s is answered, and asks for a token where it says so', async (id, call) => {
    expect(call.operation.operationId).toBe(id);
    const path = call.path.replace('{id}', '019aab00-0000-7000-8000-000000000001');
    const sent = service.agent[call.method](path);
    const body = Object.keys(call.operation.requestBody?.content ?? {})[0];
    const { status } = await (body === undefined ? sent : sent.set('content-type', body).send('{}'));
    expect(status).toBe(call.auth.length === 0 ? 200 : 401);
  });

  it('is known to the client', () => {
    const client = createClient({ url: service.url });
    expect(Object.keys(CALLS).filter((id) => !(id in client))).toEqual([]);
  });

  it('has a name in the contract: the service answers nothing else', async () => {
    const paths = new Set(Object.values<ApiCall>(CALLS).map(({ path }) => path));
    expect(paths.size).toBeGreaterThan(10);
    for (const path of ['/', '/v1', '/v1/records', '/v1/decisions/x/y']) await service.agent.get(path).expect(404);
  });
});
