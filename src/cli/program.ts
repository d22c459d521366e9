import { Command, CommanderError } from 'commander';
import type { StartDirectory } from '../activation/start-directory.ts';
import type { ToolOptions } from '../authoring/toolchain/tool.ts';
import { AppError } from '../base/errors.ts';
import { onOneLine } from '../base/text.ts';
import { CountersignError } from '../client/client.ts';
import { decideCommand } from './decide.ts';
import { explainCommand } from './explain.ts';
import { policyCommand } from './policy.ts';
import type { ServiceAccess } from './service-access.ts';
import { connectTokenAdmin } from './service-tokens.ts';
import { type StoreCommandParts, storeCommand } from './store.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';
import { tokenCommand } from './token.ts';
import { openTokenAdmin, type TokenAdminParts } from './token-admin.ts';
import { verifyCommand } from './verify.ts';

/** The options of `serve` on the command line. */
export interface ServeOptions {
  /** The folder of policies that is compiled at the start and at every save; null for a service that loads bundles. */
  watch: string | null;
  /** The date (UTC) that the operator confirmed as today's; null if none was given. */
  acceptedDate: string | null;
  /** Whether the example organisation may decide on an address that other machines reach. */
  allowExample: boolean;
}

interface ServeFlags {
  watch?: boolean;
  policies?: string;
  acceptClock?: string;
  allowExample?: boolean;
}

export interface ProgramParts {
  version: string;
  terminal: Terminal;
  clock: () => Date;
  /** Runs the service until it is told to stop. */
  serve: (options: ServeOptions) => Promise<void>;
  /** The tokens of the data folder, see openTokenAdmin. */
  tokens: Pick<TokenAdminParts, 'folder' | 'folderUrl'>;
  /** The directory of the active bundle, as far as it is known here. Rejects with AppError `bundle_invalid`. */
  people: () => Promise<StartDirectory>;
  /** Throws AppError `config_invalid`. */
  access: () => ServiceAccess;
  store: Pick<StoreCommandParts, 'dataDir' | 'filesOf'>;
  policies: { policiesDir: string; bundleFile: string; pagesDir: string; toolOptions: ToolOptions };
}

/**
 * Runs the `countersign` command with its arguments and gives the exit code. Never throws: every fault is printed as a
 * sentence.
 */
export async function runProgram(args: readonly string[], parts: ProgramParts): Promise<ExitCode> {
  const { terminal, access, clock } = parts;
  const adminParts: TokenAdminParts = {
    environment: access,
    service: (options) => connectTokenAdmin(options, access),
    ...parts.tokens,
  };
  let code: ExitCode = EXIT.ok;
  const finish = (with_: ExitCode) => {
    code = with_;
  };
  const program = new Command('countersign')
    .description('Access requests decided by policy as code; every answer is a signed record.')
    .version(parts.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });
  program
    .command('serve')
    .description('run the decision service')
    .option('--watch', 'compile the policies at the start and after every save, and activate the result')
    .option('--policies <dir>', `with --watch, the folder of policies (default: ${parts.policies.policiesDir})`)
    .option(
      '--accept-clock <date>',
      "today's date (UTC): confirms that the clock is correct although it is far ahead of the newest record",
    )
    .option(
      '--allow-example',
      'accept calls from other machines although the active policy is for the example organisation, whose people are fictional',
    )
    .action(({ watch = false, policies, acceptClock, allowExample = false }: ServeFlags) => {
      if (policies !== undefined && !watch) {
        throw new AppError('config_invalid', '--policies sets the folder that --watch compiles: use it with --watch.');
      }
      const folder = policies ?? parts.policies.policiesDir;
      return parts.serve({ watch: watch ? folder : null, acceptedDate: acceptClock ?? null, allowExample });
    });
  program.addCommand(decideCommand(access, terminal, finish));
  program.addCommand(verifyCommand(terminal, finish));
  program.addCommand(explainCommand({ environment: access, terminal, clock, finish }));
  program.addCommand(policyCommand({ ...parts.policies, terminal, finish }));
  program.addCommand(storeCommand({ ...parts.store, terminal, finish }));
  program.addCommand(
    tokenCommand({ tokens: (options) => openTokenAdmin(options, adminParts), people: parts.people, terminal, clock }),
  );
  inheritSettings(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.fault;
    terminal.err(describe(error));
    return EXIT.fault;
  }
}

/** Commander copies settings only when a subcommand is made by its parent; without them a wrong option would end the process. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) inheritSettings(child.copyInheritedSettings(command));
}

function oneLine(text: string): string {
  return onOneLine(text.replaceAll(/\s+/g, ' '));
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : '';
}

function describe(error: unknown): string {
  if (error instanceof CountersignError) return onOneLine(`${error.code}: ${error.message}`);
  if (!(error instanceof AppError)) return `internal: ${(error as Error).stack ?? error}`;
  // JSON.parse repeats its input, line breaks included; other messages may have lines.
  const why = error.cause instanceof SyntaxError ? oneLine(error.cause.message) : messageOf(error.cause);
  const cause = why === '' || error.message.includes(why) ? '' : ` (${why})`;
  return [
    `${error.code}: ${error.message}${cause}`,
    ...error.faults.map((f) => `  ${onOneLine(f.pointer) || '/'}: ${f.detail}`),
  ].join('\n');
}
