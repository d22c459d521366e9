import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readRegularFile } from './regular-file.ts';

describe('readRegularFile', () => {
  it('reads a file of as many bytes as it may have, also through a link', async () => {
    const folder = temporaryFolder();
    const content = Buffer.alloc(3 * 1024 * 1024 + 1, 'x');
    writeFileSync(join(folder, 'file'), content);
    symlinkSync(join(folder, 'file'), join(folder, 'link'));
    expect((await readRegularFile(join(folder, 'file'), content.length)).equals(content)).toBe(true);
    expect((await readRegularFile(join(folder, 'link'), content.length)).equals(content)).toBe(true);
    writeFileSync(join(folder, 'empty'), '');
    expect(await readRegularFile(join(folder, 'empty'), 0)).toHaveLength(0);
  });

  it('refuses a file of one byte more', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'four');
    await expect(readRegularFile(file, 3)).rejects.toThrow('it is larger than 3 bytes');
  });

  it('refuses a folder and tells of a file that is not there', async () => {
    const folder = temporaryFolder();
    await expect(readRegularFile(folder, 100)).rejects.toThrow('it is not a regular file');
    await expect(readRegularFile(join(folder, 'file'), 100)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.skipIf(process.platform === 'win32')(
    'refuses a pipe that nobody writes to, and a device without end',
    async () => {
      const pipe = join(temporaryFolder(), 'pipe');
      execFileSync('mkfifo', [pipe]);
      await expect(readRegularFile(pipe, 100)).rejects.toThrow('it is not a regular file');
      await expect(readRegularFile('/dev/zero', 100)).rejects.toThrow('it is not a regular file');
    },
  );
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
