import { z } from 'zod';

/**
 * A place as OPA and Regal report it. Both count lines and columns from 1, but report 0 for a fault at the end of a file.
 */
export const locationSchema = z
  .object({ file: z.string(), row: z.int(), col: z.int() })
  .transform(({ file, row, col }) => ({ file: file || '.', line: Math.max(row, 1), column: Math.max(col, 1) }));

/** The location of a node in the output of parseWithLocations: where it begins, and its source text. */
export const nodeLocationSchema = z
  .object({ row: z.int(), col: z.int(), text: z.base64().default('') })
  .transform((location) => ({ ...location, text: Buffer.from(location.text, 'base64').toString() }));
