import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeDurableFile } from './durable-file.ts';

describe('writeDurableFile', () => {
  it('replaces a file and leaves no other behind', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'file');
    writeDurableFile(file, 'one', { mode: 0o600 });
    writeDurableFile(file, 'two', { mode: 0o600 });
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('keeps an existing file with ifAbsent, and leaves no other behind', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'file');
    writeDurableFile(file, 'one', { mode: 0o600, ifAbsent: true });
    writeDurableFile(file, 'two', { mode: 0o600, ifAbsent: true });
    expect(readFileSync(file, 'utf8')).toBe('one');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('leaves what was there and nothing else when it fails', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'old'), 'old');
    expect(() => writeDurableFile(folder, 'new', { mode: 0o600 })).toThrow();
    expect(readdirSync(folder)).toEqual(['old']);
    expect(() => statSync(`${folder}.tmp`)).toThrow();
  });

  it.skipIf(process.platform === 'win32')('gives the file the permissions that the caller names', () => {
    const file = join(temporaryFolder(), 'file');
    writeDurableFile(file, '', { mode: 0o600 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeDurableFile(file, '', { mode: 0o400 });
    expect(statSync(file).mode & 0o777).toBe(0o400);
  });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
