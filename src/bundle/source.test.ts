import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { MAX_BUNDLE_BYTES } from './bundle.ts';
import { describeSource, readBundleSource } from './source.ts';

it.each([
  ['https://user:password@store.example/bundles/a.tar.gz?sig=secret#part', 'https://store.example/bundles/a.tar.gz'],
  ['/etc/countersign/bundle.tar.gz', '/etc/countersign/bundle.tar.gz'],
])('%s is shown as %s', (source, shown) => {
  expect(describeSource(source)).toBe(shown);
});

it('says why a bundle cannot be read without saying where it is', async () => {
  const failure = readBundleSource('/nowhere/secret.tar.gz');
  await expect(failure).rejects.toMatchObject({
    code: 'bundle_invalid',
    message: 'The bundle cannot be read (ENOENT).',
  });
});

it('refuses a file that is larger than a bundle may be, and a pipe that nobody writes to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-source-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, pipe] = [join(folder, 'large.tar.gz'), join(folder, 'pipe.tar.gz')];
  writeFileSync(file, '');
  truncateSync(file, MAX_BUNDLE_BYTES + 1);
  await expect(readBundleSource(file)).rejects.toMatchObject({
    code: 'bundle_invalid',
    message: `The bundle cannot be read (it is larger than ${MAX_BUNDLE_BYTES} bytes).`,
  });
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [pipe]);
  await expect(readBundleSource(pipe)).rejects.toMatchObject({
    code: 'bundle_invalid',
    message: 'The bundle cannot be read (it is not a regular file).',
  });
});
