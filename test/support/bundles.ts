import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle } from '../../src/authoring/build-bundle.ts';
import { BUNDLE_FILE } from '../../src/base/installation.ts';
import { packMembers, unpackMembers } from '../../src/bundle/bundle.ts';
import { DATA_MEMBER, MANIFEST_MEMBER, type Members, withManifest } from '../../src/bundle/manifest.ts';
import { ENTRYPOINT } from '../../src/evaluation/policy.ts';
import { realTool } from '../policy/real-opa.ts';
import { temporaryDir } from './service.ts';

const HOME = new URL('../../', import.meta.url);

/** A copy of a folder of policies below the repository, in which some files are others, new, or (with null) gone. */
export async function copyPolicies(folder: string, changes: Record<string, string | null> = {}): Promise<string> {
  const copy = temporaryDir('policies');
  await cp(fileURLToPath(new URL(folder, HOME)), copy, { recursive: true });
  for (const [path, content] of Object.entries(changes)) {
    const file = join(copy, path);
    await mkdir(dirname(file), { recursive: true });
    await (content === null ? rm(file) : writeFile(file, content));
  }
  return copy;
}

/** What the real opa compiles of a folder. */
export async function compileBundle(policiesDir: string, entrypoint = ENTRYPOINT): Promise<Uint8Array> {
  const opa = await realTool('opa');
  return (await buildBundle({ policiesDir, opa, name: 'test', entrypoints: [entrypoint] })).bytes;
}

/** What the tests change in the shipped data. */
export interface ShippedData {
  config: {
    kinds: Record<
      string,
      { thresholds: Record<string, number>; tiers: Record<string, { requirements: Record<string, unknown>[] }> }
    >;
  };
  identities: Record<string, string>;
  organisation: { example?: boolean; people: Record<string, { active: boolean; groups: string[]; keys?: object[] }> };
}

/** The shipped policies with other data. Code and data lie apart in a bundle, so that nothing has to be compiled. */
export async function bundleWith(change: (data: ShippedData) => void): Promise<Uint8Array> {
  const members = new Map(await unpackMembers(await readFile(BUNDLE_FILE)));
  const data = JSON.parse(Buffer.from(members.get(DATA_MEMBER) ?? []).toString()) as ShippedData;
  change(data);
  return packMembers(redescribed(members.set(DATA_MEMBER, Buffer.from(JSON.stringify(data)))));
}

/** Members that were changed, with a manifest that is made for them anew: as a builder makes it who wants the change. */
export function redescribed(members: Members): Members {
  const manifest = JSON.parse(Buffer.from(members.get(MANIFEST_MEMBER) ?? []).toString());
  return withManifest(members, manifest.metadata);
}

/** The bytes as a file of their own. */
export async function bundleFile(bytes: Uint8Array): Promise<string> {
  const file = join(temporaryDir('bundle'), 'bundle.tar.gz');
  await writeFile(file, bytes);
  return file;
}
