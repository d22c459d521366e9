import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import { AppError } from '../domain/errors.ts';
import { formatPolicies, lintPolicies, testPolicies } from '../policy/authoring.ts';
import { verifyModule } from '../policy/build-check.ts';
import { readBundle, writeBundle } from '../policy/bundle.ts';
import { buildBundle, checkPolicies } from '../policy/compiler.ts';
import { ENTRYPOINT } from '../policy/policy.ts';
import { faultOf, policyInvalid } from '../policy/policy-fault.ts';
import { describePolicies, stalePages, writePages } from '../policy/policy-pages.ts';
import { findTool, type Tool, type ToolOptions } from '../policy/tool.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export interface PolicyCommandParts {
  /** The folder of policies, unless the user names another. */
  policiesDir: string;
  /** The bundle that `build` replaces, unless the user names another. */
  bundleFile: string;
  /** The folder of the pages that `pages` writes, unless the user names another. */
  pagesDir: string;
  toolOptions: ToolOptions;
  terminal: Terminal;
  finish: (code: ExitCode) => void;
}

/**
 * `countersign policy build|check|fmt|test|lint|pages`. For policies that are wrong it writes a line
 * `file:line:column: message` per fault to standard error and finishes with EXIT.no; other errors it throws.
 */
export function policyCommand(parts: PolicyCommandParts): Command {
  const { policiesDir, bundleFile, pagesDir, toolOptions, terminal, finish } = parts;
  const command = new Command('policy').description('write, check and compile policies');
  const subcommand = (name: string, description: string) => {
    return command.command(name).description(description).argument('[dir]', 'the folder of policies', policiesDir);
  };
  const find = (tool: Tool) => findTool(tool, { onProgress: terminal.err, ...toolOptions });
  const attempt = async (action: () => Promise<void>) => {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'policy_invalid') throw error;
      terminal.err(error.message);
      finish(EXIT.no);
    }
  };

  subcommand('build', 'check the policies and compile them to a bundle')
    .option('-o, --output <file>', 'the bundle to write', bundleFile)
    .action((dir: string, { output }: { output: string }) =>
      attempt(async () => {
        const name = basename(output).replace(/\.tar\.gz$/, '');
        const folder = { policiesDir: dir, opa: await find('opa') };
        const { bytes, bundle } = await buildBundle({ ...folder, name, entrypoints: [ENTRYPOINT] });
        await writeBundle(output, bytes);
        terminal.out(`${output}: revision ${bundle.revision}, ${bundle.digest}`);
      }),
    );

  command
    .command('show')
    .description('print the revision and digests of a bundle, as records name them')
    .argument('[bundle]', 'the bundle', bundleFile)
    .option('--verify', 'compile the sources in it anew: fail where the module is not what they compile to')
    .action((file: string, { verify = false }: { verify?: boolean }) =>
      attempt(async () => {
        const bundle = await readBundle(await readFile(file));
        const { name, revision, digest, wasmDigest, dataDigest, opaVersion } = bundle;
        if (verify) await verifyModule(bundle, await find('opa'));
        const shown = { name, revision, digest, wasm_digest: wasmDigest, data_digest: dataDigest, opa: opaVersion };
        terminal.out(JSON.stringify(verify ? { ...shown, compiled_from_sources: true } : shown, null, 2));
      }),
    );

  subcommand('check', 'check Rego, data, METADATA, kinds, and where facts come from').action((dir: string) =>
    attempt(async () => checkPolicies({ policiesDir: dir, opa: await find('opa') })),
  );

  subcommand('fmt', 'fail for policies and tests that are not formatted')
    .option('-w, --write', 'format them instead, and list them')
    .action((dir: string, { write = false }: { write?: boolean }) =>
      attempt(async () => {
        const files = await formatPolicies({ policiesDir: dir, opa: await find('opa') }, write);
        for (const file of files) terminal.out(file);
      }),
    );

  subcommand('test', 'run the tests; all must pass and together cover everything').action((dir: string) =>
    attempt(async () => {
      const tests = await testPolicies({ policiesDir: dir, opa: await find('opa') });
      terminal.out(`${tests} tests pass, everything is covered`);
    }),
  );

  subcommand('pages', 'write a page for each kind: what it asks, who approves, what is denied')
    .option('-o, --output <dir>', 'the folder of the pages', pagesDir)
    .option('--check', 'fail instead where a page is not what the policies say')
    .action((dir: string, { output, check = false }: { output: string; check?: boolean }) =>
      attempt(async () => {
        const pages = await describePolicies({ policiesDir: dir, opa: await find('opa') });
        if (!check) {
          for (const file of await writePages(output, pages)) terminal.out(file);
          return;
        }
        const stale = await stalePages(output, pages);
        const faults = stale.map((name) => faultOf(name, 'is not what the policies say: write the pages again'));
        if (faults.length > 0) throw policyInvalid(output, faults);
      }),
    );

  subcommand('lint', 'lint with Regal, and look for facts that come from the request').action((dir: string) =>
    attempt(async () => lintPolicies({ policiesDir: dir, opa: await find('opa') }, await find('regal'))),
  );

  return command;
}
