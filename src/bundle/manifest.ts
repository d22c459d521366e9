import { z } from 'zod';
import { canonicalJson, digestOf, type Sha256, sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { onOneLine } from '../base/text.ts';

export const MANIFEST_MEMBER = '.manifest';
export const WASM_MEMBER = 'policy.wasm';
export const DATA_MEMBER = 'data.json';

const ALGORITHM = 'SHA-256';

const MAX_SENTENCE_LENGTH = 1000;
/** Of the form that an evaluation has to give codes. */
const codeSchema = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);
/** Sentences are shown on terminals, among others: what would break the line or hide in it is refused. */
const sentenceSchema = z
  .string()
  .min(1)
  .max(MAX_SENTENCE_LENGTH)
  .refine((text) => onOneLine(text) === text, 'contains invisible characters');

/**
 * OPA's manifest, with our additions under `metadata`. The entry points stand there and not under `wasm`: an `opa`
 * without a WASM engine, as most are, refuses a bundle that has `wasm` in its manifest. Without it, any `opa` evaluates
 * the sources that the module was compiled from. `files` has the form of `files` in the payload of OPA's bundle signatures
 * (https://www.openpolicyagent.org/docs/management-bundles#signature-format); here each hash is over the bytes as they are.
 */
export const manifestSchema = z.looseObject({
  revision: z.string().min(1),
  roots: z.array(z.string()),
  rego_version: z.literal(1),
  metadata: z.looseObject({
    name: z.string().min(1),
    opa: z.string().regex(/^\d+\.\d+\.\d+$/),
    capabilities: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    entrypoints: z.array(z.string().min(1)).min(1),
    /** The sentences for the codes that the policy reports. OPA ignores them. */
    sentences: z.record(codeSchema, sentenceSchema).default({}),
    files: z.array(
      z.strictObject({
        name: z.string(),
        hash: z.string().regex(/^[0-9a-f]{64}$/),
        algorithm: z.literal(ALGORITHM),
      }),
    ),
  }),
});
export type Manifest = z.output<typeof manifestSchema>;

/** Files of a bundle by path, as in `approval/decision.rego`. */
export type Members = ReadonlyMap<string, Uint8Array>;

/** What only the manifest of a bundle tells. */
export type ManifestClaims = Pick<Manifest['metadata'], 'name' | 'opa' | 'capabilities' | 'entrypoints' | 'sentences'>;

/** Returns the members with a manifest of their own: their digests, and the revision that follows from the sources. */
export function withManifest(members: Members, claims: ManifestClaims): Members {
  const { name, opa, capabilities, entrypoints, sentences } = claims;
  const metadata = { name, opa, capabilities, entrypoints, sentences, files: filesOf(members) };
  const manifest = { revision: revisionOf(members), roots: [''], rego_version: 1, metadata };
  return new Map(members).set(MANIFEST_MEMBER, new TextEncoder().encode(canonicalJson(manifest)));
}

/** Throws AppError `bundle_invalid` where members or revision are not those of the manifest. */
export function requireMembers({ revision, metadata }: Manifest, members: Members): void {
  const stated = new Map(metadata.files.map(({ name, hash }) => [name, hash]));
  const actual = filesOf(members);
  for (const { name, hash } of actual) {
    if (!stated.has(name)) throw invalid(`its manifest has no digest of ${name}`);
    if (stated.get(name) !== hash) throw invalid(`${name} does not match its digest in the manifest`);
  }
  if (metadata.files.length !== actual.length)
    throw invalid('its manifest lists a file that is missing, or lists a file twice');
  if (revision !== revisionOf(members)) throw invalid('its revision does not match its sources and data');
}

/** The digest of a bundle. It covers the members alone, so that neither tar nor gzip nor their dates matter. */
export function bundleDigest(members: Members): Sha256 {
  return digestOf(sortedMembers(members).map(([path, bytes]) => ({ path, sha256: sha256(bytes) })));
}

export function sortedMembers(members: Members): [string, Uint8Array][] {
  return [...members].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The digests of all members but the manifest itself. */
function filesOf(members: Members): Manifest['metadata']['files'] {
  return sortedMembers(members)
    .filter(([name]) => name !== MANIFEST_MEMBER)
    .map(([name, bytes]) => ({ name, hash: sha256(bytes).slice('sha256:'.length), algorithm: ALGORITHM }));
}

/** Follows from sources, data and controls, so that the same folder has the same revision whichever `opa` compiles it. */
function revisionOf(members: Members): string {
  const sources = [...members].filter(([name]) => name !== MANIFEST_MEMBER && name !== WASM_MEMBER);
  return bundleDigest(new Map(sources)).slice('sha256:'.length).slice(0, 12);
}

function invalid(why: string): AppError {
  return new AppError('bundle_invalid', `The bundle cannot be used: ${why}.`);
}
