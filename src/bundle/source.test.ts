import { expect, it } from 'vitest';
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
