import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { isPrintable, WORD_CHARACTER } from './go-unicode.ts';

function charactersOf(isMember: (char: string) => boolean): string {
  const found: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (!isSurrogate && isMember(String.fromCodePoint(code))) found.push(code.toString(16));
  }
  return `${found.length} ${createHash('sha256').update(found.join()).digest('hex')}`;
}

// What unicode.IsLetter, IsDigit and strconv.IsPrint of Go 1.26 answer for all characters, whatever Unicode this Node has.
it('characters are those of Unicode 15.0', () => {
  const word = new RegExp(`^${WORD_CHARACTER}$`, 'u');
  expect(charactersOf((char) => word.test(char))).toBe(
    '136785 5074ccd2eaa58c1e0dad55467893e83abd8ba88728c31311e1b50e20fe25db72',
  );
  expect(charactersOf(isPrintable)).toBe('148998 19273ca3803f9d5f693aa6eec4bc7c43a07d37151fe4b48db1ef1aeba3b19ec2');
});
