import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { RegoError } from './errors.ts';

const WASM_FILE = 'policy.wasm';
const DATA_FILE = 'data.json';
const MANIFEST_FILE = '.manifest';

/** What a bundle may hold, at most. */
export interface BundleLimits {
  /** Of the gzipped tar; default 32 MiB. */
  maxBytes?: number;
  /** Of all files together; default 128 MiB. */
  maxUnpackedBytes?: number;
  /** Files and folders; default 10,000. */
  maxEntries?: number;
}

const DEFAULT_LIMITS: Required<BundleLimits> = {
  maxBytes: 32 * 1024 ** 2,
  maxUnpackedBytes: 128 * 1024 ** 2,
  maxEntries: 10_000,
};
/** For callers without types, who may give the path of a file. */
const NO_BYTES = 'it has to be given as bytes (a Uint8Array)';
const READ_FIRST = 'read its file first, as in openBundle(await readFile(path))';
const MAX_PATH_LENGTH = 255;

/** A bundle of OPA with a policy module, as `opa build -t wasm` writes it. */
export interface RegoBundle {
  /** As in the manifest; empty where it names none. */
  revision: string;
  /** The parts of the data document that the bundle owns, such as `authz/roles`; `['']` is all of it. */
  roots: readonly string[];
  /** The entrypoints that the manifest names. A bundle whose manifest names none has those of the module. */
  entrypoints: readonly string[];
  /** The `metadata` of the manifest. */
  metadata: Readonly<Record<string, unknown>>;
  wasm: Uint8Array;
  /** data.json, which is a JSON object. */
  data: Uint8Array;
  /** All files by path, such as `authz/allow.rego`. */
  files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a bundle (a gzipped tar; untrusted bytes). Strict: throws RegoError `bundle_invalid` for a bundle that is broken or
 * larger than the limits, that has no policy.wasm or several, or data outside of its roots; and for files that OPA would read
 * and this library does not (data in folders or as YAML, patches). Signatures are not verified.
 */
export async function readBundle(bytes: Uint8Array, limits: BundleLimits = {}): Promise<RegoBundle> {
  if (!(bytes instanceof Uint8Array)) throw invalid(`${NO_BYTES}, not as ${typeof bytes}: ${READ_FIRST}`);
  const files = await unpackBundle(bytes, limits);
  const wasm = files.get(WASM_FILE);
  if (wasm === undefined) throw invalid(`it has no ${WASM_FILE}: build it with \`opa build -t wasm\``);
  const manifest = readManifest(files.get(MANIFEST_FILE));
  const data = files.get(DATA_FILE) ?? new TextEncoder().encode('{}');
  requireRoots(parseObject(data, DATA_FILE), manifest.roots);
  return { ...manifest, wasm, data, files };
}

/** The files of a gzipped tar by path. Throws RegoError `bundle_invalid` for one that is broken, hostile or too large. */
export async function unpackBundle(
  bytes: Uint8Array,
  limits: BundleLimits = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { maxBytes, maxUnpackedBytes, maxEntries } = { ...DEFAULT_LIMITS, ...limits };
  if (bytes.length > maxBytes) throw invalid(`it is larger than ${maxBytes} bytes`);
  const files = new Map<string, Uint8Array>();
  let entries = 0;
  try {
    // A decompression bomb stops at the limit.
    const tar = await promisify(gunzip)(bytes, { maxOutputLength: maxUnpackedBytes });
    for await (const entry of Readable.from([tar]).pipe(extract())) {
      if (++entries > maxEntries) throw invalid(`it has more than ${maxEntries} files and folders`);
      const content = await buffer(entry);
      const path = pathOf(entry.header);
      if (path === null) continue;
      if (files.has(path)) throw invalid(`it holds ${path} twice`);
      files.set(path, content);
    }
  } catch (cause) {
    if (cause instanceof RegoError) throw cause;
    throw invalid(`it is not a gzipped tar: ${(cause as Error).message}`, cause);
  }
  return files;
}

/** OPA writes `/data.json` where tar writes `data.json` or `./data.json`. Null for a folder. */
function pathOf({ name, type }: Header): string | null {
  if (type === 'directory') return null;
  const path = name.replace(/^\.?\//, '');
  const steps = path.split('/');
  const isPlain = /^[\x20-\x5b\x5d-\x7e]+$/.test(path) && path.length <= MAX_PATH_LENGTH;
  if (!isPlain || steps.some((step) => ['', '.', '..'].includes(step))) {
    throw invalid(`it has a member with the path ${JSON.stringify(name)}`);
  }
  if (type !== 'file') throw invalid(`${path} is a ${type}, not a file`);
  if (isHiddenInput(path, steps)) throw invalid(`${path} would change the policy unseen`);
  return path;
}

/** OPA reads these too. What this library does not read must not change the answer when OPA evaluates the bundle. */
function isHiddenInput(path: string, steps: string[]): boolean {
  const file = steps.at(-1) ?? '';
  if (['data.yaml', 'data.yml', 'patch.json'].includes(file)) return true;
  return [DATA_FILE, WASM_FILE, MANIFEST_FILE].includes(file) && path !== file;
}

type BundleManifest = Pick<RegoBundle, 'revision' | 'roots' | 'entrypoints' | 'metadata'>;

/** https://www.openpolicyagent.org/docs/management-bundles#bundle-file-format */
function readManifest(text: Uint8Array | undefined): BundleManifest {
  const manifest = text === undefined ? {} : parseObject(text, MANIFEST_FILE);
  const { revision = '', roots = [''], metadata = {}, wasm = [] } = manifest;
  if (typeof revision !== 'string') throw invalid('its revision is not a string');
  if (!isObject(metadata)) throw invalid('its metadata are not an object');
  if (!Array.isArray(roots) || !roots.every((root) => typeof root === 'string')) {
    throw invalid('its roots are not a list of strings');
  }
  const paths = roots.map((root) => root.replace(/^\/+|\/+$/g, ''));
  const overlapping = paths.find((root, index) => paths.some((other, at) => at !== index && isWithin(root, other)));
  if (overlapping !== undefined) throw invalid(`its root ${JSON.stringify(overlapping)} lies in another one`);
  return { revision, roots: paths, metadata, entrypoints: entrypointsOf(wasm) };
}

function entrypointsOf(wasm: unknown): string[] {
  if (!Array.isArray(wasm)) throw invalid('its list of modules is not a list');
  return wasm.map((resolver) => {
    const { entrypoint, module } = isObject(resolver) ? resolver : {};
    if (typeof entrypoint !== 'string' || typeof module !== 'string') {
      throw invalid('its manifest has an entrypoint without a name or module');
    }
    if (module.replace(/^\//, '') !== WASM_FILE) throw invalid(`it has a module other than ${WASM_FILE}`);
    return entrypoint;
  });
}

function requireRoots(data: Record<string, unknown>, roots: readonly string[], path = ''): void {
  for (const [name, value] of Object.entries(data)) {
    const place = path === '' ? name : `${path}/${name}`;
    if (roots.some((root) => isWithin(place, root))) continue;
    const holdsRoot = roots.some((root) => isWithin(root, place));
    if (!holdsRoot || !isObject(value)) throw invalid(`its data at ${place} are not in its roots`);
    requireRoots(value, roots, place);
  }
}

function isWithin(path: string, root: string): boolean {
  return root === '' || path === root || path.startsWith(`${root}/`);
}

function parseObject(text: Uint8Array, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
    if (isObject(value)) return value;
  } catch (cause) {
    throw invalid(`${file} is not JSON: ${(cause as Error).message}`, cause);
  }
  throw invalid(`${file} is not a JSON object`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(why: string, cause?: unknown): RegoError {
  return new RegoError('bundle_invalid', `The bundle cannot be used: ${why}.`, { cause });
}
