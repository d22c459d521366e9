import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { type Sha256, sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { measureJson } from '../base/json-measure.ts';
import { MAX_DEPTH, parseJsonText } from '../base/json-text.ts';
import { parseWith } from '../base/parse.ts';
import { type BundleLimits, unpackBundle } from '../rego/bundle.ts';
import { RegoError } from '../rego/errors.ts';
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
const LIMITS: BundleLimits = {
  maxBytes: MAX_BUNDLE_BYTES,
  maxUnpackedBytes: 128 * 1024 * 1024,
  // Files and folders: each costs time to read, even if it is empty.
  maxEntries: 10_000,
};
/** Many times what OPA makes of a large folder of policies. */
const MAX_WASM_BYTES = 16 * 1024 * 1024;
/** Of members and items in one JSON file. */
const MAX_VALUES = 5_000_000;

/** A bundle whose members match its manifest. Its digests are `sha256:` and 64 hex digits. */
export interface Bundle {
  name: string;
  revision: string;
  /** See bundleDigest. */
  digest: Sha256;
  wasmDigest: Sha256;
  dataDigest: Sha256;
  wasm: Uint8Array;
  data: unknown;
  /** The bytes of data.json that `dataDigest` covers. These go to WASM, not `data` written again (law 5). */
  dataBytes: Uint8Array;
  manifest: Manifest;
  entrypoints: readonly string[];
  opaVersion: string;
  members: Members;
}

/**
 * Reads a bundle from a gzipped tar. The bytes are untrusted: rejects with AppError `bundle_invalid` where they are not a
 * complete bundle, or exceed a bound.
 *
 * @example const { revision, digest, data } = await readBundle(await readFile('bundles/default.tar.gz'));
 */
export async function readBundle(bytes: Uint8Array): Promise<Bundle> {
  return bundleOf(await unpackMembers(bytes));
}

/** Reads unpacked members as readBundle does. Throws AppError `bundle_invalid`. */
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

/**
 * Unpacks the members of a gzipped tar. The bytes are untrusted: rejects with AppError `bundle_invalid` for an archive that is
 * broken, hostile or too large.
 */
export async function unpackMembers(bytes: Uint8Array): Promise<Members> {
  try {
    return await unpackBundle(bytes, LIMITS);
  } catch (cause) {
    if (cause instanceof RegoError) throw new AppError('bundle_invalid', cause.message, { cause });
    throw cause;
  }
}

/** Packs members into a gzipped tar. The same members give the same bytes. */
export async function packMembers(members: Members): Promise<Uint8Array> {
  const archive = pack();
  for (const [name, content] of sortedMembers(members)) {
    archive.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, Buffer.from(content));
  }
  archive.finalize();
  return promisify(gzip)(await buffer(archive), { level: 9 });
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
    throw invalid(`${path} is not JSON as required: ${(cause as Error).message}`, cause);
  }
}

function invalid(why: string, cause?: unknown): AppError {
  return new AppError('bundle_invalid', `The bundle cannot be used: ${why}.`, { cause });
}
