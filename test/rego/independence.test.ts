import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../src/rego', import.meta.url));

it('the library imports nothing of Countersign', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  );
  expect(files).toContain('rego.ts');
  const imports = files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return [...text.matchAll(/(?:from|import\() ?'(\.[^']*)'/g)].map(([, path = '']) => join(file, '..', path));
  });
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.filter((path) => relative('.', path).startsWith('..'))).toEqual([]);
});
