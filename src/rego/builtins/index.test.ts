import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BUILTINS_VERSION } from './index.ts';

it('the version in records names the evaluator that is installed', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(BUILTINS_VERSION).toContain(`opa-wasm/${dependencies['@open-policy-agent/opa-wasm']} `);
});
