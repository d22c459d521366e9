import { Command } from 'commander';
import type { StartDirectory } from '../activation/start-directory.ts';
import { AppError } from '../base/errors.ts';
import { normaliseInstant } from '../base/instant.ts';
import { onOneLine } from '../base/text.ts';
import { SCOPES, type Scope } from '../contract/scope.ts';
import { type AccessToken, MAX_TOKEN_SECONDS, type TokenRequest } from '../contract/token.ts';
import { type AccessOptions, withAccessOptions } from './service-access.ts';
import type { Terminal } from './terminal.ts';
import type { OpenedTokens } from './token-admin.ts';

interface CreateOptions extends AccessOptions {
  client: string;
  scopes: string;
  mayGrant?: string;
  principal?: string;
  expiresIn?: string;
  expiresAt?: string;
}

interface ListOptions extends AccessOptions {
  json?: boolean;
  all?: boolean;
}

export interface TokenCommandParts {
  /** See openTokenAdmin. */
  tokens: (options: AccessOptions) => Promise<OpenedTokens>;
  people: () => Promise<StartDirectory>;
  terminal: Terminal;
  clock: () => Date;
}

const UNIT_SECONDS = { m: 60, h: 3600, d: 86_400 } as const;

/**
 * `countersign token`: asks the service that is named, or that runs on the data folder; where none runs, it works on the
 * folder itself. Changes count at once.
 */
export function tokenCommand({ tokens, people, terminal, clock }: TokenCommandParts): Command {
  const command = new Command('token').description('create, list and revoke access tokens');
  const scopeList = `comma-separated: ${SCOPES.join(', ')}`;
  withAccessOptions(command.command('create'))
    .description('create a token and print it once; only its hash is stored')
    .requiredOption('--client <name>', 'the client that uses it; every record names it')
    .requiredOption('--scopes <scopes>', scopeList)
    .option(
      '--may-grant <scopes>',
      'with the scope admin: scopes that it may grant to other tokens in addition to its own',
    )
    .option('--principal <identity>', 'an identity in policy data: the person or account that the token represents')
    .option('--expires-in <time>', 'lifetime, for example 30m, 12h or 365d, which is the maximum (default: 90d)')
    .option(
      '--expires-at <instant>',
      'end, instead of --expires-in: date, time and offset, for example 2027-01-31T12:00:00+01:00',
    )
    .action(async ({ client, scopes, mayGrant, principal, ...options }: CreateOptions) => {
      const wanted = {
        client,
        scopes: parseScopes(scopes),
        ...(mayGrant !== undefined && { may_grant: parseScopes(mayGrant) }),
        ...(principal !== undefined && { principal }),
        ...endOf(options, clock()),
      };
      await using admin = disposable(await tokens(options));
      const made = await admin.create(wanted);
      terminal.err(`Token ${made.id} for ${made.client} with ${made.scopes.join(', ')}, until ${made.expires_at}.`);
      terminal.err('It is shown only now:');
      terminal.out(made.token);
      if (made.scopes.includes('approve') && made.principal === null) {
        terminal.err(
          'Without --principal the token stands for nobody: by the scope approve it can hand in signed approvals only.',
        );
      }
      if (admin.isOfFolder) await warnOfNobody([made], people, terminal);
    });
  withAccessOptions(command.command('list'))
    .description('list tokens')
    .option('--all', 'include revoked and expired tokens')
    .option('--json', 'print JSON')
    .action(async ({ json, all, ...options }: ListOptions) => {
      await using admin = disposable(await tokens(options));
      const now = clock().toISOString();
      const found: AccessToken[] = [];
      for await (const token of admin.list()) if (all || isInForce(token, now)) found.push(token);
      if (admin.isOfFolder) await warnOfNobody(found, people, terminal);
      if (json) return terminal.out(JSON.stringify(found, null, 2));
      for (const token of found) {
        const { id, client, scopes, principal } = token;
        terminal.out([id, client, scopes.join(','), principal ?? '-', stateOf(token, now)].join('  '));
      }
    });
  withAccessOptions(command.command('revoke'))
    .description('revoke a token at once')
    .argument('<id>', 'the id, as shown by `token list`; or the token itself')
    .option('--reason <text>', 'the reason, stored in the record of the revocation')
    .action(async (named: string, { reason, ...options }: AccessOptions & { reason?: string }) => {
      const id = parseTokenId(named);
      await using admin = disposable(await tokens(options));
      const { client, revoked_at } = await admin.revoke(id, reason);
      terminal.out(`Token ${id} of ${client} was revoked at ${revoked_at}.`);
    });
  return command;
}

function disposable(admin: OpenedTokens): OpenedTokens & AsyncDisposable {
  return { ...admin, [Symbol.asyncDispose]: () => admin.close() };
}

function isInForce({ revoked_at, expires_at }: AccessToken, now: string): boolean {
  return revoked_at === null && expires_at > now;
}

function stateOf({ revoked_at, expires_at }: AccessToken, now: string): string {
  if (revoked_at !== null) return `revoked ${revoked_at}`;
  return expires_at > now ? `until ${expires_at}` : `expired ${expires_at}`;
}

/**
 * The id in what names a token: the id itself, or the token, even where its end is missing. Throws AppError `config_invalid`,
 * which never repeats what was given: it may hold the secret.
 */
function parseTokenId(text: string): string {
  const [, id] = /^(?:cs_)?([0-9a-f]{16})(?:_.*)?$/.exec(text.trim()) ?? [];
  if (id !== undefined) return id;
  throw new AppError('config_invalid', 'Give the id of the token: 16 hexadecimal digits, as `token list` shows it.');
}

/** Throws AppError `config_invalid`. */
function parseScopes(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(SCOPES as readonly string[]).includes(name)).map(quoted);
  if (unknown.length === 0) return names as Scope[];
  const wrong = unknown.length > 1 ? 'are not scopes' : 'is not a scope';
  throw new AppError('config_invalid', `${unknown.join(', ')} ${wrong}. The scopes are ${SCOPES.join(', ')}.`);
}

function quoted(text: string): string {
  return onOneLine(`"${text}"`);
}

type NamedToken = Pick<AccessToken, 'id' | 'principal' | 'revoked_at'>;

/** Such a token is not an error: the next bundle may add its person. Until then its verdicts do not count. */
async function warnOfNobody(
  entries: readonly NamedToken[],
  people: TokenCommandParts['people'],
  terminal: Terminal,
): Promise<void> {
  const named = entries.filter(({ principal, revoked_at }) => principal !== null && revoked_at === null);
  if (named.length === 0) return;
  try {
    const { bundle, directory } = await people();
    for (const { id, principal } of named) {
      if (principal === null || directory.personOf(principal) !== null) continue;
      terminal.err(
        `Token ${id}: ${onOneLine(principal)} is not in data.identities of ${bundle}; ` +
          'the token represents no one until a bundle lists it there.',
      );
    }
  } catch (error) {
    terminal.err(`The principals of the tokens could not be looked up: ${(error as Error).message}`);
  }
}

/** Throws AppError `config_invalid` for a lifetime that cannot be read, and for an end that has passed. */
function endOf(
  { expiresIn, expiresAt }: Pick<CreateOptions, 'expiresIn' | 'expiresAt'>,
  now: Date,
): Partial<Pick<TokenRequest, 'expires_in_seconds' | 'expires_at'>> {
  if (expiresIn !== undefined && expiresAt !== undefined) {
    throw new AppError('config_invalid', 'Give either --expires-in or --expires-at.');
  }
  if (expiresIn !== undefined) return { expires_in_seconds: parseDuration(expiresIn) };
  if (expiresAt === undefined) return {};
  const instant = normaliseInstant(expiresAt);
  if (instant === null) {
    const like = 'write it like 2027-01-31T12:00:00Z or 2027-01-31T13:00:00+01:00';
    throw new AppError('config_invalid', `${quoted(expiresAt)} is not an RFC 3339 instant; ${like}.`);
  }
  if (instant <= now.toISOString()) throw new AppError('config_invalid', `${instant} has passed.`);
  return { expires_at: instant };
}

/** Seconds. */
function parseDuration(text: string): number {
  const [, digits = '', unit = ''] = /^(-?\d+)([mhd])$/.exec(text) ?? [];
  const amount = Number(digits);
  const like = 'write a whole number and m (minutes), h (hours) or d (days): 30m, 12h or 90d';
  const refuse = (why: string) => new AppError('config_invalid', `--expires-in ${onOneLine(text)} ${why}; ${like}.`);
  if (unit === '') throw refuse('is not a time');
  if (amount <= 0) throw refuse('is not above zero');
  const seconds = amount * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
  if (seconds > MAX_TOKEN_SECONDS)
    throw refuse(`is too long: a token is valid for at most ${MAX_TOKEN_SECONDS / 86_400}d`);
  return seconds;
}
