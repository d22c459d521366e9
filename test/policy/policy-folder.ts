import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const GOOD = fileURLToPath(new URL('fixtures/good', import.meta.url));

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** A folder of good policies in which some files are others, new, or (with null) gone. */
export async function policyFolder(changes: Record<string, string | null> = {}): Promise<string> {
  const folder = await temporaryFolder();
  await cp(GOOD, folder, { recursive: true });
  for (const [path, content] of Object.entries(changes)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await (content === null ? rm(file) : writeFile(file, content));
  }
  return folder;
}
