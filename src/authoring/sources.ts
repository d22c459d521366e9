import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { kindOfSettings, mountSettings } from './checks/kind-settings.ts';
import { faultOf, PolicyFaults, policyInvalid } from './policy-fault.ts';
import { RanTooLong } from './toolchain/run.ts';

export const CONTROLS_FILE = 'controls.json';
export const SCHEMAS_FOLDER = 'schemas';

/** What a folder of policies holds: paths below it, with `/`, sorted. Hidden files are not among them. */
export interface Sources {
  policies: readonly string[];
  tests: readonly string[];
  data: readonly string[];
  schemas: readonly string[];
  controls: readonly string[];
  /** `config.json` in the folders of kinds: what `data.config.kinds` holds for each. */
  settings: readonly string[];
}

/** Throws AppError `policy_invalid` when there is no such folder, no policy in it, or data that is not JSON. */
export async function listSources(policiesDir: string): Promise<Sources> {
  const files = await listVisible(policiesDir);
  const matching = (pattern: RegExp) => files.filter((path) => pattern.test(path));
  const yaml = matching(/(^|\/)data\.ya?ml$/).map((path) => faultOf(path, 'data is written as data.json'));
  if (yaml.length > 0) throw policyInvalid(policiesDir, yaml);
  const policies = matching(/(?<!_test)\.rego$/);
  if (policies.length === 0) throw policyInvalid(policiesDir, [faultOf('.', 'holds no policy')]);
  return {
    policies,
    tests: matching(/_test\.rego$/),
    data: matching(/(^|\/)data\.json$/),
    schemas: files.filter((path) => path.startsWith(`${SCHEMAS_FOLDER}/`) && path.endsWith('.json')),
    controls: files.filter((path) => path === CONTROLS_FILE),
    settings: files.filter((path) => kindOfSettings(path) !== undefined),
  };
}

/**
 * Lends a copy of the sources, with the settings of kinds where `opa` finds them, and of nothing else: `opa` reads what
 * lies around, and a bundle has to hold the very bytes that were checked and compiled, even if someone edits them
 * meanwhile. What `use` throws as PolicyFaults or RanTooLong is thrown as AppError
 * `policy_invalid`.
 */
export async function withSnapshot<T>(
  policiesDir: string,
  use: (snapshot: string, sources: Sources) => Promise<T>,
): Promise<T> {
  const sources = await listSources(policiesDir);
  const snapshot = await mkdtemp(join(tmpdir(), 'countersign-policies-'));
  try {
    for (const path of Object.values(sources).flat()) {
      await mkdir(dirname(join(snapshot, path)), { recursive: true });
      await copyFile(join(policiesDir, path), join(snapshot, path));
    }
    await mountSettings(snapshot, sources.settings);
    return await use(snapshot, sources);
  } catch (error) {
    if (error instanceof PolicyFaults) throw policyInvalid(policiesDir, error.faults);
    if (error instanceof RanTooLong)
      throw policyInvalid(policiesDir, [faultOf('.', `${error.message} with these policies`)]);
    throw error;
  } finally {
    await rm(snapshot, { recursive: true });
  }
}

async function listVisible(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw policyInvalid(folder, [faultOf('.', `cannot be read: ${(cause as Error).message}`)]);
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((path) => !path.split('/').some((step) => step.startsWith('.')))
    .sort();
}
