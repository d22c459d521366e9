import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { run } from '../../src/authoring/toolchain/run.ts';
import { loadSuite } from '../conformance/suite.ts';

/** Rego that is examined as a folder of policies of its own: the text of each file by its path. */
export interface Unit {
  name: string;
  files: ReadonlyMap<string, string>;
}

/** The modules of each case of OPA's conformance suite; of all topics, where none are named. */
export async function conformanceUnits(topics: readonly string[]): Promise<Unit[]> {
  const units = new Map<string, Unit>();
  for (const { note, topic, modules } of await loadSuite()) {
    const texts = topics.length === 0 || topics.includes(topic) ? (modules ?? []) : [];
    const key = texts.join('\0');
    const files = new Map(texts.map((text, index) => [`test-${index}.rego`, text]));
    if (texts.length > 0 && !units.has(key)) units.set(key, { name: note, files });
  }
  return [...units.values()];
}

/**
 * The Rego of a folder as units that `opa` accepts, as large as possible, and the files that it refuses even alone. Rego v0
 * is rewritten as v1 first, where `opa fmt` can.
 */
export async function folderUnits(folder: string, opa: string): Promise<{ units: Unit[]; refusedByOpa: string[] }> {
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-authoring-'));
  try {
    const files = await copyRego(folder, scratch);
    await rewriteAsV1(files, scratch, opa);
    const refusedByOpa: string[] = [];
    const units: Unit[] = [];
    for await (const accepted of acceptedIn(files, scratch, opa, refusedByOpa)) {
      const texts = accepted.map(async (file) => [file, await readFile(join(scratch, file), 'utf8')] as const);
      const name = join(basename(folder), accepted.length === 1 ? (accepted[0] ?? '') : commonFolder(accepted));
      units.push({ name, files: new Map(await Promise.all(texts)) });
    }
    return { units, refusedByOpa };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function copyRego(from: string, to: string): Promise<string[]> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rego'))
    .map((entry) => relative(from, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((file) => !file.split('/').some((step) => step.startsWith('.')))
    .sort();
  for (const file of files) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await copyFile(join(from, file), join(to, file));
  }
  return files;
}

/** One run for all; where it stops at a file that it cannot read, one run for each. */
async function rewriteAsV1(files: readonly string[], folder: string, opa: string): Promise<void> {
  const format = (paths: readonly string[]) => run(opa, ['fmt', '--v0-v1', '--write', ...paths], { cwd: folder });
  if ((await format(files)).code === 0) return;
  for (const file of files) await format([file]);
}

/**
 * Most of the files that `opa` accepts together, then most of the rest, until each file left is refused even alone.
 * Examples in one repository often define the same rule twice, so not all of them can be one folder.
 */
async function* acceptedIn(
  files: readonly string[],
  folder: string,
  opa: string,
  refused: string[],
): AsyncGenerator<readonly string[]> {
  let left = files;
  while (left.length > 0) {
    let together = left;
    for (
      let bad = await filesRefused(together, folder, opa);
      bad.size > 0;
      bad = await filesRefused(together, folder, opa)
    ) {
      together = together.filter((file) => !bad.has(file));
    }
    if (together.length === 0) break;
    yield together;
    const done = new Set(together);
    left = left.filter((file) => !done.has(file));
  }
  for (const file of left) {
    if ((await filesRefused([file], folder, opa)).size > 0) refused.push(file);
    else yield [file];
  }
}

const reportSchema = z.object({
  errors: z.array(z.object({ location: z.object({ file: z.string() }).optional() })).default([]),
});

/** The files that `opa` finds fault with; all, where it does not say which. */
async function filesRefused(files: readonly string[], folder: string, opa: string): Promise<ReadonlySet<string>> {
  if (files.length === 0) return new Set();
  const args = ['check', '--format', 'json', '--max-errors', '0', ...files];
  const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
  if (code === 0) return new Set();
  const named =
    reportSchema.safeParse(safeJson(stderr || stdout)).data?.errors.map(({ location }) => location?.file) ?? [];
  const known = new Set(files);
  const bad = new Set(named.filter((file) => file !== undefined && known.has(file)) as string[]);
  return bad.size > 0 ? bad : known;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function commonFolder(files: readonly string[]): string {
  const [first = [], ...others] = files.map((file) => file.split('/').slice(0, -1));
  const end = first.findIndex((step, index) => others.some((other) => other[index] !== step));
  return (end < 0 ? first : first.slice(0, end)).join('/');
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
