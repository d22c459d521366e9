import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { accessSync, type BigIntStats, constants, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { lackOfPrivacy } from '../base/files/privacy.ts';
import { readPrivateFile, writePrivateFile } from '../base/files/private-file.ts';
import { onOneLine, plainText } from '../base/text.ts';
import { SCOPES } from '../contract/scope.ts';

/** `cs_<id>_<secret>`: the id finds the entry, 256 random bits of secret prove it. A prefix helps secret scanners. */
const TOKEN = /^cs_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

const ENDING = '.json';

/** What says nothing of a file, and must not be remembered of it: no handles or memory left, a disk that fails. */
const PASSING = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EAGAIN', 'ENOENT']);

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
  /**
   * The entry that a bearer token proves, or null: unknown, wrong, expired and revoked look alike. Throws AppError
   * `tokens_unavailable` where the folder of tokens is gone or cannot be read.
   */
  authenticate(token: string): TokenEntry | null;
  /** Whether the token of this id still lets in: neither revoked nor expired. */
  isValid(id: string): boolean;
  /** Makes a token; the only time that its text exists. Throws AppError `config_invalid` for a bad name or scope. */
  create(grant: TokenGrant): { token: string; entry: TokenEntry };
  list(): TokenEntry[];
  /** Throws AppError `not_found` for an unknown id. A revoked token stays in the list, with the time. */
  revoke(id: string): TokenEntry;
  /**
   * Looks for files that are new in the folder, so that one that is no entry is told of before somebody needs it. Never
   * throws: what cannot be read now is looked at again.
   */
  inspect(): void;
  /** Whether the folder is there and can be read. */
  isThere(): boolean;
}

/** What is known of a file. `entry` is null for one that is no token entry. */
interface KnownFile {
  stamp: string;
  entry: TokenEntry | null;
}

export interface TokenRegistryParts {
  /** The folder; it has to exist. */
  dir: string;
  clock: () => Date;
  /** Told once of each file that is no entry, and why; such files let nobody in, and keep nobody else out. */
  onBadEntry?: (file: string, why: string) => void;
  /** Reads an entry; null where the file holds none. */
  read?: (file: string) => TokenEntry | null;
}

/**
 * A call costs one stat of the file that its token names, and reads it only where it is new: the number of tokens and
 * changes of others do not matter. Revocation replaces the file and thus counts at once.
 */
export function openTokenRegistry(parts: TokenRegistryParts): TokenRegistry {
  const { dir, clock, onBadEntry = () => {}, read = readTokenFile } = parts;
  const known = new Map<string, KnownFile>();
  let inspectedAt = -1n;

  function find(name: string): TokenEntry | null {
    const stat = statusOf(join(dir, name));
    if (stat === undefined) {
      known.delete(name);
      requireFolder();
      return null;
    }
    const stamp = [stat.ino, stat.ctimeNs, stat.mtimeNs, stat.size, stat.mode].join();
    const before = known.get(name);
    if (before?.stamp === stamp && isSettled(stat)) return before.entry;
    const entry = read(join(dir, name));
    if (entry === null && !(before?.stamp === stamp && before.entry === null))
      onBadEntry(join(dir, name), faultOfEntry(join(dir, name)));
    known.set(name, { stamp, entry });
    return entry;
  }

  function isThere(): boolean {
    try {
      accessSync(dir, constants.R_OK | constants.X_OK);
      return statSync(dir).isDirectory();
    } catch {
      return false;
    }
  }

  function requireFolder(): void {
    if (!isThere()) throw unavailable(new Error(`the folder ${dir} is gone or cannot be read; restore it`));
  }

  function names(): string[] {
    requireFolder();
    return readdirSync(dir).filter((name) => name.endsWith(ENDING));
  }

  function write(entry: TokenEntry): TokenEntry {
    requireFolder();
    writePrivateFile(join(dir, fileOf(entry.id)), `${JSON.stringify(entry, null, 2)}\n`);
    return entry;
  }

  function isInForce({ revoked_at, expires_at }: TokenEntry): boolean {
    return revoked_at === null && (expires_at === null || Date.parse(expires_at) > clock().getTime());
  }

  return {
    authenticate(token) {
      const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
      const entry = id === '' ? null : find(fileOf(id));
      // Hashing and comparing without an entry too keeps the time the same for unknown ids.
      const proven = timingSafeEqual(hash(secret), Buffer.from(entry?.secret_sha256 ?? '0'.repeat(64), 'hex'));
      return entry !== null && proven && isInForce(entry) ? entry : null;
    },
    isValid(id) {
      const entry = find(fileOf(id));
      return entry !== null && isInForce(entry);
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
        if (issue?.path[0] === 'scopes') throw unknownScope(scopes);
        throw new AppError('config_invalid', `The token's ${issue?.path.join('.')} is not valid: ${issue?.message}`);
      }
      return { token: `cs_${id}_${secret}`, entry: write(parsed.data) };
    },
    list: () =>
      names()
        .map(find)
        .filter((entry) => entry !== null)
        .sort((a, b) => (a.created_at < b.created_at ? -1 : 1)),
    revoke(id) {
      const entry = /^[0-9a-f]{16}$/.test(id) ? find(fileOf(id)) : null;
      if (entry === null) throw new AppError('not_found', `There is no token with the id ${id}.`);
      return write({ ...entry, revoked_at: entry.revoked_at ?? clock().toISOString() });
    },
    inspect() {
      try {
        const changedAt = statSync(dir, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
        if (changedAt === undefined || changedAt === inspectedAt) return;
        for (const name of names()) if (!known.has(name)) find(name);
        inspectedAt = changedAt;
      } catch {
        // No folder, or no file handles: calls and readiness tell of that, and the next look goes on.
      }
    },
    isThere,
  };
}

/** A file that changed so recently that another change could bear the same time is read again. */
function isSettled({ ctimeNs }: BigIntStats): boolean {
  return BigInt(Date.now() - SETTLE_MS) * 1_000_000n > ctimeNs;
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

/** Null where the file holds no entry. Throws AppError `tokens_unavailable` where it cannot be read now. */
export function readTokenFile(file: string): TokenEntry | null {
  try {
    const entry = entrySchema.parse(JSON.parse(readPrivateFile(file)));
    // By its name too: a copy of an entry must not bring back what was revoked in the original.
    return basename(file) === fileOf(entry.id) ? entry : null;
  } catch (error) {
    if (PASSING.has((error as NodeJS.ErrnoException).code ?? '')) throw unavailable(error);
    return null;
  }
}

function unknownScope(scopes: readonly string[]): AppError {
  const unknown = scopes
    .filter((scope) => !(SCOPES as readonly string[]).includes(scope))
    .map((scope) => onOneLine(`"${scope}"`));
  const wrong = unknown.length > 1 ? 'are not scopes' : 'is not a scope';
  return new AppError(
    'config_invalid',
    `${unknown.join(', ') || 'An empty list'} ${wrong}. The scopes are ${SCOPES.join(', ')}.`,
  );
}

/** Why a file is no entry, and what to do. */
function faultOfEntry(file: string): string {
  const command = statusOf(file) === undefined ? null : lackOfPrivacy(file);
  return command === null
    ? 'it is not a token entry as `countersign token create` writes it'
    : `others can use it; make it private: ${command}`;
}

function statusOf(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    throw unavailable(error);
  }
}

/** Anybody can meet this error: where the tokens are is for the log alone. */
function unavailable(cause: unknown): AppError {
  return new AppError('tokens_unavailable', 'The tokens cannot be read now, so nobody can be let in.', { cause });
}

function fileOf(id: string): string {
  return `${id}${ENDING}`;
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
