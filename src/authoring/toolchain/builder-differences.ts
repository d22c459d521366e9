import { readFile } from 'node:fs/promises';
import { sha256 } from '../../base/canonical-json.ts';
import type { Manifest } from '../../bundle/manifest.ts';
import { CAPABILITIES_FILE } from './capabilities.ts';
import { pinnedVersion } from './tool.ts';

/**
 * Finds how the tools that built a bundle differ from those of this version of Countersign, one sentence per difference. Such
 * a bundle can work, because its module has all builtins that it needs. But nobody has tested the two together, and the module
 * cannot be compared with the sources.
 */
export async function findBuilderDifferences({ metadata }: Manifest): Promise<string[]> {
  const [opa, capabilities] = [await pinnedVersion('opa'), sha256(await readFile(CAPABILITIES_FILE))];
  return [
    ...(metadata.opa === opa ? [] : [`The bundle was compiled by opa ${metadata.opa}; this version uses ${opa}.`]),
    ...(metadata.capabilities === capabilities
      ? []
      : ['The bundle was compiled with other capabilities than those of this version.']),
  ];
}
