import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOpenApi } from '../../src/contract/openapi.ts';
import type { OpenApi } from './open-api.ts';
import { wireCalls } from './wire-calls.ts';
import { wireTypes } from './wire-types.ts';

const HOME = fileURLToPath(new URL('../../', import.meta.url));

/** A file that is made from the contract, and the text that it has to hold. */
export interface GeneratedFile {
  path: string;
  text: string;
}

/** Everything that is generated from src/contract, formatted as the linter wants it. */
export function generatedFiles(): GeneratedFile[] {
  const { version } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as { version: string };
  const document = createOpenApi(version);
  const readable = document as unknown as OpenApi;
  const texts = {
    'docs/openapi.json': JSON.stringify(document),
    'src/client/wire.ts': wireTypes(readable),
    'src/client/wire-calls.ts': wireCalls(readable),
  };
  return Object.entries(texts).map(([name, text]) => ({ path: join(HOME, name), text: formatted(name, text) }));
}

function formatted(name: string, text: string): string {
  const biome = join(HOME, 'node_modules', '.bin', 'biome');
  const args = ['format', `--stdin-file-path=${name}`];
  return execFileSync(biome, args, { cwd: HOME, input: text, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
