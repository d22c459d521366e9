import { execFile } from 'node:child_process';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUNDLE_FILE } from '../../src/base/installation.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import { decidingFolder, policyFolder, temporaryFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const PAGES = fileURLToPath(new URL('../../docs/policies', import.meta.url));

beforeAll(async () => {
  await realTool('opa');
});

/** Runs `countersign policy` in a folder, as its users do. */
async function policy(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'policy', ...args], { cwd });
  return stdout.trim();
}

describe('policies of a folder of one’s own', () => {
  it('are built to bundle.tar.gz in the working directory, and the installed bundle stays', async () => {
    const [own, cwd] = [await decidingFolder(), await temporaryFolder()];
    const before = await readFile(BUNDLE_FILE);
    const said = await policy(cwd, 'build', own);
    expect(await readFile(BUNDLE_FILE)).toEqual(before);
    const { revision, digest } = await readBundle(await readFile(join(cwd, 'bundle.tar.gz')));
    expect(said).toMatch(new RegExp(`/bundle\\.tar\\.gz: revision ${revision}, ${digest}$`));
  });

  it('have their pages in the working directory, and the installed ones stay', async () => {
    const [own, cwd] = [await policyFolder(), await temporaryFolder()];
    const before = await readdir(PAGES);
    expect(await policy(cwd, 'pages', own)).toMatch(/\/docs\/policies\/README\.md$/);
    expect(await readdir(join(cwd, 'docs', 'policies'))).toEqual(['README.md']);
    expect(await readdir(PAGES)).toEqual(before);
  });

  it('are told from those that are installed by the folder, not by how it is written', async () => {
    const cwd = await temporaryFolder();
    await symlink(fileURLToPath(new URL('../../policies', import.meta.url)), join(cwd, 'theirs'));
    expect(await policy(cwd, 'pages', 'theirs', '--check')).toBe('');
  });
});
