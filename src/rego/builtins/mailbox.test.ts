import { expect, test } from 'vitest';
import { parseMailbox } from './mailbox.ts';

test.each([
  ['joe@Example.com', { local: 'joe', domain: 'example.com' }],
  ['"a \\"b"@x', { local: 'a "b', domain: 'x' }],
  ['j\\@e@x', { local: 'j@e', domain: 'x' }],
  ['joe@', { local: 'joe', domain: '' }],
  ['@x', undefined],
  ['a..b@x', undefined],
  ['.a@x', undefined],
  ['a b@x', undefined],
  ['joe@x.', undefined],
])('the mailbox %j', (address, mailbox) => {
  expect(parseMailbox(address)).toEqual(mailbox);
});
