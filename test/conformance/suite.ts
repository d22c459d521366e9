import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { run } from '../../src/authoring/toolchain/run.ts';

const TOOLS_DIR = fileURLToPath(new URL('../../tools', import.meta.url));

const caseSchema = z.object({
  note: z.string(),
  query: z.string(),
  modules: z.array(z.string()).nullish(),
  data: z.unknown().optional(),
  input: z.unknown().optional(),
  input_term: z.string().optional(),
  want_result: z.array(z.record(z.string(), z.unknown())).nullish(),
  want_error: z.string().optional(),
  want_error_code: z.string().optional(),
  sort_bindings: z.boolean().optional(),
});
const fileSchema = z.object({ cases: z.array(caseSchema) });

/** A case of OPA's suite; the fields are those of v1/test/cases/cases.go in the OPA module. */
export type Case = z.output<typeof caseSchema> & { topic: string };

const moduleSchema = z.object({ Dir: z.string() });

/** The cases for Rego v1 of the OPA that tools/go.mod pins, in the order of their notes. Needs Go, which brings the module. */
export async function loadSuite(): Promise<Case[]> {
  const args = ['mod', 'download', '-json', 'github.com/open-policy-agent/opa'];
  const { stdout, stderr, code } = await run('go', args, { cwd: TOOLS_DIR });
  if (code !== 0) throw new Error(`the OPA module cannot be had: ${stderr || stdout}`);
  const { Dir } = moduleSchema.parse(JSON.parse(stdout));
  const folder = join(Dir, 'v1/test/cases/testdata/v1');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.yaml'));
  const cases = await Promise.all(files.map((file) => loadFile(join(folder, file))));
  return cases.flat().sort((a, b) => (a.note < b.note ? -1 : 1));
}

async function loadFile(file: string): Promise<Case[]> {
  const { cases } = fileSchema.parse(parse(await readFile(file, 'utf8'), { intAsBigInt: true }));
  return cases.map((each) => ({ ...each, topic: basename(dirname(file)) }));
}
