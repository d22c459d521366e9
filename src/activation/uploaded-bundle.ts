import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Sha256, sha256, sha256Schema } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { writePrivateFile } from '../base/files/private-file.ts';
import { instantSchema } from '../base/instant.ts';

const ENTRY = 'active.json';

const entrySchema = z.strictObject({
  file: z.string().regex(/^[0-9a-f]{64}\.tar\.gz$/),
  by: z.strictObject({ client: z.string(), principal: z.string().nullable() }),
  at: instantSchema,
  configured: sha256Schema,
});
type Entry = z.output<typeof entrySchema>;

/** An uploaded bundle that stands in for the configured one. */
export interface UploadedBundle {
  bundle: Uint8Array;
  by: Entry['by'];
}

/**
 * Keeps the bundle that was uploaded last, so that a restart does not bring the policy before it back. It stands in for the
 * one configured bundle that it was uploaded over: when that one changes, the newer of the two is the configured one. The
 * bytes of all that were ever uploaded stay, by their digest: records name them, and somebody may want to run them again.
 */
export interface UploadedBundles {
  /**
   * Durable when it returns: the bundle first, then the entry that names it. Throws AppError `store_unavailable`; the entry
   * may be there all the same then, where only the last sync failed.
   */
  keep(bundle: Uint8Array, about: { by: Entry['by']; at: string; configured: Sha256 }): void;
  /** Null where none was uploaded over this configured bundle. Throws AppError `bundle_invalid` where it is damaged. */
  find(configured: Sha256): UploadedBundle | null;
  forget(): void;
}

export function openUploadedBundles(dir: string): UploadedBundles {
  mkdirSync(dir, { recursive: true, mode: 0o700 });

  function entry(): Entry | null {
    if (!readdirSync(dir).includes(ENTRY)) return null;
    try {
      return entrySchema.parse(JSON.parse(readFileSync(join(dir, ENTRY), 'utf8')));
    } catch (cause) {
      throw damaged(dir, cause);
    }
  }

  return {
    keep(bundle, { by, at, configured }) {
      const file = `${sha256(bundle).slice('sha256:'.length)}.tar.gz`;
      try {
        writePrivateFile(join(dir, file), bundle);
        writePrivateFile(join(dir, ENTRY), JSON.stringify({ file, by, at, configured } satisfies Entry));
      } catch (cause) {
        const message = 'The bundle could not be kept, and does not decide; look at it again after a restart.';
        throw new AppError('store_unavailable', message, { cause });
      }
    },
    find(configured) {
      const found = entry();
      if (found === null || found.configured !== configured) return null;
      try {
        const bundle = readFileSync(join(dir, found.file));
        if (`${sha256(bundle).slice('sha256:'.length)}.tar.gz` !== found.file)
          throw new Error('its bytes were changed');
        return { bundle, by: found.by };
      } catch (cause) {
        throw damaged(dir, cause);
      }
    },
    forget() {
      rmSync(join(dir, ENTRY), { force: true });
    },
  };
}

function damaged(dir: string, cause: unknown): AppError {
  const why = (cause as Error).message;
  return new AppError(
    'bundle_invalid',
    `The uploaded bundle in ${dir} cannot be used (${why}); remove it to go back.`,
    {
      cause,
    },
  );
}
