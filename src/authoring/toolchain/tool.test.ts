import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { defaultCacheDir, findTool, opaAsset, pinnedVersion, regalAsset, type ToolOptions } from './tool.ts';

const PINNED = '9.8.7';
const NOWHERE = 'http://127.0.0.1:1';

let folder: string;
let cached: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-tool-'));
  cached = join(folder, 'cache', `opa-${PINNED}`, 'opa');
  await write(
    'tools/go.mod',
    `module example\n\nrequire (\n\tgithub.com/open-policy-agent/opa v${PINNED} // indirect\n)\n`,
  );
  await write('tools/regal/go.mod', 'module example\n\nrequire github.com/open-policy-agent/regal v0.1.2\n');
  await mkdir(join(folder, 'bin'));
  return () => rm(folder, { recursive: true });
});

function options(more: Partial<ToolOptions> = {}): ToolOptions {
  const env = { PATH: join(folder, 'bin') };
  return { cacheDir: join(folder, 'cache'), env, toolsDir: join(folder, 'tools'), releasesUrl: NOWHERE, ...more };
}

async function write(path: string, content: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

async function script(path: string, body: string): Promise<string> {
  const file = await write(path, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}

const says = (version: string) => `echo "Version: ${version}"`;

/** A `go` that notes how it was called, in `go-calls`, and builds what says it is `version`. */
function fakeGo(version: string): Promise<string> {
  const program = `#!/bin/sh\\n${says(version).replaceAll('"', '\\"')}\\n`;
  return script(
    'bin/go',
    [
      `echo "$PWD|$GOFLAGS|$CGO_ENABLED|$GOWORK|$*" >> "${join(folder, 'go-calls')}"`,
      'while [ "$1" != -o ]; do shift; done',
      'echo "go: compiling" >&2',
      `printf "${program}" > "$2" && /bin/chmod 755 "$2"`,
    ].join('\n'),
  );
}

async function releases(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Publishes one binary with a checksum; anything else is 404. */
function publish(path: string, binary: string, checksumOf: string): Promise<string> {
  const checksum = createHash('sha256').update(checksumOf).digest('hex');
  const name = path.split('/').at(-1);
  const [checksums, text] = path.includes('/regal/')
    ? [path.replace(/[^/]+$/, 'checksums.txt'), `${'0'.repeat(64)}  other\n${checksum}  ${name}\n`]
    : [`${path}.sha256`, `${checksum}  ${name}\n`];
  const files = new Map([
    [path, binary],
    [checksums, text],
  ]);
  return releases(({ url = '' }, response) => {
    response.statusCode = files.has(url) ? 200 : 404;
    response.end(files.get(url));
  });
}

const opaPath = `/open-policy-agent/opa/releases/download/v${PINNED}/${opaAsset(process.platform, process.arch).binary}`;

describe.skipIf(process.platform === 'win32')('findTool', () => {
  it('takes what COUNTERSIGN_OPA names before anything else', async () => {
    const opa = await script('mine/opa', says(PINNED));
    await script(`cache/opa-${PINNED}/opa`, says(PINNED));
    expect(await findTool('opa', options({ opa }))).toBe(opa);
  });

  it.each([
    ['is of another version', says('1.4.2'), /COUNTERSIGN_OPA does not name opa 9\.8\.7: .* is version 1\.4\.2/],
    ['says no version', 'echo hello', /is of unknown version/],
    ['does not exist', null, /cannot run .*: ENOENT/],
  ])('is an error when what COUNTERSIGN_OPA names %s', async (_, body, message) => {
    await script('bin/opa', says(PINNED));
    const opa = join(folder, 'mine/opa');
    if (body !== null) await script('mine/opa', body);
    await expect(findTool('opa', options({ opa }))).rejects.toMatchObject({
      code: 'tool_missing',
      message: expect.stringMatching(message),
    });
  });

  it('leaves COUNTERSIGN_OPA aside when it looks for regal', async () => {
    const regal = await script('bin/regal', says('0.1.2'));
    expect(await findTool('regal', options({ opa: '/nowhere/opa' }))).toBe(regal);
  });

  it('takes the cache before PATH', async () => {
    await script(`cache/opa-${PINNED}/opa`, says(PINNED));
    await script('bin/opa', says(PINNED));
    expect(await findTool('opa', options())).toBe(cached);
  });

  it('passes over an opa of another version on PATH', async () => {
    await script('first/opa', says('1.4.2'));
    const opa = await script('second/opa', says(PINNED));
    const PATH = [join(folder, 'first'), join(folder, 'second')].join(delimiter);
    expect(await findTool('opa', options({ env: { PATH } }))).toBe(opa);
  });

  it('builds with Go into the cache, with nothing of the flags of the user', async () => {
    await fakeGo(PINNED);
    await script('bin/opa', says('1.4.2'));
    const lines: string[] = [];
    const env = { PATH: join(folder, 'bin'), GOFLAGS: '-mod=vendor', GOWORK: '/elsewhere' };
    expect(await findTool('opa', options({ env, onProgress: (line) => lines.push(line) }))).toBe(cached);
    expect(lines).toEqual([expect.stringMatching(/^building opa 9\.8\.7 with Go/), 'go: compiling']);
    const [call] = (await readFile(join(folder, 'go-calls'), 'utf8')).split('\n');
    expect(call).toMatch(
      /\/tools\|\|0\|off\|build -trimpath -mod=readonly -ldflags {2}-o .* github.com\/open-policy-agent\/opa$/,
    );
    expect(await readdir(dirname(cached))).toEqual(['opa']);
  });

  it('tells Regal its version when it builds it', async () => {
    await fakeGo('0.1.2');
    const regal = await findTool('regal', options());
    expect(regal).toBe(join(folder, 'cache/regal-0.1.2/regal'));
    const calls = await readFile(join(folder, 'go-calls'), 'utf8');
    expect(calls).toMatch(/\/tools\/regal\|.* -X github.com\/open-policy-agent\/regal\/pkg\/version.Version=0\.1\.2 /);
  });

  it('lets callers at the same time build side by side', async () => {
    await fakeGo(PINNED);
    const found = await Promise.all(Array.from({ length: 4 }, () => findTool('opa', options())));
    expect(new Set(found)).toEqual(new Set([cached]));
    expect(await readdir(dirname(cached))).toEqual(['opa']);
  });

  it('downloads when Go fails, and makes it executable', async () => {
    await script('bin/go', 'echo "no network" >&2; exit 1');
    const binary = `#!/bin/sh\n${says(PINNED)}\n`;
    expect(await findTool('opa', options({ releasesUrl: await publish(opaPath, binary, binary) }))).toBe(cached);
    expect(await readFile(cached, 'utf8')).toBe(binary);
  });

  it('finds the checksum of Regal in the list of all', async () => {
    const binary = `#!/bin/sh\n${says('0.1.2')}\n`;
    const asset = regalAsset(process.platform, process.arch).binary;
    const path = `/open-policy-agent/regal/releases/download/v0.1.2/${asset}`;
    const regal = await findTool('regal', options({ releasesUrl: await publish(path, binary, binary) }));
    expect(await readFile(regal, 'utf8')).toBe(binary);
  });

  it('keeps nothing of a download whose checksum is another', async () => {
    const releasesUrl = await publish(opaPath, `#!/bin/sh\n${says(PINNED)}\n`, 'what was published');
    await expect(findTool('opa', options({ releasesUrl }))).rejects.toThrow(/has SHA-256 .* was published/);
    await expect(readdir(dirname(cached))).rejects.toThrow('ENOENT');
  });

  it('keeps nothing of a download that is another version', async () => {
    const binary = `#!/bin/sh\n${says('1.0.0')}\n`;
    const releasesUrl = await publish(opaPath, binary, binary);
    await expect(findTool('opa', options({ releasesUrl }))).rejects.toThrow(/is version 1\.0\.0/);
    expect(await readdir(dirname(cached))).toEqual([]);
  });

  it('lists all that was tried when nothing is found', async () => {
    await script(`cache/opa-${PINNED}/opa`, says('1.0.0'));
    await script('bin/opa', says('1.4.2'));
    await script('bin/go', 'echo "go: no network" >&2; exit 1');
    const releasesUrl = await releases((_, response) => response.writeHead(404).end());
    const error = await findTool('opa', options({ releasesUrl })).catch((reason) => reason);
    expect(error.code).toBe('tool_missing');
    expect(error.message.replaceAll(folder, '')).toBe(
      [
        'opa 9.8.7 was not found. Tried:',
        '  COUNTERSIGN_OPA: not set',
        '  cache: /cache/opa-9.8.7/opa is version 1.0.0',
        '  PATH: /bin/opa is version 1.4.2',
        '  Go: go build ended with 1: go: no network',
        `  download: ${releasesUrl}${opaPath}.sha256: HTTP 404`,
      ].join('\n'),
    );
  });

  it('says so when there is neither tool nor Go nor network', async () => {
    const error = await findTool('opa', options()).catch((reason) => reason);
    expect(error.message).toMatch(/PATH: no opa\n {2}Go: no go on PATH\n {2}download: .*\.sha256: /);
  });
});

describe('pinnedVersion', () => {
  it('reads the go.mod of each tool', async () => {
    expect(await pinnedVersion('opa', join(folder, 'tools'))).toBe(PINNED);
    expect(await pinnedVersion('regal', join(folder, 'tools'))).toBe('0.1.2');
  });

  it('knows the versions of this project', async () => {
    expect(await pinnedVersion('opa')).toMatch(/^1\.\d+\.\d+$/);
    expect(await pinnedVersion('regal')).toMatch(/^0\.\d+\.\d+$/);
  });

  it('refuses a go.mod that pins none', async () => {
    await write('tools/go.mod', 'module example\n');
    await expect(pinnedVersion('opa', join(folder, 'tools'))).rejects.toMatchObject({ code: 'tool_missing' });
  });
});

it('names release files as their publishers do', () => {
  const names = (asset: typeof opaAsset) =>
    (
      [
        ['linux', 'x64'],
        ['linux', 'arm64'],
        ['darwin', 'x64'],
        ['darwin', 'arm64'],
        ['win32', 'x64'],
      ] as const
    ).map(([platform, arch]) => asset(platform, arch).binary);
  expect(names(opaAsset)).toEqual([
    'opa_linux_amd64_static',
    'opa_linux_arm64_static',
    'opa_darwin_amd64',
    'opa_darwin_arm64_static',
    'opa_windows_amd64.exe',
  ]);
  expect(names(regalAsset)).toEqual([
    'regal_Linux_x86_64',
    'regal_Linux_arm64',
    'regal_Darwin_x86_64',
    'regal_Darwin_arm64',
    'regal_Windows_x86_64.exe',
  ]);
});

it('caches where the user keeps caches', () => {
  expect(defaultCacheDir({ XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'countersign'));
  expect(defaultCacheDir({})).toMatch(/\.cache.countersign$/);
});
