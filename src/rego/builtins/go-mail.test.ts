import { expect, it } from 'vitest';
import { isMailAddress } from './go-mail.ts';

// What Go's mail.ParseAddress takes.
it.each([
  'a@b',
  ' a@b.com ',
  '"a b"@c.de',
  'Name <a@b.com>',
  '"Last, First" <a@b>',
  'a@[10.0.0.1]',
  'a@b (comment (nested))',
  'ä@ö',
  'group: a@b;',
])('takes %s', (text) => {
  expect(isMailAddress(text)).toBe(true);
});

it.each([
  '',
  'a',
  '@b',
  'a@',
  'a..b@c',
  '.a@b',
  'a@b.',
  '""@b',
  'a@[x]',
  'Name <a@b',
  'a@b c@d',
  'a@b (',
  'g: a@b, c@d;',
])('refuses %s', (text) => {
  expect(isMailAddress(text)).toBe(false);
});
