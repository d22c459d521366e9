import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { buildBundle } from '../../src/authoring/build-bundle.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import { ENTRYPOINT } from '../../src/evaluation/policy.ts';
import { realTool } from './real-opa.ts';

// After a change of policies, OPA or builtins: npm run bundle
it('bundles/default.tar.gz is what policies/ compiles to', async () => {
  const policiesDir = fileURLToPath(new URL('../../policies', import.meta.url));
  const committed = await readBundle(await readFile(new URL('../../bundles/default.tar.gz', import.meta.url)));
  const options = { policiesDir, opa: await realTool('opa'), name: 'default', entrypoints: [ENTRYPOINT] };
  const { bundle } = await buildBundle(options);
  expect(bundle.manifest).toEqual(committed.manifest);
  expect(bundle.digest).toBe(committed.digest);
});
