import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { plainText } from '../domain/text.ts';
import { readPrivateFile, writePrivateFile } from '../evidence/private-file.ts';

export const SCOPES = ['decide', 'read', 'approve', 'approve:assert', 'review', 'revoke', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** `cs_<id>_<secret>`: the id finds the entry, 256 random bits of secret prove it. A prefix helps secret scanners. */
const TOKEN = /^cs_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** File times are coarse: a few milliseconds on common systems, two seconds on the worst. */
const SETTLE_MS = 2000;

const entrySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  secret_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  client: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'use letters, digits, ".", "_" and "-"'),
  scopes: z.array(z.enum(SCOPES)).min(1),
  principal: plainText(512).nullable(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});
export type TokenEntry = z.infer<typeof entrySchema>;

export interface TokenGrant {
  client: string;
  scopes: readonly string[];
  principal: string | null;
  expiresAt: Date | null;
}

/** Bearer tokens, one file each in a folder, hashes only. The command line writes it while the service reads it. */
export interface TokenRegistry {
  /** The entry that a bearer token proves, or null: unknown, wrong, expired and revoked look alike. */
  authenticate(token: string): TokenEntry | null;
  /** Whether the token of this id still lets in: neither revoked nor expired. */
  isValid(id: string): boolean;
  /** Makes a token; the only time that its text exists. Throws AppError `config_invalid` for a bad name or scope. */
  create(grant: TokenGrant): { token: string; entry: TokenEntry };
  list(): TokenEntry[];
  /** Throws AppError `not_found` for an unknown id. A revoked token stays in the list, with the time. */
  revoke(id: string): TokenEntry;
}

/** `onBadEntry` is told of files that are no entries; they let nobody in, and keep nobody else out. */
export function openTokenRegistry(
  dir: string,
  clock: () => Date,
  onBadEntry: (file: string) => void = () => {},
): TokenRegistry {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  let entries = new Map<string, TokenEntry>();
  let readAt = -1n;

  /**
   * Every write renames a file into the folder and so changes its time: one stat tells whether anything is new. A change
   * so recent that another one could bear the same time is read again.
   */
  function current(): Map<string, TokenEntry> {
    const changedAt = statSync(dir, { bigint: true }).mtimeNs;
    if (changedAt !== readAt) {
      const settled = BigInt(Date.now() - SETTLE_MS) * 1_000_000n > changedAt;
      entries = readEntries(dir, onBadEntry);
      readAt = settled ? changedAt : -1n;
    }
    return entries;
  }

  function write(entry: TokenEntry): TokenEntry {
    writePrivateFile(join(dir, `${entry.id}.json`), `${JSON.stringify(entry, null, 2)}\n`);
    return entry;
  }

  function isInForce({ revoked_at, expires_at }: TokenEntry): boolean {
    return revoked_at === null && (expires_at === null || Date.parse(expires_at) > clock().getTime());
  }

  return {
    authenticate(token) {
      const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
      const entry = current().get(id);
      // Hashing and comparing without an entry too keeps the time the same for unknown ids.
      const proven = timingSafeEqual(hash(secret), Buffer.from(entry?.secret_sha256 ?? '0'.repeat(64), 'hex'));
      return entry !== undefined && proven && isInForce(entry) ? entry : null;
    },
    isValid(id) {
      const entry = current().get(id);
      return entry !== undefined && isInForce(entry);
    },
    create({ client, scopes, principal, expiresAt }) {
      const id = randomBytes(8).toString('hex');
      const secret = randomBytes(32).toString('base64url');
      const parsed = entrySchema.safeParse({
        id,
        secret_sha256: hash(secret).toString('hex'),
        client,
        scopes: [...new Set(scopes)],
        principal,
        created_at: clock().toISOString(),
        expires_at: expiresAt?.toISOString() ?? null,
        revoked_at: null,
      });
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new AppError('config_invalid', `The token's ${issue?.path.join('.')} is not valid: ${issue?.message}`);
      }
      return { token: `cs_${id}_${secret}`, entry: write(parsed.data) };
    },
    list: () => [...current().values()].sort((a, b) => (a.created_at < b.created_at ? -1 : 1)),
    revoke(id) {
      const entry = current().get(id);
      if (entry === undefined) throw new AppError('not_found', `There is no token with the id ${id}.`);
      return write({ ...entry, revoked_at: entry.revoked_at ?? clock().toISOString() });
    },
  };
}

/** The token that a first start leaves for its operator: it asks, reads and replaces the policy; it cannot approve. */
export function ensureAdminToken(registry: TokenRegistry, file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  const { token } = registry.create({
    client: 'admin',
    scopes: ['admin', 'decide', 'read'],
    principal: null,
    expiresAt: null,
  });
  writePrivateFile(file, `${token}\n`);
}

function readEntries(dir: string, onBadEntry: (file: string) => void): Map<string, TokenEntry> {
  const found = new Map<string, TokenEntry>();
  for (const name of readdirSync(dir).filter((each) => each.endsWith('.json'))) {
    const entry = readEntry(join(dir, name));
    // By its name too: a copy of an entry must not bring back what was revoked in the original.
    if (entry === null || name !== `${entry.id}.json`) onBadEntry(join(dir, name));
    else found.set(entry.id, entry);
  }
  return found;
}

function readEntry(file: string): TokenEntry | null {
  try {
    return entrySchema.parse(JSON.parse(readPrivateFile(file)));
  } catch {
    return null;
  }
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
