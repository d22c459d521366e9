import type { Command } from 'commander';
import { type Client, createClient } from '../client/client.ts';
import { AppError } from '../domain/errors.ts';
import { readTextFile } from './files.ts';

/** Where to ask and as whom, by the environment. */
export interface ServiceAccess {
  /** Base address of the service. */
  url: string;
  /** The bearer token itself; it is asked before the file. */
  token: string | null;
  tokenFile: string;
}

/** What the command line says of it, which goes before the environment. */
export interface AccessOptions {
  url?: string;
  tokenFile?: string;
}

const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** Adds `--url` and `--token-file` to a command. */
export function withAccessOptions(command: Command): Command {
  return command
    .option('--url <url>', 'address of the service (default: COUNTERSIGN_URL, else http://127.0.0.1:8480)')
    .option(
      '--token-file <file>',
      'file with the bearer token (default: the token in COUNTERSIGN_TOKEN, else the file COUNTERSIGN_TOKEN_FILE, else admin.token of the data folder)',
    );
}

/**
 * A client of the service that the options name, else the environment. Throws AppError `config_invalid`, which never
 * repeats a token, for one that cannot be read or is none.
 */
export async function connect(options: AccessOptions, environment: () => ServiceAccess): Promise<Client> {
  const defaults = environment();
  const token =
    options.tokenFile === undefined && defaults.token !== null
      ? checkToken(defaults.token, 'COUNTERSIGN_TOKEN')
      : await readToken(options.tokenFile ?? defaults.tokenFile);
  return createClient({ url: options.url ?? defaults.url, token });
}

async function readToken(file: string): Promise<string> {
  return checkToken(await readTextFile(file, 'token file'), `the token file ${file}`);
}

function checkToken(text: string, source: string): string {
  const token = text.trim();
  if (TOKEN.test(token)) return token;
  const wrong = token === '' ? 'is empty' : 'holds no bearer token (letters, digits and -._~+/ only)';
  throw new AppError('config_invalid', `What should be a token is none: ${source} ${wrong}.`);
}
