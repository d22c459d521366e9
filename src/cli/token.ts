import { Command } from 'commander';
import type { StartDirectory } from '../activation/start-directory.ts';
import type { TokenEntry, TokenRegistry } from '../auth/tokens.ts';
import { AppError } from '../base/errors.ts';
import { normaliseInstant } from '../base/instant.ts';
import { onOneLine } from '../base/text.ts';
import { SCOPES } from '../contract/scope.ts';
import type { Terminal } from './terminal.ts';

interface CreateOptions {
  client: string;
  scopes: string;
  principal?: string;
  expiresIn?: string;
  expiresAt?: string;
}

export interface TokenCommandParts {
  registry: () => TokenRegistry;
  people: () => Promise<StartDirectory>;
  terminal: Terminal;
  clock: () => Date;
}

/** Of a unit; so many days still end in a year of four digits. */
const MAX_AMOUNT = 999_999;

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `countersign token`: works on the data folder, whether the service runs or not; changes count at once. */
export function tokenCommand({ registry, people, terminal, clock }: TokenCommandParts): Command {
  const command = new Command('token').description('make, list and revoke bearer tokens');
  command
    .command('create')
    .description('make a token and print it, once; only its hash is kept')
    .requiredOption('--client <name>', 'who uses it; stands in every record')
    .requiredOption('--scopes <scopes>', `comma-separated: ${SCOPES.join(', ')}`)
    .option('--principal <identity>', 'the person or account that the token stands for, as policy data know it')
    .option('--expires-in <time>', 'for example 30m, 12h or 90d; without it the token lives until it is revoked')
    .option('--expires-at <instant>', 'instead: date, time and offset, for example 2027-01-31T12:00:00+01:00')
    .action(async ({ client, scopes, principal, ...lifetime }: CreateOptions) => {
      const names = scopes.split(',').map((scope) => scope.trim());
      if (names.includes('approve') && principal === undefined) {
        throw new AppError('config_invalid', 'The scope approve needs --principal: it speaks for one person.');
      }
      const grant = { client, scopes: names, principal: principal ?? null, expiresAt: endOf(lifetime, clock()) };
      const { token, entry } = registry().create(grant);
      terminal.err(`Token ${entry.id} for ${entry.client} with ${entry.scopes.join(', ')}. It is shown only now:`);
      terminal.out(token);
      await warnOfNobody([entry], people, terminal);
    });
  command
    .command('list')
    .description('list tokens')
    .option('--all', 'with those that were revoked')
    .option('--json', 'print JSON')
    .action(async ({ json, all }: { json?: boolean; all?: boolean }) => {
      const entries = registry()
        .list()
        .filter(({ revoked_at }) => all || revoked_at === null)
        .map(({ secret_sha256: _, ...entry }) => entry);
      await warnOfNobody(entries, people, terminal);
      if (json) return terminal.out(JSON.stringify(entries, null, 2));
      for (const { id, client, scopes, principal, expires_at, revoked_at } of entries) {
        const state =
          revoked_at !== null ? `revoked ${revoked_at}` : expires_at !== null ? `until ${expires_at}` : 'active';
        terminal.out([id, client, scopes.join(','), principal ?? '-', state].join('  '));
      }
    });
  command
    .command('revoke')
    .description('revoke a token at once')
    .argument('<id>', 'as `token list` shows it')
    .action((id: string) => {
      const entry = registry().revoke(id);
      terminal.out(`Token ${entry.id} of ${entry.client} was revoked at ${entry.revoked_at}.`);
    });
  return command;
}

type NamedEntry = Pick<TokenEntry, 'id' | 'principal' | 'revoked_at'>;

/** Such a token is no fault: the next bundle may bring its person. But until then nothing that it says counts. */
async function warnOfNobody(
  entries: readonly NamedEntry[],
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
        `Token ${id}: ${onOneLine(principal)} is nobody in data.identities of ${bundle}; ` +
          'the token counts for nobody until a bundle names it there.',
      );
    }
  } catch (error) {
    terminal.err(`Whether the tokens stand for anybody could not be looked up: ${(error as Error).message}`);
  }
}

/** Throws AppError `config_invalid` for a lifetime that cannot be read, and for an end that has passed. */
function endOf({ expiresIn, expiresAt }: Pick<CreateOptions, 'expiresIn' | 'expiresAt'>, now: Date): Date | null {
  if (expiresIn !== undefined && expiresAt !== undefined) {
    throw new AppError('config_invalid', 'Give either --expires-in or --expires-at.');
  }
  if (expiresIn !== undefined) return new Date(now.getTime() + parseDuration(expiresIn));
  if (expiresAt === undefined) return null;
  const instant = normaliseInstant(expiresAt);
  if (instant === null) {
    const like = 'write it like 2027-01-31T12:00:00Z or 2027-01-31T13:00:00+01:00';
    throw new AppError('config_invalid', `"${onOneLine(expiresAt)}" is not an RFC 3339 instant; ${like}.`);
  }
  if (instant <= now.toISOString()) throw new AppError('config_invalid', `${instant} has passed.`);
  return new Date(instant);
}

function parseDuration(text: string): number {
  const [, digits = '', unit = ''] = /^(-?\d+)([mhd])$/.exec(text) ?? [];
  const amount = Number(digits);
  const like = 'write a whole number and m (minutes), h (hours) or d (days): 30m, 12h or 90d';
  const refuse = (why: string) => new AppError('config_invalid', `--expires-in ${onOneLine(text)} ${why}; ${like}.`);
  if (unit === '') throw refuse('is not a time');
  if (amount <= 0) throw refuse('is not above zero');
  if (amount > MAX_AMOUNT) throw refuse(`is too long, at most ${MAX_AMOUNT}${unit} can be given`);
  return amount * UNIT_MS[unit as keyof typeof UNIT_MS];
}
