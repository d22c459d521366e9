import { readFile } from 'node:fs/promises';
import { BUNDLE_FILE } from '../src/base/installation.ts';
import { type Bundle, readBundle } from '../src/bundle/bundle.ts';

/** The bundle that comes with the program, which everything here is measured on. */
export async function readDefaultBundle(): Promise<Bundle> {
  return readBundle(await readFile(BUNDLE_FILE));
}
