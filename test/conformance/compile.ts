import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAPABILITIES_FILE } from '../../src/authoring/toolchain/capabilities.ts';
import { run } from '../../src/authoring/toolchain/run.ts';
import { pinnedVersion } from '../../src/authoring/toolchain/tool.ts';
import { sha256 } from '../../src/base/canonical-json.ts';
import { unpackMembers } from '../../src/bundle/bundle.ts';
import { WASM_MEMBER } from '../../src/bundle/manifest.ts';
import type { Case } from './suite.ts';

export const ENTRYPOINT = 'conformance/bindings';

/** A case as a module, or what the compiler says against it. */
export type Compiled = { wasm: Uint8Array } | { error: string };

/** Compiles cases within our capabilities; what one compiler made of one case is kept in `cacheDir`. */
export async function createCaseCompiler(opa: string, cacheDir: string): Promise<(each: Case) => Promise<Compiled>> {
  const folder = join(cacheDir, 'conformance');
  await mkdir(folder, { recursive: true });
  const version = `${await pinnedVersion('opa')} ${sha256(await readFile(CAPABILITIES_FILE))}`;

  return async (each) => {
    const modules = [...(each.modules ?? []), entryModule(each)];
    const kept = join(folder, sha256([version, ...modules].join('\0')).slice('sha256:'.length));
    const wasm = await readFile(`${kept}.wasm`).catch(() => undefined);
    if (wasm !== undefined) return { wasm };
    const error = await readFile(`${kept}.error`, 'utf8').catch(() => undefined);
    if (error !== undefined) return { error };
    const compiled = await compile(opa, modules);
    const [extension, content] = 'wasm' in compiled ? ['wasm', compiled.wasm] : ['error', compiled.error];
    // Cases may be twins, compiled at the same time.
    const part = `${kept}.${randomUUID()}.part`;
    await writeFile(part, content);
    await rename(part, `${kept}.${extension}`);
    return compiled;
  };
}

/** The query as a rule: all that its variables are bound to. Which variables those are, only the wanted result tells. */
function entryModule(each: Case): string {
  const names = Object.keys(each.want_result?.[0] ?? {});
  const bindings = names.map((name) => `"${name}": ${name}`).join(', ');
  return `package conformance\n\nbindings := [{${bindings}} |\n\t${queryOf(each)}\n]\n`;
}

/** A rule that reads all of data would read itself, so it reads all the rest of it. */
function queryOf({ query, modules, data }: Case): string {
  const packages = (modules ?? []).flatMap((text) => /^package (\w+)/m.exec(text)?.[1] ?? []);
  const roots = new Set([...packages, ...Object.keys(data ?? {})]);
  const members = Array.from(roots, (root) => `"${root}": data.${root}`);
  return query.trim().replace(/^data = /, `{${members.join(', ')}} = `);
}

async function compile(opa: string, modules: readonly string[]): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-conformance-'));
  try {
    const files = modules.map((_, index) => `test-${index}.rego`);
    await Promise.all(modules.map((text, index) => writeFile(join(folder, `test-${index}.rego`), text)));
    const args = [
      'build',
      '--target',
      'wasm',
      '--capabilities',
      CAPABILITIES_FILE,
      '--entrypoint',
      ENTRYPOINT,
      ...files,
    ];
    const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
    if (code !== 0) return { error: (stderr || stdout).trim() };
    const wasm = (await unpackMembers(await readFile(join(folder, 'bundle.tar.gz')))).get(WASM_MEMBER);
    return wasm === undefined ? { error: 'opa built a bundle without a module' } : { wasm };
  } finally {
    await rm(folder, { recursive: true });
  }
}
