import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startService } from './support/service.ts';

const PLAY = fileURLToPath(new URL('../examples/play.ts', import.meta.url));

it('every story of examples/ ends as it says, and leaves no token behind', async () => {
  const service = await startService();
  const env = { ...process.env, COUNTERSIGN_URL: service.url, COUNTERSIGN_DATA_DIR: service.config.dataDir };
  const { stdout } = await promisify(execFile)(process.execPath, [PLAY], { env });
  expect(stdout).toMatch(/\n(\d+) of \1 stories end as they say/);
  const alive = service.registry.list().filter(({ revoked_at }) => revoked_at === null);
  expect(alive.map(({ client }) => client)).toEqual(['admin']);
  await service.stop();
});
