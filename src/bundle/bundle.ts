import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import { type Sha256, sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { measureJson } from '../base/json-measure.ts';
import { MAX_DEPTH, parseJsonText } from '../base/json-text.ts';
import { parseWith } from '../base/parse.ts';
import {
  bundleDigest,
  DATA_MEMBER,
  MANIFEST_MEMBER,
  type Manifest,
  type Members,
  manifestSchema,
  requireMembers,
  sortedMembers,
  WASM_MEMBER,
} from './manifest.ts';

export const MAX_BUNDLE_BYTES = 32 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 128 * 1024 * 1024;
/** Files and folders: each costs time to read, whether or not it holds anything. */
const MAX_ENTRIES = 10_000;
const MAX_PATH_LENGTH = 255;
/** Many times what OPA makes of a large folder of policies. */
const MAX_WASM_BYTES = 16 * 1024 * 1024;
/** Members and items, of one JSON member. */
const MAX_VALUES = 5_000_000;

/** A bundle that was read and found to be whole. Its digests are `sha256:` and 64 hex digits. */
export interface Bundle {
  name: string;
  revision: string;
  /** See bundleDigest. */
  digest: Sha256;
  wasmDigest: Sha256;
  dataDigest: Sha256;
  wasm: Uint8Array;
  data: unknown;
  /** The bytes of data.json that `dataDigest` covers; give these to WASM. */
  dataBytes: Uint8Array;
  manifest: Manifest;
  entrypoints: readonly string[];
  opaVersion: string;
  members: Members;
}

/** Reads a gzipped tar. The bytes are untrusted: throws AppError `bundle_invalid` for all that is not a whole bundle. */
export async function readBundle(bytes: Uint8Array): Promise<Bundle> {
  return bundleOf(await unpackMembers(bytes));
}

/** Reads unpacked members, as readBundle does. */
export function bundleOf(members: Members): Bundle {
  const manifest = parseWith(manifestSchema, parseMember(members, MANIFEST_MEMBER), 'bundle_invalid', 'The manifest');
  const wasm = member(members, WASM_MEMBER);
  const dataBytes = member(members, DATA_MEMBER);
  if (wasm.length > MAX_WASM_BYTES) throw invalid(`${WASM_MEMBER} is larger than ${MAX_WASM_BYTES} bytes`);
  requireMembers(manifest, members);
  return {
    name: manifest.metadata.name,
    revision: manifest.revision,
    digest: bundleDigest(members),
    wasmDigest: sha256(wasm),
    dataDigest: sha256(dataBytes),
    wasm,
    data: parseMember(members, DATA_MEMBER),
    dataBytes,
    manifest,
    entrypoints: manifest.metadata.entrypoints,
    opaVersion: manifest.metadata.opa,
    members,
  };
}

/** The members of a gzipped tar. Throws AppError `bundle_invalid` for one that is broken, hostile or too large. */
export async function unpackMembers(bytes: Uint8Array): Promise<Members> {
  if (bytes.length > MAX_BUNDLE_BYTES) throw invalid(`it is larger than ${MAX_BUNDLE_BYTES} bytes`);
  const members = new Map<string, Uint8Array>();
  let entries = 0;
  try {
    // A decompression bomb stops at the limit.
    const tar = await promisify(gunzip)(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
    for await (const entry of Readable.from([tar]).pipe(extract())) {
      if (++entries > MAX_ENTRIES) throw invalid(`it has more than ${MAX_ENTRIES} files and folders`);
      const content = await buffer(entry);
      const path = memberPath(entry.header);
      if (path === null) continue;
      if (members.has(path)) throw invalid(`it holds ${path} twice`);
      members.set(path, content);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw invalid(`it is not a gzipped tar: ${(cause as Error).message}`, cause);
  }
  return members;
}

/** A gzipped tar of the members, the same bytes for the same members. */
export async function packMembers(members: Members): Promise<Uint8Array> {
  const archive = pack();
  for (const [name, content] of sortedMembers(members)) {
    archive.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, Buffer.from(content));
  }
  archive.finalize();
  return promisify(gzip)(await buffer(archive), { level: 9 });
}

/** OPA writes `/data.json` where tar writes `data.json` or `./data.json`. Null for a folder, which is no member. */
function memberPath({ name, type }: Header): string | null {
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

/** OPA takes these from a bundle too; what we do not read must not decide when someone else evaluates the bundle. */
function isHiddenInput(path: string, steps: string[]): boolean {
  const file = steps.at(-1) ?? '';
  if (['data.yaml', 'data.yml', 'patch.json'].includes(file)) return true;
  return [DATA_MEMBER, WASM_MEMBER, MANIFEST_MEMBER].includes(file) && path !== file;
}

function member(members: Members, path: string): Uint8Array {
  const bytes = members.get(path);
  if (!bytes) throw invalid(`it has no ${path}`);
  return bytes;
}

function parseMember(members: Members, path: string): unknown {
  const text = member(members, path);
  const { values, depth } = measureJson(text);
  if (values > MAX_VALUES) throw invalid(`${path} holds more than ${MAX_VALUES} values`);
  if (depth > MAX_DEPTH) throw invalid(`${path} nests deeper than ${MAX_DEPTH} levels`);
  try {
    return parseJsonText(text);
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'bundle_invalid') throw cause;
    throw invalid(`${path} is not JSON that can be trusted: ${(cause as Error).message}`, cause);
  }
}

function invalid(why: string, cause?: unknown): AppError {
  return new AppError('bundle_invalid', `The bundle cannot be used: ${why}.`, { cause });
}
