import { lstatSync, mkdirSync, mkdtempSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ownFolder } from './ownership.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A folder behind a link, and that link pointed at itself: whatever is behind it cannot be looked at. */
it('goes on where the files cannot be looked at for now, and tells of those that were replaced', () => {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-owner-'));
  const link = join(dir, 'link');
  const point = (to: string) => {
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) unlinkSync(link);
    symlinkSync(to, link);
  };
  mkdirSync(join(dir, 'data'));
  point('data');
  const ownership = ownFolder(link);
  const lost: string[] = [];
  ownership.watch([], (error) => lost.push(error.message));
  point('link');
  vi.advanceTimersByTime(3000);
  expect(lost).toEqual([]);
  point('data');
  vi.advanceTimersByTime(1000);
  expect(lost).toEqual([]);
  mkdirSync(join(dir, 'other'));
  point('other');
  vi.advanceTimersByTime(3000);
  expect(lost).toEqual([expect.stringContaining('was removed or replaced')]);
  ownership.release();
});
