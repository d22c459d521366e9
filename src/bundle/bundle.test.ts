import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../base/canonical-json.ts';
import { packMembers, readBundle } from './bundle.ts';
import { bundleDigest, MANIFEST_MEMBER, type Manifest, type Members, withManifest } from './manifest.ts';

const CLAIMS = {
  name: 'default',
  opa: '1.22.2',
  capabilities: sha256('{}'),
  entrypoints: ['approval/decision'],
  sentences: { water_low: 'The tank is almost empty.' },
};

const SOURCES: Readonly<Record<string, string>> = {
  'approval/decision.rego': 'package approval\n',
  'data.json': '{"config":{"limit":10}}',
  'policy.wasm': '\0asm',
};

const membersOf = (files: Record<string, string>): Members =>
  new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));

/** Members that were changed after the manifest was made. */
function members(changes: Record<string, string | null> = {}): Members {
  const entries = Object.entries({ ...FILES, ...changes });
  return new Map(entries.flatMap(([path, text]) => (text === null ? [] : [[path, Buffer.from(text)]])));
}

/** The manifest that is made for these files. */
const remade = (files: Record<string, string>) =>
  Buffer.from(withManifest(membersOf(files), CLAIMS).get(MANIFEST_MEMBER) ?? '').toString();

const MANIFEST = JSON.parse(remade(SOURCES)) as Manifest;
const FILES: Readonly<Record<string, string>> = { '.manifest': remade(SOURCES), ...SOURCES };

function withAlgorithm(algorithm: string) {
  const files = MANIFEST.metadata.files.map((file) => ({ ...file, algorithm }));
  return { ...MANIFEST, metadata: { ...MANIFEST.metadata, files } };
}

/** A gzipped tar with exactly these entries, in this order. */
async function tarOf(
  entries: readonly (readonly [Partial<Header> & { name: string }, string?])[],
): Promise<Uint8Array> {
  const archive = pack();
  for (const [header, text] of entries) archive.entry(header, text ?? '');
  archive.finalize();
  return gzipSync(await buffer(archive));
}

const whole = Object.entries(FILES).map(([name, text]) => [{ name }, text] as const);

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await readBundle(bytes).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'bundle_invalid' });
  return error.message;
}

const withSentences = (sentences: Record<string, string>) => ({
  ...MANIFEST,
  metadata: { ...MANIFEST.metadata, sentences },
});

describe('readBundle', () => {
  it('reads what packMembers wrote', async () => {
    const bundle = await readBundle(await packMembers(members()));
    expect(bundle).toMatchObject({
      name: 'default',
      revision: MANIFEST.revision,
      digest: bundleDigest(members()),
      wasmDigest: sha256('\0asm'),
      dataDigest: sha256('{"config":{"limit":10}}'),
      data: { config: { limit: 10 } },
      entrypoints: ['approval/decision'],
      opaVersion: '1.22.2',
      manifest: MANIFEST,
    });
    expect(Buffer.from(bundle.wasm)).toEqual(Buffer.from('\0asm'));
    expect(Buffer.from(bundle.dataBytes).toString()).toBe('{"config":{"limit":10}}');
    expect([...bundle.members.keys()]).toEqual(Object.keys(FILES).sort());
  });

  it.each(['/', './'])('takes paths that begin with %s', async (prefix) => {
    const bytes = await tarOf(whole.map(([{ name }, text]) => [{ name: `${prefix}${name}` }, text]));
    expect((await readBundle(bytes)).digest).toBe(bundleDigest(members()));
  });

  it('takes no notice of folders', async () => {
    const bytes = await tarOf([[{ name: 'approval/', type: 'directory' }], ...whole]);
    expect((await readBundle(bytes)).digest).toBe(bundleDigest(members()));
  });

  it.each(['.manifest', 'policy.wasm', 'data.json'])('needs %s', async (path) => {
    const { [path]: _, ...others } = SOURCES;
    const manifest = path === '.manifest' ? {} : { '.manifest': remade(others) };
    expect(await refusal(await packMembers(membersOf({ ...others, ...manifest })))).toContain(`it has no ${path}`);
  });

  it.each<[string, Record<string, string | null>, string]>([
    ['a module', { 'policy.wasm': '\0asn' }, 'policy.wasm does not match its digest in the manifest'],
    ['a source', { 'approval/decision.rego': 'package a\n' }, 'approval/decision.rego does not match its digest'],
    ['data', { 'data.json': '{}' }, 'data.json does not match its digest'],
    ['a source that is gone', { 'approval/decision.rego': null }, 'lists a file that is missing'],
    ['a source that came later', { 'a.rego': 'package a\n' }, 'its manifest has no digest of a.rego'],
  ])('needs %s to be the one of the manifest', async (_, changes, why) => {
    expect(await refusal(await packMembers(members(changes)))).toContain(why);
  });

  it('needs digests of all members, each once', async () => {
    const { files } = MANIFEST.metadata;
    for (const others of [
      undefined,
      [],
      files.slice(1),
      [...files, files[0]],
      [...files, { ...files[0], name: 'x' }],
    ]) {
      const manifest = { ...MANIFEST, metadata: { ...MANIFEST.metadata, files: others } };
      const why = await refusal(await packMembers(members({ '.manifest': JSON.stringify(manifest) })));
      expect(why).toMatch(/manifest (?:has no digest|lists a file)|metadata\/files/);
    }
  });

  it('needs the revision that follows from sources and data, whatever the module', async () => {
    const other = { ...MANIFEST, revision: '0123456789ab' };
    const bytes = await packMembers(members({ '.manifest': JSON.stringify(other) }));
    expect(await refusal(bytes)).toContain('its revision does not match its sources and data');
    expect(JSON.parse(remade({ ...SOURCES, 'policy.wasm': 'other' })).revision).toBe(MANIFEST.revision);
    expect(JSON.parse(remade({ ...SOURCES, 'data.json': '{}' })).revision).not.toBe(MANIFEST.revision);
  });

  it.each([
    ['revision', { ...MANIFEST, revision: '' }],
    ['metadata', { ...MANIFEST, metadata: undefined }],
    ['metadata/entrypoints', { ...MANIFEST, metadata: { ...MANIFEST.metadata, entrypoints: [] } }],
    ['metadata/opa', { ...MANIFEST, metadata: { ...MANIFEST.metadata, opa: 'newest' } }],
    ['metadata/capabilities', { ...MANIFEST, metadata: { ...MANIFEST.metadata, capabilities: 'sha256:0' } }],
    ['metadata/files/0/algorithm', withAlgorithm('MD5')],
    ['metadata/sentences/No code', withSentences({ 'No code': 'Why.' })],
    ['metadata/sentences/empty', withSentences({ empty: '' })],
    ['metadata/sentences/long', withSentences({ long: 'a'.repeat(1001) })],
    ['metadata/sentences/two_lines', withSentences({ two_lines: 'Denied.\nAllowed.' })],
    ['metadata/sentences/turned', withSentences({ turned: 'Denied \u202e.' })],
    ['rego_version', { ...MANIFEST, rego_version: 0 }],
  ])('needs a manifest with %s', async (pointer, manifest) => {
    const bytes = await packMembers(members({ '.manifest': JSON.stringify(manifest) }));
    expect(await refusal(bytes)).toContain(`/${pointer}:`);
  });

  it.each([
    ['.manifest', '{'],
    ['.manifest', '{"revision":"a","revision":"b"}'],
    ['data.json', '{"a":1,}'],
    ['data.json', '\uFEFF'],
    ['data.json', '{"a":9007199254740993}'],
  ])('refuses a %s of %j', async (path, text) => {
    const files = path === 'data.json' ? { ...SOURCES, [path]: text } : SOURCES;
    const changed = members({ ...files, '.manifest': remade(files), [path]: text });
    expect(await refusal(await packMembers(changed))).toContain(`${path} is not JSON`);
  });

  it.each(['../evil', 'a/../../evil', '//etc/passwd', 'a//b', 'a/./b', 'a\\b', 'a\nb', 'ä', ''])(
    'refuses the path %j',
    async (name) => {
      expect(await refusal(await tarOf([...whole, [{ name }, 'x']]))).toContain('a member with the path');
    },
  );

  it.each(['symlink', 'link', 'character-device', 'fifo'] as const)('refuses a %s', async (type) => {
    const linkname = 'data.json';
    expect(await refusal(await tarOf([...whole, [{ name: 'x', type, linkname }]]))).toContain(`x is a ${type}`);
  });

  it.each(['data.yaml', 'data.yml', 'approval/data.json', 'approval/policy.wasm', 'patch.json', 'approval/.manifest'])(
    'refuses %s, which OPA would read and we would not',
    async (path) => {
      expect(await refusal(await packMembers(members({ [path]: '{}' })))).toContain(`${path} would change the policy`);
    },
  );

  it.each(['data.json', '/data.json', './data.json'])('refuses a second data.json as %s', async (name) => {
    expect(await refusal(await tarOf([...whole, [{ name }, '{}']]))).toContain('it holds data.json twice');
  });

  it('refuses what is not a gzipped tar', async () => {
    for (const bytes of [Buffer.from(''), Buffer.from('hello'), gzipSync('hello'), gzipSync(Buffer.alloc(2048, 'x'))]) {
      await refusal(bytes);
    }
  });

  it('refuses every bundle that is cut off', async () => {
    const bytes = await packMembers(members());
    for (let length = 0; length < bytes.length; length++) await refusal(bytes.subarray(0, length));
    const tar = gunzipSync(bytes);
    await refusal(gzipSync(tar.subarray(0, 1536 - 512)));
  });

  it('stops a decompression bomb', async () => {
    expect(await refusal(gzipSync(Buffer.alloc(129 * 1024 * 1024), { level: 1 }))).toContain('not a gzipped tar');
  });

  it('refuses more bytes than a bundle may have', async () => {
    expect(await refusal(Buffer.alloc(32 * 1024 * 1024 + 1))).toContain('larger than');
  });

  it('refuses more members than a bundle may have', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => [{ name: `f${index}` }, ''] as const);
    expect(await refusal(await tarOf([...whole, ...many]))).toContain('more than 10000 files and folders');
  });

  it('counts folders, and reads no further when there are too many', async () => {
    const header = gunzipSync(await tarOf([[{ name: 'f/', type: 'directory' }]])).subarray(0, 512);
    const some = Buffer.alloc(header.length * 1000);
    for (let at = 0; at < some.length; at += header.length) header.copy(some, at);
    const folders = gzipSync(Buffer.concat(Array.from({ length: 200 }, () => some)));
    expect(await refusal(folders)).toContain('more than 10000 files and folders');
  });
});

describe('bundleDigest', () => {
  it('is that of the members, in any order and however packed', async () => {
    const digest = bundleDigest(members());
    expect(digest).toBe(
      sha256(
        `[${Object.keys(FILES)
          .sort()
          .map((path) => `{"path":"${path}","sha256":"${sha256(FILES[path] ?? '')}"}`)
          .join(',')}]`,
      ),
    );
    expect(bundleDigest(new Map([...members()].reverse()))).toBe(digest);
    const dated = whole.map(([{ name }, text]) => [{ name, mtime: new Date(), mode: 0o600 }, text] as const);
    expect((await readBundle(await tarOf(dated.reverse()))).digest).toBe(digest);
  });

  it('changes with any path and any byte', () => {
    const digests = [members(), members({ 'data.json': '{}' }), members({ 'x.rego': '' }), members({ 'y.rego': '' })];
    expect(new Set(digests.map(bundleDigest)).size).toBe(4);
  });
});

describe('packMembers', () => {
  it('writes the same bytes for the same members', async () => {
    expect(await packMembers(new Map([...members()].reverse()))).toEqual(await packMembers(members()));
  });
});
