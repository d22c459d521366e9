import { readFile } from 'node:fs/promises';
import { sha256 } from '../../base/canonical-json.ts';
import type { Manifest } from '../../bundle/manifest.ts';
import { CAPABILITIES_FILE } from './capabilities.ts';
import { pinnedVersion } from './tool.ts';

/**
 * How the builder that a manifest names differs from this version of Countersign, a sentence each. Such a bundle can be
 * fine: its module has what it wants of its host. But nobody has tried the two together, and its module cannot be compared.
 */
export async function findBuilderDifferences({ metadata }: Manifest): Promise<string[]> {
  const [opa, capabilities] = [await pinnedVersion('opa'), sha256(await readFile(CAPABILITIES_FILE))];
  return [
    ...(metadata.opa === opa ? [] : [`It says that opa ${metadata.opa} compiled it; this version goes with ${opa}.`]),
    ...(metadata.capabilities === capabilities
      ? []
      : ['It was compiled with other capabilities than those of this version.']),
  ];
}
