import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/authoring/toolchain/run.ts';
import { realTool } from '../policy/real-opa.ts';

// node test/rego/build.ts FILE: writes the bundle that plain `opa build` makes of test/rego/policy.

const POLICY = fileURLToPath(new URL('./policy', import.meta.url));

/** A builtin that only the caller has. */
const SCORE = { name: 'acme.score', decl: { type: 'function', args: [{ type: 'any' }], result: { type: 'any' } } };

/** A bundle of test/rego/policy, or of another folder, by plain `opa build -t wasm`. */
export async function buildPlainBundle(folder = POLICY): Promise<Uint8Array> {
  const [opa, scratch] = [await realTool('opa'), await mkdtemp(join(tmpdir(), 'countersign-rego-'))];
  try {
    const [capabilitiesFile, output] = [join(scratch, 'capabilities.json'), join(scratch, 'bundle.tar.gz')];
    const capabilities = JSON.parse((await run(opa, ['capabilities', '--current'])).stdout);
    await writeFile(capabilitiesFile, JSON.stringify({ ...capabilities, builtins: [...capabilities.builtins, SCORE] }));
    const args = ['build', '-t', 'wasm', '--capabilities', capabilitiesFile, '-o', output, '--bundle', '.'];
    const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
    if (code !== 0) throw new Error(`opa build: ${stderr || stdout}`);
    return await readFile(output);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

const [, script, file] = process.argv;
if (script === fileURLToPath(import.meta.url) && file !== undefined) await writeFile(file, await buildPlainBundle());
