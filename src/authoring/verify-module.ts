import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { canonicalJson, sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { MANIFEST_MEMBER, WASM_MEMBER } from '../bundle/manifest.ts';
import { analysePolicies } from './analysis.ts';
import { compileFolder } from './compile/compile-folder.ts';
import { readSentences } from './sentences.ts';
import { readAnnotations } from './toolchain/annotations.ts';
import { findBuilderDifferences } from './toolchain/builder-differences.ts';

/**
 * Compiles the sources of a bundle again with the pinned `opa`, which gives the same bytes for the same sources. Rejects with
 * AppError `policy_invalid` where the result is not the module of the bundle, the sources do not compile, or their METADATA has
 * other sentences than the manifest, and with
 * `bundle_invalid` where the bundle was compiled by another `opa` or with other capabilities, so that nothing can be compared.
 */
export async function verifyModule(bundle: Bundle, opa: string): Promise<void> {
  const [difference] = await findBuilderDifferences(bundle.manifest);
  if (difference !== undefined) {
    throw new AppError('bundle_invalid', `The module cannot be compared with its sources: ${difference}`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bundle-'));
  try {
    for (const [path, bytes] of bundle.members) {
      if (path === WASM_MEMBER || path === MANIFEST_MEMBER) continue;
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    const { wasm } = await compileFolder({ policiesDir: folder, opa, entrypoints: bundle.entrypoints }, folder);
    await requireSentences(bundle, folder, opa);
    if (sha256(wasm) !== bundle.wasmDigest) {
      throw new AppError(
        'policy_invalid',
        `${WASM_MEMBER} is not the module that the sources in the bundle compile to.`,
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function requireSentences({ members, manifest }: Bundle, folder: string, opa: string): Promise<void> {
  const policies = [...members.keys()].filter((path) => path.endsWith('.rego')).sort();
  const [{ visits }, annotations] = await Promise.all([
    analysePolicies(folder, opa, { policies }),
    readAnnotations(folder, opa),
  ]);
  const { sentences } = readSentences(visits, annotations);
  if (canonicalJson(sentences) !== canonicalJson(manifest.metadata.sentences)) {
    throw new AppError('policy_invalid', 'The sentences in the manifest are not those of the METADATA in the bundle.');
  }
}
