import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseJsonText } from '../../base/json-text.ts';

/** OPA mounts data by folders, and a kind's name has a slash: so what the folders of kinds hold is put together here. */
const MOUNT = 'config/kinds/data.json';

/** The kind whose settings a file holds: `approval/kinds/<action>/<resource type>/config.json`. Undefined for others. */
export function kindOfSettings(path: string): string | undefined {
  return /^approval\/kinds\/([^/]+\/[^/]+)\/config\.json$/.exec(path)?.[1];
}

/**
 * Puts the settings that lie in folders of kinds where `data.config.kinds` is made from, in a copy of the policies. What is
 * no JSON object, or set twice, is left out: checkData says so.
 */
export async function mountSettings(snapshot: string, settings: readonly string[]): Promise<void> {
  if (settings.length === 0) return;
  const mounted = await readObject(join(snapshot, MOUNT));
  for (const path of settings) {
    mounted[kindOfSettings(path) ?? path] ??= await readObject(join(snapshot, path));
  }
  await mkdir(dirname(join(snapshot, MOUNT)), { recursive: true });
  await writeFile(join(snapshot, MOUNT), JSON.stringify(mounted));
}

async function readObject(file: string): Promise<Record<string, unknown>> {
  try {
    const value = parseJsonText(await readFile(file));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
