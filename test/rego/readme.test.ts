import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { run } from '../../src/authoring/toolchain/run.ts';
import { realTool } from '../policy/real-opa.ts';
import { temporaryDir } from '../support/service.ts';

const readme = fileURLToPath(new URL('../../src/rego/README.md', import.meta.url));
const entry = new URL('../../src/rego/rego.ts', import.meta.url).href;

/** The blocks of a language in the README, in their order. */
function blocksOf(language: string): string[] {
  const text = readFileSync(readme, 'utf8');
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code = '']) =>
    name === language ? [code] : [],
  );
}

it('the example of the README builds, runs and prints what it says', async () => {
  const folder = temporaryDir('rego-readme');
  mkdirSync(join(folder, 'policy'));
  writeFileSync(join(folder, 'policy', 'authz.rego'), blocksOf('rego').join('\n'));
  writeFileSync(join(folder, 'policy', 'data.json'), blocksOf('json').join('\n'));
  const [command = ''] = blocksOf('sh');
  const env = { ...process.env, PATH: `${dirname(await realTool('opa'))}:${process.env['PATH']}` };
  await promisify(execFile)('bash', ['-ec', command], { cwd: folder, env });

  const program = blocksOf('ts').join('\n');
  writeFileSync(join(folder, 'program.ts'), program.replaceAll("'countersign/rego'", JSON.stringify(entry)));
  const { stdout, stderr } = await run(process.execPath, ['program.ts'], { cwd: folder });
  const wanted = [...program.matchAll(/ \/\/ → (.*)$/gm)].map(([, printed]) => printed);
  expect(wanted.length).toBeGreaterThan(5);
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n')).toEqual(wanted);
});
