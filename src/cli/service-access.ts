import type { Command } from 'commander';
import { AppError } from '../base/errors.ts';
import { type Client, CountersignError, createClient } from '../client/client.ts';
import { readTextFile } from './files.ts';

/** The service and the token, from the environment. */
export interface ServiceAccess {
  /** Base address of the service. */
  url: string;
  /** The bearer token itself; it takes precedence over the file. */
  token: string | null;
  tokenFile: string;
  /** Whether the environment names the service or the token; otherwise the default address is used. */
  isNamed: boolean;
}

/** The options of the command line, which take precedence over the environment. */
export interface AccessOptions {
  url?: string;
  tokenFile?: string;
}

/** What the commands ask a service for. */
export type AskingClient = Pick<
  Client,
  'decide' | 'getDecision' | 'getCase' | 'createToken' | 'listTokensPage' | 'revokeToken'
>;

const GIVE_TOKEN = 'Give a token in COUNTERSIGN_TOKEN, or its file by --token-file or in COUNTERSIGN_TOKEN_FILE';
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
 * repeats a token, for one that cannot be read or is none. Where the service refuses the token, the error of a call says
 * where the token came from.
 */
export async function connect(
  { url, tokenFile }: AccessOptions,
  environment: () => ServiceAccess,
): Promise<AskingClient> {
  const defaults = environment();
  const isOfEnvironment = tokenFile === undefined && defaults.token !== null;
  const file = tokenFile ?? defaults.tokenFile;
  const source = isOfEnvironment
    ? 'COUNTERSIGN_TOKEN'
    : tokenFile === undefined
      ? `the token file ${file}`
      : `--token-file ${file}`;
  const token = checkToken(isOfEnvironment ? `${defaults.token}` : await readTokenFile(file), source);
  const client = createClient({ url: url ?? defaults.url, token });
  const naming = (error: unknown) => {
    if (!(error instanceof CountersignError)) throw error;
    if (error.status === 401) throw refusedToken(error, source);
    throw error.code === 'unreachable' ? unreachable(error) : error;
  };
  return {
    decide: (...args) => client.decide(...args).catch(naming),
    getDecision: (...args) => client.getDecision(...args).catch(naming),
    getCase: (...args) => client.getCase(...args).catch(naming),
    createToken: (...args) => client.createToken(...args).catch(naming),
    listTokensPage: (...args) => client.listTokensPage(...args).catch(naming),
    revokeToken: (...args) => client.revokeToken(...args).catch(naming),
  };
}

function refusedToken({ status, code }: CountersignError, source: string): CountersignError {
  const advice =
    'The token may be mistyped, expired or revoked; give a valid one in COUNTERSIGN_TOKEN or by --token-file';
  return new CountersignError(status, code, `The service does not accept the token from ${source}. ${advice}.`);
}

function unreachable({ status, code, message }: CountersignError): CountersignError {
  return new CountersignError(status, code, `${message} Another address is given by --url or in COUNTERSIGN_URL.`);
}

async function readTokenFile(file: string): Promise<string> {
  try {
    return await readTextFile(file, 'token file');
  } catch (error) {
    const { message, cause } = error as AppError;
    throw new AppError('config_invalid', `${message} ${GIVE_TOKEN}.`, { cause });
  }
}

function checkToken(text: string, source: string): string {
  const token = text.trim();
  if (TOKEN.test(token)) return token;
  const wrong = token === '' ? 'is empty' : 'holds no bearer token (letters, digits and -._~+/ only)';
  throw new AppError('config_invalid', `There is no usable token: ${source} ${wrong}. ${GIVE_TOKEN}.`);
}
