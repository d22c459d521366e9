import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseJsonText } from '../base/json-text.ts';

/** OPA derives the path of data from folders, and the name of a kind has a slash, so that the settings of all kinds go into one file. */
const MOUNT = 'config/kinds/data.json';

/** The kind whose settings a file holds: `approval/kinds/<action>/<resource type>/config.json`. Undefined for others. */
export function kindOfSettings(path: string): string | undefined {
  return /^approval\/kinds\/([^/]+\/[^/]+)\/config\.json$/.exec(path)?.[1];
}

/**
 * Moves the settings in the folders of kinds to `data.config.kinds`, in a copy of the policies. Settings that are not a JSON
 * object, or that exist twice, are left out; checkData reports them.
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
