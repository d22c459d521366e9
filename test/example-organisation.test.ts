import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUNDLE_FILE } from '../src/base/installation.ts';
import { isLoopback } from '../src/base/loopback.ts';
import { readConfig } from '../src/config.ts';
import { createService } from '../src/service.ts';
import { bundleFile, bundleWith } from './support/bundles.ts';
import { type RunningProcess, startProcess } from './support/process.ts';
import { startService, temporaryDir } from './support/service.ts';

const EXAMPLE = /example organisation.*fictional/;
/** Binds 127.0.0.1; but the service cannot know what a name leads to. */
const BY_NAME = '127.1:0';

let own: string;
const running: RunningProcess[] = [];
const start = async (...options: Parameters<typeof startProcess>) => {
  const process = await startProcess(...options);
  running.push(process);
  return process;
};

beforeAll(async () => {
  own = await bundleFile(await bundleWith(({ organisation }) => delete organisation.example));
});
afterAll(() => Promise.all(running.map((process) => process.end('SIGTERM'))));

const readiness = async (url: string) => (await fetch(`${url}/readyz`)).json();

describe('the example organisation', () => {
  it('says at the start and in readiness that it is one, and what to try', async () => {
    const service = await start();
    expect(service.said()).toMatch(EXAMPLE);
    expect(service.said()).toContain('examples/issue-api-key/allow-sandbox-key/request.json');
    expect(await readiness(service.url)).toEqual({ status: 'ok', example_organisation: true });
  });

  it('decides for other machines with a flag only', async () => {
    const env = { COUNTERSIGN_LISTEN: BY_NAME };
    await expect(startProcess({ env })).rejects.toThrow(/ended with 3: .*example organisation.*--allow-example/s);
    const service = await start({ env, args: ['--allow-example'] });
    expect(await readiness(service.url)).toMatchObject({ example_organisation: true });
  });

  it.each(['0.0.0.0', '[::]', '192.0.2.7', 'countersign.example'])('is refused for %s', async (host) => {
    await expect(startService({ COUNTERSIGN_LISTEN: `${host}:0` })).rejects.toMatchObject({
      code: 'bundle_invalid',
      message: expect.stringMatching(/fictional/),
    });
  });
});

describe('an organisation of one’s own', () => {
  it('is greeted without what only the example would allow', async () => {
    const service = await start({ env: { COUNTERSIGN_BUNDLE: own, COUNTERSIGN_LISTEN: BY_NAME } });
    expect(service.said()).not.toMatch(EXAMPLE);
    expect(service.said()).not.toContain('examples/');
    expect(service.said()).toMatch(/request\.json \(.*issue\/api_key.*docs\/deciding\.md/);
    expect(await readiness(service.url)).toEqual({ status: 'ok' });
  });

  it('cannot be replaced by the example where others can reach the service', async () => {
    const service = await startService({ COUNTERSIGN_BUNDLE: own, COUNTERSIGN_LISTEN: '0.0.0.0:0' });
    const upload = () =>
      service.agent
        .put('/v1/policies/active')
        .set('authorization', `Bearer ${service.token('op', ['admin'])}`)
        .set('content-type', 'application/gzip');
    const { status, body } = await upload().send(await readFile(BUNDLE_FILE));
    expect([status, body.code, body.detail]).toEqual([422, 'bundle_refused', expect.stringMatching(EXAMPLE)]);
    expect((await service.agent.get('/readyz')).body).not.toHaveProperty('example_organisation');
    await service.stop();
  });

  it('may be, where the flag says so', async () => {
    const config = readConfig({
      COUNTERSIGN_DATA_DIR: temporaryDir(),
      COUNTERSIGN_LOG_LEVEL: 'silent',
      COUNTERSIGN_LISTEN: '0.0.0.0:0',
    });
    const service = await createService({ ...config, allowExample: true });
    expect(service.activation.pool().directory.isExample).toBe(true);
    await service.close();
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['localhost.example', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
