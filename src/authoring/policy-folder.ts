import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { kindOfSettings, mountSettings } from './kind-settings.ts';
import { faultOf, PolicyFaults, policyInvalid } from './policy-fault.ts';
import { RanTooLong } from './toolchain/run.ts';

/** A folder of policies, and the `opa` binary (a path) that works on it. */
export interface PolicyFolder {
  policiesDir: string;
  opa: string;
  /** Gets one line for each probable mistake that does not prevent a build. */
  warn?: (line: string) => void;
}

export const CONTROLS_FILE = 'controls.json';
export const SCHEMAS_FOLDER = 'schemas';

/** The files of a folder of policies: paths relative to it, with `/`, sorted. Hidden files are left out. */
export interface Sources {
  policies: readonly string[];
  tests: readonly string[];
  data: readonly string[];
  schemas: readonly string[];
  controls: readonly string[];
  /** `config.json` in the folders of kinds: the members of `data.config.kinds`. */
  settings: readonly string[];
}

/** Lists the files. Rejects with AppError `policy_invalid` for a folder that is missing, has no policy, or has data as YAML. */
export async function listSources(policiesDir: string): Promise<Sources> {
  const files = await listVisible(policiesDir);
  const matching = (pattern: RegExp) => files.filter((path) => pattern.test(path));
  const yaml = matching(/(^|\/)data\.ya?ml$/).map((path) => faultOf(path, 'write data as data.json; YAML is not read'));
  if (yaml.length > 0) throw policyInvalid(policiesDir, yaml);
  const policies = matching(/(?<!_test)\.rego$/);
  if (policies.length === 0) throw policyInvalid(policiesDir, [faultOf('.', 'contains no policy')]);
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
 * Calls `use` with a temporary copy of the folder. The copy holds the sources only, because `opa` reads every file that it
 * finds, and the settings of kinds where `opa` expects data. A bundle thus holds the bytes that were checked and compiled,
 * even if somebody edits the folder meanwhile. PolicyFaults and RanTooLong that `use` throws become AppError
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
