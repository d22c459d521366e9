#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { runProgram, type ServeOptions } from './cli/program.ts';
import { EXIT, type Terminal } from './cli/terminal.ts';
import { type Config, readConfig } from './config.ts';
import { AppError } from './domain/errors.ts';
import { listen } from './http/server.ts';
import { openTokenRegistry } from './integrations/tokens.ts';
import { type PolicyWatch, watchPolicies } from './policy/policy-watch.ts';
import { findTool, type ToolOptions } from './policy/tool.ts';
import {
  ADMIN_TOKEN,
  BUNDLE_FILE,
  clock,
  createService,
  DATABASE,
  HOME,
  KEYS,
  type Service,
  TOKENS,
  version,
} from './service.ts';

const terminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  stdin: () => text(process.stdin),
};

/** Runs the service, and returns after a signal when everything under way was answered and kept. */
async function serve(config: Config, { watch }: ServeOptions): Promise<void> {
  process.umask(0o077); // Records hold names: whatever is made in the data folder is for its owner alone.
  const opa = watch === null ? '' : await findTool('opa', { onProgress: terminal.err, ...toolOptionsOf(config) });
  const service = await createService(config, (error) => {
    terminal.err(`The store failed, and nothing can be kept: ${error.message}`);
    process.exit(EXIT.fault);
  });
  const server = await listen(service.app, config.listen).catch(async (error) => {
    await service.close(); // Its threads would keep the process alive.
    throw error;
  });
  const stopped = new Promise<void>((stop) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop());
  });
  const watching = watch === null ? null : watchInto(service, watch, opa);
  await Promise.race([watching?.ready, stopped]);
  greet(server.url, resolve(config.dataDir), service);
  process.on('SIGHUP', () => {
    if (watching !== null) return; // The folder decides, and is looked at all the time.
    service.reload().catch((error: Error) => terminal.err(`The active policy stays. ${error.message}`));
  });
  await stopped;
  service.announceStop();
  await server.drain();
  await watching?.close();
  await service.close();
}

/** Lets the policies of a folder decide, as they are saved. */
function watchInto({ activePolicy }: Service, policiesDir: string, opa: string): PolicyWatch {
  const origin = { source: resolve(policiesDir), by: null };
  return watchPolicies({
    policiesDir,
    opa,
    activate: (bytes) => activePolicy.activate({ origin, read: async () => bytes }),
    report: terminal.err,
  });
}

function toolOptionsOf({ opa, cacheDir }: Config): ToolOptions {
  return { opa: opa ?? undefined, cacheDir, env: process.env };
}

/** Says on standard error, apart from the log, where everything is and what to try first. */
function greet(url: string, dataDir: string, { activePolicy, keyring }: Service): void {
  const { ref, origin } = activePolicy.status();
  const request = join(HOME, 'examples', 'issue-api-key', 'allow-sandbox-key', 'request.json');
  const tokenFile = join(dataDir, ADMIN_TOKEN);
  const reachable = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  terminal.err(`Countersign ${version} listens on ${url}
  policy        ${origin.source} (revision ${ref.revision})
  signing keys  ${join(dataDir, KEYS)} (active: ${keyring.active.kid})
  admin token   ${tokenFile}

Ask for a decision:

  curl -s '${reachable}/v1/decisions' -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer $(cat '${tokenFile}')" -d @'${request}'; echo
`);
}

/** Only the service makes its data folder: a token in a folder that nobody reads would look like a token that works. */
function existing(folder: string): string {
  if (existsSync(folder)) return folder;
  throw new AppError('config_invalid', `There is no ${folder}; start the service once, or set COUNTERSIGN_DATA_DIR.`);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  process.exitCode = await runProgram(process.argv.slice(2), {
    version,
    terminal,
    clock,
    serve: (options) => serve(config, options),
    registry: () =>
      openTokenRegistry(existing(join(resolve(config.dataDir), TOKENS)), clock, (file) =>
        terminal.err(`${file} is no token entry, or others can read it; it lets nobody in.`),
      ),
    store: {
      dataDir: config.dataDir,
      filesOf: (dir) => ({
        dataDir: existing(resolve(dir)),
        database: join(resolve(dir), DATABASE),
        keysDir: join(resolve(dir), KEYS),
      }),
    },
    client: { url: config.url, tokenFile: config.tokenFile },
    policies: {
      policiesDir: join(HOME, 'policies'),
      bundleFile: BUNDLE_FILE,
      pagesDir: join(HOME, 'docs', 'policies'),
      toolOptions: toolOptionsOf(config),
    },
  });
}

await main().catch((error: Error) => {
  terminal.err(error.message);
  process.exitCode = EXIT.fault;
});
