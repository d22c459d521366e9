import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultCacheDir } from '../../src/authoring/toolchain/tool.ts';
import { packMembers, readBundle, unpackMembers } from '../../src/bundle/bundle.ts';
import { withManifest } from '../../src/bundle/manifest.ts';
import { policyCommand } from '../../src/cli/policy.ts';
import { EXIT } from '../../src/cli/terminal.ts';
import { redescribed } from '../support/bundles.ts';
import { DECISION, decidingFolder, policyFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

const TOO_LOW = { 'config/data.json': '{"limit": 0}' };

beforeAll(async () => {
  await realTool('regal');
  await realTool('opa');
});

/** Runs `countersign policy` with arguments and answers what a shell would see; a fault is thrown. */
async function run(policiesDir: string, ...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const codes: number[] = [EXIT.ok];
  const bundleFile = join(policiesDir, 'bundles', 'default.tar.gz');
  const command = policyCommand({
    policiesDir,
    bundleFile,
    pagesDir: join(policiesDir, 'pages'),
    toolOptions: { opa: process.env['COUNTERSIGN_OPA'], cacheDir: defaultCacheDir(process.env), env: process.env },
    terminal: { out: (text) => out.push(text), err: (text) => err.push(text), stdin: async () => '' },
    finish: (code) => codes.push(code),
  });
  await command.parseAsync(args, { from: 'user' });
  return { code: codes.at(-1), out: out.join('\n'), err: err.join('\n'), bundleFile };
}

describe('countersign policy', () => {
  it('builds the bundle and says what it is', async () => {
    const { code, out, bundleFile } = await run(await decidingFolder(), 'build');
    const { name, digest, revision } = await readBundle(await readFile(bundleFile));
    expect(name).toBe('default');
    expect({ code, out }).toEqual({ code: EXIT.ok, out: `${bundleFile}: revision ${revision}, ${digest}` });
  });

  it('builds another folder to another file', async () => {
    const [home, other] = [await decidingFolder(), await decidingFolder()];
    const file = join(home, 'strict.tar.gz');
    expect((await run(home, 'build', other, '-o', file)).code).toBe(EXIT.ok);
    expect((await readBundle(await readFile(file))).name).toBe('strict');
  });

  it('shows a bundle, and tells whether its module is what its sources compile to', async () => {
    const home = await decidingFolder();
    const { bundleFile } = await run(home, 'build');
    const { revision } = await readBundle(await readFile(bundleFile));
    expect(JSON.parse((await run(home, 'show', '--verify')).out)).toMatchObject({
      revision,
      compiled_from_sources: true,
    });

    const members = await unpackMembers(await readFile(bundleFile));
    const source = Buffer.from(members.get('approval/decision.rego') ?? []).toString();
    const lying = new Map(members).set('approval/decision.rego', Buffer.from(source.replace('"critical"', '"high"')));
    await writeFile(bundleFile, await packMembers(redescribed(lying)));
    expect(JSON.parse((await run(home, 'show')).out)).not.toHaveProperty('compiled_from_sources');
    const { code, out, err } = await run(home, 'show', '--verify');
    expect([code, out, err]).toEqual([
      EXIT.no,
      '',
      'policy.wasm is not the module that the sources in the bundle compile to.',
    ]);

    const { metadata } = (await readBundle(await packMembers(members))).manifest;
    const reworded = withManifest(members, { ...metadata, sentences: { kind_unknown: 'Try again later.' } });
    await writeFile(bundleFile, await packMembers(reworded));
    expect((await run(home, 'show', '--verify')).err).toBe(
      'The sentences in the manifest are not those of the METADATA in the bundle.',
    );
    const older = withManifest(members, { ...metadata, opa: '1.0.1' });
    await writeFile(bundleFile, await packMembers(older));
    await expect(run(home, 'show', '--verify')).rejects.toMatchObject({
      code: 'bundle_invalid',
      message: expect.stringContaining('cannot be compared with its sources: The bundle was compiled by opa 1.0.1'),
    });
  });

  it('leaves the active bundle when a build fails', async () => {
    const home = await decidingFolder();
    const before = await readFile((await run(home, 'build')).bundleFile);
    await writeFile(join(home, 'config/data.json'), TOO_LOW['config/data.json']);
    const { code, out, err, bundleFile } = await run(home, 'build');
    expect({ code, out }).toEqual({ code: EXIT.no, out: '' });
    expect(err).toBe(`${home}/config/data.json:1:11: /config/limit: must be >= 1`);
    expect(await readFile(bundleFile)).toEqual(before);
  });

  it('tries the bundle before it writes it', async () => {
    const home = await decidingFolder({
      'approval/decision.rego': DECISION.replace('{"code": "kind_unknown"}', '{"code": "Kind Unknown"}'),
    });
    const { code, err, bundleFile } = await run(home, 'build');
    expect(code).toBe(EXIT.no);
    expect(err).toMatch(
      /:1:1: The bundle does not pass its smoke test: a request of the kind smoke_test.* fails: denials/,
    );
    await expect(readFile(bundleFile)).rejects.toThrow('ENOENT');
  });

  it.each(['check', 'build'])('%s says what is probably not meant, and goes on', async (name) => {
    const people = { 'ann.lee': { active: true, team: 'payments', groups: [] } };
    const folder = await decidingFolder({
      'organisation/data.json': JSON.stringify({ people, groups: { payments: {} } }),
      'schemas/organisation.json': '{}',
    });
    const warning = '/organisation/people: no person is in any group except their team';
    expect(await run(folder, name)).toMatchObject({
      code: EXIT.ok,
      err: `${folder}/organisation/data.json:1:11: warning: ${warning}`,
    });
  });

  it.each(['check', 'fmt', 'test', 'lint'])('%s accepts good policies', async (name) => {
    expect(await run(await policyFolder(), name)).toMatchObject({ code: EXIT.ok, err: '' });
  });

  it('pages --check says which are not what the policies say', async () => {
    const folder = await policyFolder();
    expect(await run(folder, 'pages', '--check')).toMatchObject({
      code: EXIT.no,
      err: `${folder}/pages/README.md:1:1: differs from the policies; write the pages again`,
    });
    expect(await run(folder, 'pages')).toMatchObject({ code: EXIT.ok, out: `${folder}/pages/README.md` });
    expect(await run(folder, 'pages', '--check')).toMatchObject({ code: EXIT.ok, out: '', err: '' });
  });

  it('fmt --write says what it wrote', async () => {
    const folder = await policyFolder({ 'a/a.rego': 'package a\nx   :=   1' });
    expect((await run(folder, 'fmt')).code).toBe(EXIT.no);
    expect(await run(folder, 'fmt', '--write')).toMatchObject({ code: EXIT.ok, out: join(folder, 'a/a.rego') });
    expect((await run(folder, 'fmt')).code).toBe(EXIT.ok);
  });
});
