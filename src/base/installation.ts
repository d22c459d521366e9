import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this installation, which holds package.json, bundles/, policies/ and tools/ beside src/ or dist/. */
export const HOME = fileURLToPath(new URL('../..', import.meta.url));

/** The bundle that comes with the program. */
export const BUNDLE_FILE = join(HOME, 'bundles', 'default.tar.gz');

/** The version of the program, as in package.json. */
export const { version } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as { version: string };
