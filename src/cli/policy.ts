import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { tryBundle } from '../activation/trial.ts';
import { buildBundle } from '../authoring/build-bundle.ts';
import { checkPolicies } from '../authoring/check-policies.ts';
import { formatPolicies } from '../authoring/format-policies.ts';
import { lintPolicies } from '../authoring/lint-policies.ts';
import { describePolicies, stalePages, writePages } from '../authoring/pages/policy-pages.ts';
import { faultOf, policyInvalid } from '../authoring/policy-fault.ts';
import { testPolicies } from '../authoring/test-policies.ts';
import { findTool, type Tool, type ToolOptions } from '../authoring/toolchain/tool.ts';
import { verifyModule } from '../authoring/verify-module.ts';
import { AppError } from '../base/errors.ts';
import { writeDurableFile } from '../base/files/durable-file.ts';
import { ENTRYPOINT } from '../evaluation/policy.ts';
import { readBundleFile } from './files.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export interface PolicyCommandParts {
  /** The folder of policies, unless the user names another. */
  policiesDir: string;
  /** The bundle that `build` writes for `policiesDir`, unless the user names another file. */
  bundleFile: string;
  /** The folder to which `pages` writes the pages of `policiesDir`, unless the user names another. */
  pagesDir: string;
  toolOptions: ToolOptions;
  terminal: Terminal;
  finish: (code: ExitCode) => void;
}

/** The default output for other folders of policies, in the working directory. */
const OTHER_BUNDLE = 'bundle.tar.gz';
const OTHER_PAGES = join('docs', 'policies');

/**
 * `countersign policy build|check|fmt|test|lint|pages`. For policies that are wrong it writes a line
 * `file:line:column: message` per fault to standard error and finishes with EXIT.no; other errors it throws. Warnings of
 * `build` and `check` go to standard error, too, and change no exit code.
 */
export function policyCommand(parts: PolicyCommandParts): Command {
  const { policiesDir, bundleFile, pagesDir, toolOptions, terminal, finish } = parts;
  const command = new Command('policy').description('write, check and compile policies');
  const subcommand = (name: string, description: string) => {
    return command.command(name).description(description).argument('[dir]', 'the folder of policies', policiesDir);
  };
  const find = (tool: Tool) => findTool(tool, { onProgress: terminal.err, ...toolOptions });
  const open = async (dir: string) => ({ policiesDir: dir, opa: await find('opa'), warn: terminal.err });
  /** The bundle and the pages of this installation are only written from its own policies. */
  const outputOf = async (dir: string, own: string, other: string) => {
    return (await isSameFolder(dir, policiesDir)) ? own : resolve(other);
  };
  const attempt = async (action: () => Promise<void>) => {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'policy_invalid') throw error;
      terminal.err(error.message);
      finish(EXIT.no);
    }
  };

  subcommand('build', 'check the policies, compile them to a bundle, and try the bundle')
    .option('-o, --output <file>', `the bundle to write (default: ${OTHER_BUNDLE}; without [dir], ${bundleFile})`)
    .action((dir: string, options: { output?: string }) =>
      attempt(async () => {
        const output = options.output ?? (await outputOf(dir, bundleFile, OTHER_BUNDLE));
        const name = basename(output).replace(/\.tar\.gz$/, '');
        const { bytes, bundle } = await buildBundle({ ...(await open(dir)), name, entrypoints: [ENTRYPOINT] });
        await tryBundle(bytes).catch((error) => {
          if (!(error instanceof AppError) || error.code !== 'bundle_invalid') throw error;
          throw policyInvalid(dir, [faultOf('.', error.message)]);
        });
        await mkdir(dirname(output), { recursive: true });
        writeDurableFile(output, bytes, { mode: 0o644 });
        terminal.out(`${output}: revision ${bundle.revision}, ${bundle.digest}`);
      }),
    );

  command
    .command('show')
    .description('print the revision and digests of a bundle, as records name them')
    .argument('[bundle]', 'the bundle', bundleFile)
    .option('--verify', 'compile the sources in the bundle again and fail if the result is not its module')
    .action((file: string, { verify = false }: { verify?: boolean }) =>
      attempt(async () => {
        const bundle = await readBundleFile(file);
        const { name, revision, digest, wasmDigest, dataDigest, opaVersion } = bundle;
        if (verify) await verifyModule(bundle, await find('opa'));
        const shown = { name, revision, digest, wasm_digest: wasmDigest, data_digest: dataDigest, opa: opaVersion };
        terminal.out(JSON.stringify(verify ? { ...shown, compiled_from_sources: true } : shown, null, 2));
      }),
    );

  subcommand('check', 'check Rego, data, METADATA, kinds and the sources of facts').action((dir: string) =>
    attempt(async () => checkPolicies(await open(dir))),
  );

  subcommand('fmt', 'fail if policies or tests are not formatted')
    .option('-w, --write', 'format them instead and list the changed files')
    .action((dir: string, { write = false }: { write?: boolean }) =>
      attempt(async () => {
        const files = await formatPolicies({ policiesDir: dir, opa: await find('opa') }, write);
        for (const file of files) terminal.out(file);
      }),
    );

  subcommand('test', 'run the tests: all must pass, cover every line and give the same results through WASM')
    .option('--wasm', 'run the tests through WASM too (the default)')
    .option('--no-wasm', 'run the tests with OPA alone')
    .action((dir: string, { wasm = true }: { wasm?: boolean }) =>
      attempt(async () => {
        const { tests, compared } = await testPolicies(await open(dir), { wasm });
        const same = wasm ? `; ${compared} of them ran through WASM with the same results` : '';
        terminal.out(`${tests} tests pass and cover every line${same}`);
      }),
    );

  subcommand('pages', 'write a page for each kind of request: what it asks for, who approves, what is denied')
    .option('-o, --output <dir>', `the folder of the pages (default: ${OTHER_PAGES}; without [dir], ${pagesDir})`)
    .option('--check', 'fail instead if a page differs from the policies')
    .action((dir: string, { check = false, ...options }: { output?: string; check?: boolean }) =>
      attempt(async () => {
        const output = options.output ?? (await outputOf(dir, pagesDir, OTHER_PAGES));
        const pages = await describePolicies({ policiesDir: dir, opa: await find('opa') });
        if (!check) {
          for (const file of await writePages(output, pages)) terminal.out(file);
          return;
        }
        const stale = await stalePages(output, pages);
        const faults = stale.map((name) => faultOf(name, 'differs from the policies; write the pages again'));
        if (faults.length > 0) throw policyInvalid(output, faults);
      }),
    );

  subcommand('lint', 'lint with Regal and find facts that are taken from the request').action((dir: string) =>
    attempt(async () => lintPolicies({ policiesDir: dir, opa: await find('opa') }, await find('regal'))),
  );

  return command;
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [real, otherReal] = await Promise.all([one, other].map((path) => realpath(path).catch(() => resolve(path))));
  return real === otherReal;
}
