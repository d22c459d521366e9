/**
 * Writes what is generated from src/contract: docs/openapi.json and the types and calls of the client.
 *
 *   npm run contract               writes the files
 *   npm run contract -- --check    exits 1 where a committed file differs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './contract/generated.ts';

const isCheck = process.argv.includes('--check');
for (const { path, text } of generatedFiles()) {
  if (!isCheck) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    process.stderr.write(`${path} is not what src/contract generates: run npm run contract\n`);
    process.exitCode = 1;
  }
}
