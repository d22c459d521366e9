import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUNDLE_FILE } from '../../src/base/installation.ts';
import { openBundle, openModule, type RegoBundle, readBundle, startWorker } from '../../src/rego/rego.ts';
import { buildPlainBundle } from './build.ts';

let built: Uint8Array;
let wasm: Uint8Array;

beforeAll(async () => {
  built = await buildPlainBundle();
  wasm = (await readBundle(built)).wasm;
}, 120_000);

/** A bundle of these files beside a policy.wasm. */
async function bundleOf(files: Record<string, string | Uint8Array | null>, header: Partial<Header> = {}) {
  const archive = pack();
  for (const [name, content] of Object.entries({ '/policy.wasm': wasm, ...files })) {
    if (content !== null) archive.entry({ name, ...(name === '/policy.wasm' ? {} : header) }, Buffer.from(content));
  }
  archive.finalize();
  return gzipSync(await buffer(archive));
}

const manifest = (content: object) => ({ '/.manifest': JSON.stringify(content) });
const refusal = (bytes: Uint8Array, limits = {}) => readBundle(bytes, limits).catch((error) => error);

describe('a bundle of plain opa', () => {
  it('is read with its manifest, module and data', async () => {
    const { revision, roots, entrypoints, data, files } = await readBundle(built);
    expect([revision, roots]).toEqual(['', ['']]);
    expect(entrypoints).toContain('authz/allow');
    expect(Buffer.from(data).toString()).toContain('9007199254740993');
    expect([...files.keys()].sort()).toEqual(['.manifest', 'authz.rego', 'data.json', 'policy.wasm']);
  });

  it.each([BUNDLE_FILE, undefined, null, 7])('is given as bytes, and not as %j', async (wrong) => {
    const given = wrong as unknown as Uint8Array;
    const bytes = expect.stringContaining('given as bytes (a Uint8Array)');
    for (const open of [openBundle, readBundle]) {
      await expect(open(given)).rejects.toMatchObject({ name: 'RegoError', code: 'bundle_invalid', message: bytes });
    }
    const refused = { name: 'RegoError', code: 'module_invalid', message: bytes };
    await expect(openModule(given)).rejects.toMatchObject(refused);
    await expect(startWorker(given, { timeoutMs: 1000 })).rejects.toMatchObject(refused);
  });

  it('may be one of Countersign, which any opa evaluates', async () => {
    const policy = await openBundle(await readFile(BUNDLE_FILE));
    expect(policy.entrypoints).toContain('approval/decision');
    expect(policy.evaluate('approval/decision', { kind: 'none' }).status).not.toBe('failed');
  });

  it('needs neither manifest nor data', async () => {
    const { roots, entrypoints, data }: RegoBundle = await readBundle(await bundleOf({}));
    expect({ roots, entrypoints, data: Buffer.from(data).toString() }).toEqual({
      roots: [''],
      entrypoints: [],
      data: '{}',
    });
  });

  it('owns its roots, which may hold data at any depth', async () => {
    const files = { ...manifest({ revision: 'r1', roots: ['/a/b/', 'c'] }), '/data.json': '{"a":{"b":1},"c":{"d":2}}' };
    expect(await readBundle(await bundleOf(files))).toMatchObject({ revision: 'r1', roots: ['a/b', 'c'] });
  });
});

describe('a bundle is refused', () => {
  it.each<[string, Record<string, string | null>, RegExp]>([
    ['without a module', { '/policy.wasm': null, '/data.json': '{}' }, /has no policy\.wasm/],
    ['with data that are no JSON', { '/data.json': '{"a":1} x' }, /data\.json is not JSON/],
    ['with data that are no object', { '/data.json': '[1]' }, /data\.json is not a JSON object/],
    ['with data outside of its roots', { ...manifest({ roots: ['a'] }), '/data.json': '{"b":1}' }, /data at b are not/],
    ['with data beside its roots', { ...manifest({ roots: ['a/b'] }), '/data.json': '{"a":{"c":1}}' }, /data at a\/c/],
    ['with roots in each other', manifest({ roots: ['a', 'a/b'] }), /root "a\/b" lies in another one/],
    ['with roots that are no strings', manifest({ roots: [1] }), /roots are not a list of strings/],
    ['with a second module', manifest({ wasm: [{ entrypoint: 'a', module: '/b.wasm' }] }), /module other than/],
    ['with a nameless entrypoint', manifest({ wasm: [{ module: '/policy.wasm' }] }), /entrypoint without a name/],
    ['with data in a folder', { '/a/data.json': '{}' }, /a\/data\.json would change the policy unseen/],
    ['with data as YAML', { '/data.yaml': 'a: 1' }, /data\.yaml would change/],
    ['that is a delta', { '/patch.json': '{}' }, /patch\.json would change/],
    ['with a path that leads elsewhere', { '/../data.json': '{}' }, /member with the path "\/\.\.\/data\.json"/],
    ['with a file twice', { '/a.rego': '', 'a.rego': '' }, /holds a\.rego twice/],
  ])('%s', async (_, files, why) => {
    expect(await refusal(await bundleOf(files))).toMatchObject({
      name: 'RegoError',
      code: 'bundle_invalid',
      message: expect.stringMatching(why),
    });
  });

  it('that is no gzipped tar, or larger than its limits', async () => {
    expect(await refusal(new TextEncoder().encode('hello'))).toMatchObject({ code: 'bundle_invalid' });
    for (const limits of [{ maxBytes: 1000 }, { maxUnpackedBytes: 1000 }, { maxEntries: 1 }]) {
      expect(await refusal(built, limits)).toMatchObject({ code: 'bundle_invalid' });
    }
  });

  it('with a link', async () => {
    const linked = await bundleOf({ '/data.json': '' }, { type: 'symlink', linkname: '/etc/passwd' });
    expect(await refusal(linked)).toMatchObject({ message: expect.stringContaining('data.json is a symlink') });
  });

  it('whose manifest names an entrypoint that its module does not have', async () => {
    const bytes = await bundleOf(manifest({ wasm: [{ entrypoint: 'authz/none', module: '/policy.wasm' }] }));
    await expect(openBundle(bytes, { missingBuiltins: 'abort' })).rejects.toMatchObject({
      code: 'bundle_invalid',
      message: expect.stringContaining('authz/none'),
    });
  });
});
