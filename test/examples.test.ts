import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startService, temporaryDir } from './support/service.ts';

const EXAMPLES = fileURLToPath(new URL('../examples', import.meta.url));

it('every story of examples/ ends as it says, and leaves no token behind', async () => {
  const service = await startService();
  const env = { ...process.env, COUNTERSIGN_URL: service.url, COUNTERSIGN_DATA_DIR: service.config.dataDir };
  const { stdout } = await promisify(execFile)(process.execPath, [join(EXAMPLES, 'play.ts')], { env });
  expect(stdout).toMatch(/\n(\d+) of \1 stories end as described/);
  const alive = (await service.tokens.list({ after: -1, limit: 1000 })).filter(({ revoked_at }) => revoked_at === null);
  expect(alive.map(({ client }) => client)).toEqual(['admin']);
  await service.stop();
});

it.each<[string, Record<string, string>, RegExp]>([
  ['no service was started', {}, /admin\.token\. Start a service .*: npm start/],
  [
    'no service runs',
    { COUNTERSIGN_TOKEN: 'x', COUNTERSIGN_URL: 'http://127.0.0.1:9' },
    /cannot be reached.* npm start/,
  ],
])('the player says in one line what to start where %s', async (_what, settings, words) => {
  const env = { ...process.env, COUNTERSIGN_DATA_DIR: temporaryDir(), ...settings };
  const failed = await promisify(execFile)(process.execPath, [join(EXAMPLES, 'play.ts')], { env }).catch(
    (error) => error,
  );
  expect(failed).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(words) });
  expect(failed.stderr.trim().split('\n')).toHaveLength(1);
});

it('a story of every kind goes on until what was granted is reviewed, kept and in the end revoked', () => {
  const config = JSON.parse(readFileSync(new URL('../policies/config/data.json', import.meta.url), 'utf8'));
  const told = globSync('*/*/story.json', { cwd: EXAMPLES }).flatMap((file) => {
    const { afterwards = [] } = JSON.parse(readFileSync(join(EXAMPLES, file), 'utf8'));
    const { action, resource } = JSON.parse(readFileSync(join(EXAMPLES, file, '../request.json'), 'utf8'));
    const steps = afterwards.map((step: { do: string; verdict?: string }) => step.verdict ?? step.do).join();
    return steps === 'issue,keep,revoke' ? [`${action.name}/${resource.type}`] : [];
  });
  expect([...new Set(told)].sort()).toEqual(Object.keys(config.kinds).sort());
});
