import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openFileAnchor } from './head-anchor.ts';

const SECRET = Buffer.alloc(32, 7);
const head = (position: number) => ({ position, digest: `sha256:${position}` });

function anchorFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'countersign-head-')), 'countersign.head');
}

it('is written anew where its file was removed or replaced while it was open', async () => {
  const file = anchorFile();
  const anchor = openFileAnchor(file, SECRET);
  anchor.write(head(0));
  const older = readFileSync(file);
  anchor.write(head(1));
  rmSync(file);
  anchor.write(head(2));
  expect(await openFileAnchor(file, SECRET).read()).toEqual(head(2));
  rmSync(file);
  writeFileSync(file, older, { mode: 0o600 });
  anchor.write(head(3));
  expect(await openFileAnchor(file, SECRET).read()).toEqual(head(3));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  anchor.close();
});

it('is there again after a stop where its file was removed after the last write', async () => {
  const file = anchorFile();
  const anchor = openFileAnchor(file, SECRET);
  anchor.write(head(0));
  anchor.write(head(1));
  rmSync(file);
  anchor.close();
  expect(await openFileAnchor(file, SECRET).read()).toEqual(head(1));
});
