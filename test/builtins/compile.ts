import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAPABILITIES_FILE } from '../../src/authoring/toolchain/capabilities.ts';
import { run } from '../../src/authoring/toolchain/run.ts';
import { unpackMembers } from '../../src/bundle/bundle.ts';
import { WASM_MEMBER } from '../../src/bundle/manifest.ts';
import { callOf, type DeclaredBuiltin } from './declared.ts';

/** One module for all builtins, each with a rule and an entrypoint of its own, which takes `input` for the arguments. */
export async function compileCalls(opa: string, builtins: readonly DeclaredBuiltin[]): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-builtins-'));
  try {
    const rules = builtins.map((each) => `${ruleName(each)} := ${callOf(each)}`);
    await writeFile(join(folder, 'calls.rego'), ['package calls', ...rules, ''].join('\n'));
    const entrypoints = builtins.flatMap((each) => ['--entrypoint', entrypointOf(each)]);
    const args = ['build', '--target', 'wasm', '--capabilities', CAPABILITIES_FILE, ...entrypoints, 'calls.rego'];
    const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
    if (code !== 0) throw new Error(`opa cannot compile a call of every builtin: ${stderr || stdout}`);
    const wasm = (await unpackMembers(await readFile(join(folder, 'bundle.tar.gz')))).get(WASM_MEMBER);
    if (wasm === undefined) throw new Error('opa built a bundle without a module');
    return wasm;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function entrypointOf(builtin: DeclaredBuiltin): string {
  return `calls/${ruleName(builtin)}`;
}

function ruleName({ name }: DeclaredBuiltin): string {
  return `call_${name.replaceAll('.', '__')}`;
}
