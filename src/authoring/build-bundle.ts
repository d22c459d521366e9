import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256 } from '../base/canonical-json.ts';
import { type Bundle, packMembers, readBundle } from '../bundle/bundle.ts';
import { DATA_MEMBER, WASM_MEMBER, withManifest } from '../bundle/manifest.ts';
import { checkSnapshot } from './check-policies.ts';
import { compileFolder } from './compile/compile-folder.ts';
import { type PolicyFolder, withSnapshot } from './policy-folder.ts';
import { CAPABILITIES_FILE } from './toolchain/capabilities.ts';
import { pinnedVersion } from './toolchain/tool.ts';

export interface BuildOptions extends PolicyFolder {
  /** The name of the bundle in records. */
  name: string;
  /** Rules to evaluate, as in `approval/decision`. */
  entrypoints: readonly string[];
}

/**
 * Checks a folder of policies and compiles it to a bundle: the WASM module, the data, and the sources as they were written.
 * The same content gives the same members, wherever the folder is. Rejects with AppError `policy_invalid` as checkPolicies
 * does.
 *
 * @example
 * const { bytes, bundle } = await buildBundle({ policiesDir, opa, name: 'acme', entrypoints: ['approval/decision'] });
 */
export async function buildBundle(options: BuildOptions): Promise<{ bytes: Uint8Array; bundle: Bundle }> {
  const { policiesDir, name, entrypoints } = options;
  const members = await withSnapshot(policiesDir, async (snapshot, sources) => {
    const sentences = await checkSnapshot(options, snapshot, sources);
    const { data, wasm } = await compileFolder(options, snapshot);
    const files = new Map([[DATA_MEMBER, canonicalBytes(data)]]);
    // Not the modules in opa's own output: they lack the rules of the entrypoints, which exist there as WASM only.
    for (const path of [...sources.policies, ...sources.controls]) {
      files.set(path, await readFile(join(snapshot, path)));
    }
    const capabilities = sha256(await readFile(CAPABILITIES_FILE));
    const claims = { name, opa: await pinnedVersion('opa'), capabilities, entrypoints: [...entrypoints], sentences };
    return withManifest(files.set(WASM_MEMBER, wasm), claims);
  });
  const bytes = await packMembers(members);
  return { bytes, bundle: await readBundle(bytes) };
}

function canonicalBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}
