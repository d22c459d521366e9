import { Command } from 'commander';
import { AppError } from '../domain/errors.ts';
import { SCOPES, type TokenRegistry } from '../integrations/tokens.ts';
import type { Terminal } from './terminal.ts';

interface CreateOptions {
  client: string;
  scopes: string;
  principal?: string;
  expiresIn?: string;
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `countersign token`: works on the data folder, whether the service runs or not; changes count at once. */
export function tokenCommand(registry: () => TokenRegistry, terminal: Terminal, clock: () => Date): Command {
  const command = new Command('token').description('make, list and revoke bearer tokens');
  command
    .command('create')
    .description('make a token and print it, once; only its hash is kept')
    .requiredOption('--client <name>', 'who uses it; stands in every record')
    .requiredOption('--scopes <scopes>', `comma-separated: ${SCOPES.join(', ')}`)
    .option('--principal <identity>', 'the person or account that the token stands for, as policy data know it')
    .option('--expires-in <time>', 'for example 30m, 12h or 90d; without it the token lives until it is revoked')
    .action(({ client, scopes, principal, expiresIn }: CreateOptions) => {
      const names = scopes.split(',').map((scope) => scope.trim());
      if (names.includes('approve') && principal === undefined) {
        throw new AppError('config_invalid', 'The scope approve needs --principal: it speaks for one person.');
      }
      const expiresAt = expiresIn === undefined ? null : new Date(clock().getTime() + parseDuration(expiresIn));
      const grant = {
        client,
        scopes: names,
        principal: principal ?? null,
        expiresAt,
      };
      const { token, entry } = registry().create(grant);
      terminal.err(`Token ${entry.id} for ${entry.client} with ${entry.scopes.join(', ')}. It is shown only now:`);
      terminal.out(token);
    });
  command
    .command('list')
    .description('list tokens')
    .option('--all', 'with those that were revoked')
    .option('--json', 'print JSON')
    .action(({ json, all }: { json?: boolean; all?: boolean }) => {
      const entries = registry()
        .list()
        .filter(({ revoked_at }) => all || revoked_at === null)
        .map(({ secret_sha256: _, ...entry }) => entry);
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

function parseDuration(text: string): number {
  const match = /^([1-9]\d{0,5})([mhd])$/.exec(text);
  if (match === null)
    throw new AppError('config_invalid', `"${text}" is not a time; write for example 30m, 12h or 90d.`);
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
