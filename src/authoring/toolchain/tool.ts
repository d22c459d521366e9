import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../base/errors.ts';
import { run } from './run.ts';

export type Tool = 'opa' | 'regal';

export interface ToolOptions {
  /** The value of COUNTERSIGN_OPA: the path of an `opa` to use instead of any other. */
  opa?: string | undefined;
  /** The project's own cache; see defaultCacheDir. */
  cacheDir: string;
  /** The environment of this process: PATH is searched, and Go inherits the rest. */
  env: NodeJS.ProcessEnv;
  /** Gets a line when something slow begins, and the output of Go. */
  onProgress?: ((line: string) => void) | undefined;
  /** The folder whose go.mod and regal/go.mod pin the versions. */
  toolsDir?: string;
  /** Where releases are published. */
  releasesUrl?: string;
}

interface Source {
  /** The Go module, which is also the repository that publishes the releases. */
  module: string;
  /** The folder below tools/ whose go.mod pins the version. */
  directory: string;
  ldflags: (version: string) => string;
  asset: (platform: NodeJS.Platform, arch: string) => ReleaseAsset;
}

interface ReleaseAsset {
  binary: string;
  /** A file of lines `<sha256>  <name>`. */
  checksums: string;
}

const SOURCES: Readonly<Record<Tool, Source>> = {
  opa: { module: 'github.com/open-policy-agent/opa', directory: '.', ldflags: () => '', asset: opaAsset },
  regal: {
    module: 'github.com/open-policy-agent/regal',
    directory: 'regal',
    // Regal learns its version from the linker only.
    ldflags: (version) => `-X github.com/open-policy-agent/regal/pkg/version.Version=${version}`,
    asset: regalAsset,
  },
};

const GO_BUILD_TIMEOUT_MS = 30 * 60_000;
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;
const VERSION_TIMEOUT_MS = 60_000;

interface Search extends Source {
  tool: Tool;
  executable: string;
  version: string;
  cached: string;
  moduleDir: string;
  releasesUrl: string;
  options: ToolOptions;
}

type Strategy = readonly [name: string, attempt: (search: Search) => Promise<string>];

/** Each strategy returns the path of the tool, or throws an Error that says why it has none. */
const STRATEGIES: readonly Strategy[] = [
  ['cache', fromCache],
  ['PATH', fromPath],
  ['Go', builtByGo],
  ['download', downloaded],
];

/**
 * Finds `opa` or `regal` at exactly the version that tools/ pins, and returns its path: the one that COUNTERSIGN_OPA names,
 * else from the cache, from PATH, built with Go, or downloaded. Rejects with AppError `tool_missing` with one line for each
 * place that was tried, and at once where COUNTERSIGN_OPA names another version.
 */
export async function findTool(tool: Tool, options: ToolOptions): Promise<string> {
  const search = await prepare(tool, options);
  if (tool === 'opa' && options.opa !== undefined) return overridden(resolve(options.opa), search);
  const tried = tool === 'opa' ? ['  COUNTERSIGN_OPA: not set'] : [];
  for (const [name, attempt] of STRATEGIES) {
    try {
      return await attempt(search);
    } catch (error) {
      tried.push(`  ${name}: ${(error as Error).message}`);
    }
  }
  throw new AppError('tool_missing', [`${tool} ${search.version} was not found. Tried:`, ...tried].join('\n'));
}

/** The folder `countersign` in the user's cache folder (XDG_CACHE_HOME or ~/.cache). */
export function defaultCacheDir(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'countersign');
}

/** The version of a tool that its go.mod requires, as in `1.22.4`. */
export async function pinnedVersion(tool: Tool, toolsDir = defaultToolsDir()): Promise<string> {
  const { module, directory } = SOURCES[tool];
  const file = join(toolsDir, directory, 'go.mod');
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [name, version] = line
      .replace(/^\s*require\s/, '')
      .trim()
      .split(/\s+/);
    if (name === module && version?.startsWith('v')) return version.slice(1);
  }
  throw new AppError('tool_missing', `${file} pins no version of ${module}`);
}

function defaultToolsDir(): string {
  return fileURLToPath(new URL('../../../tools', import.meta.url));
}

async function prepare(tool: Tool, options: ToolOptions): Promise<Search> {
  const { toolsDir = defaultToolsDir(), releasesUrl = 'https://github.com' } = options;
  const source = SOURCES[tool];
  const version = await pinnedVersion(tool, toolsDir);
  const executable = withExtension(tool);
  const cached = join(options.cacheDir, `${tool}-${version}`, executable);
  const moduleDir = join(toolsDir, source.directory);
  return { ...source, tool, executable, version, cached, moduleDir, releasesUrl, options };
}

async function overridden(path: string, { version }: Search): Promise<string> {
  try {
    await requireVersion(path, version);
    return path;
  } catch (cause) {
    const message = `COUNTERSIGN_OPA does not name opa ${version}: ${(cause as Error).message}`;
    throw new AppError('tool_missing', message, { cause });
  }
}

async function fromCache({ cached, version }: Search): Promise<string> {
  if (!(await exists(cached))) throw new Error(`no ${cached}`);
  await requireVersion(cached, version);
  return cached;
}

async function fromPath({ executable, version, options }: Search): Promise<string> {
  const rejected: string[] = [];
  for await (const candidate of onPath(executable, options.env)) {
    try {
      await requireVersion(candidate, version);
      return candidate;
    } catch (error) {
      rejected.push((error as Error).message);
    }
  }
  throw new Error(rejected.join('; ') || `no ${executable}`);
}

async function builtByGo(search: Search): Promise<string> {
  const { tool, version, module, moduleDir, ldflags, options } = search;
  const { value: go } = await onPath(withExtension('go'), options.env).next();
  if (!go) throw new Error('no go on PATH');
  options.onProgress?.(`building ${tool} ${version} with Go, which takes some minutes the first time`);
  // Flags and targets that the user set for other projects must not shape this binary.
  const env = { ...options.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', GOOS: '', GOARCH: '' };
  return install(search, async (file) => {
    const args = ['build', '-trimpath', '-mod=readonly', '-ldflags', ldflags(version), '-o', file, module];
    const spawned = { cwd: moduleDir, env, timeoutMs: GO_BUILD_TIMEOUT_MS, onLine: options.onProgress };
    const { code, stderr } = await run(go, args, spawned);
    if (code !== 0) throw new Error(`go build ended with ${code}: ${lastLine(stderr)}`);
  });
}

async function downloaded(search: Search): Promise<string> {
  const { tool, version, module, releasesUrl, options } = search;
  const { binary, checksums } = search.asset(process.platform, process.arch);
  const release = `${module.replace('github.com', releasesUrl)}/releases/download/v${version}`;
  options.onProgress?.(`downloading ${tool} ${version} from ${release}`);
  const published = publishedChecksum((await fetched(`${release}/${checksums}`)).toString('utf8'), binary);
  const bytes = await fetched(`${release}/${binary}`);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== published) throw new Error(`${binary} has SHA-256 ${actual}, but ${published} was published`);
  return install(search, (file) => writeFile(file, bytes, { mode: 0o755 }));
}

/**
 * Puts the file that `produce` writes into the cache. It is written under a temporary name and renamed, so that no other
 * process sees half a file. A crash leaves a hidden file at most.
 */
async function install({ cached, version }: Search, produce: (file: string) => Promise<void>): Promise<string> {
  await mkdir(dirname(cached), { recursive: true });
  const temporary = join(dirname(cached), `.${randomUUID()}-${basename(cached)}`);
  try {
    await produce(temporary);
    await requireVersion(temporary, version);
    await rename(temporary, cached).catch(async (error) => {
      // Windows does not replace a running program; then another caller was first, and its file is as good.
      if (!(await exists(cached))) throw error;
    });
    return cached;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function requireVersion(path: string, version: string): Promise<void> {
  const { stdout } = await run(path, ['version'], { timeoutMs: VERSION_TIMEOUT_MS });
  const found = /^Version:\s+(\S+)/m.exec(stdout)?.[1];
  if (found !== version) throw new Error(`${path} is ${found ? `version ${found}` : 'of unknown version'}`);
}

async function* onPath(executable: string, env: NodeJS.ProcessEnv): AsyncGenerator<string, undefined> {
  // Windows spells it `Path`.
  const path = Object.entries(env).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';
  for (const directory of path.split(delimiter).filter(Boolean)) {
    const candidate = resolve(directory, executable);
    if (await exists(candidate)) yield candidate;
  }
}

async function fetched(url: string): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`${url}: ${cause instanceof Error ? cause.message : message}`, { cause: error });
  }
}

function publishedChecksum(lines: string, name: string): string {
  const entries = lines.split('\n').map((line) => line.trim().split(/\s+\*?/));
  const digest = entries.find(([, entry]) => entry === name)?.[0];
  if (!digest || !/^[0-9a-f]{64}$/.test(digest)) throw new Error(`no checksum was published for ${name}`);
  return digest;
}

/** The static build where there is one, since it runs on any libc. */
export function opaAsset(platform: NodeJS.Platform, arch: string): ReleaseAsset {
  const system = platform === 'win32' ? 'windows' : platform;
  const machine = arch === 'x64' ? 'amd64' : arch;
  const isStatic = system === 'linux' || (system === 'darwin' && machine === 'arm64');
  const binary = `opa_${system}_${machine}${isStatic ? '_static' : ''}${extension(platform)}`;
  return { binary, checksums: `${binary}.sha256` };
}

/** Systems and machines have the names that `uname` prints. */
export function regalAsset(platform: NodeJS.Platform, arch: string): ReleaseAsset {
  const system = platform === 'win32' ? 'Windows' : `${platform.charAt(0).toUpperCase()}${platform.slice(1)}`;
  const binary = `regal_${system}_${arch === 'x64' ? 'x86_64' : arch}${extension(platform)}`;
  return { binary, checksums: 'checksums.txt' };
}

function withExtension(program: string): string {
  return `${program}${extension(process.platform)}`;
}

function extension(platform: NodeJS.Platform): string {
  return platform === 'win32' ? '.exe' : '';
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
