import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { z } from 'zod';
import { nodeLocationSchema } from '../toolchain/opa-location.ts';
import { describableModules, parseWithLocations, type RegoModule } from '../toolchain/rego-modules.ts';
import { edited, offsetOf, type TextEdit } from './text-edits.ts';

/** A `with` in the source text. */
interface Modifier {
  row: number;
  col: number;
  text: string;
}

const stepSchema = z.object({ value: z.unknown() });
const targetSchema = z.object({ type: z.string(), value: z.unknown() }).transform(({ type, value }) =>
  type === 'ref'
    ? z
        .array(stepSchema)
        .parse(value)
        .map((step) => String(step.value))
    : [String(value)],
);
const modifiedSchema = z.object({
  with: z.array(z.object({ location: nodeLocationSchema, target: targetSchema })).min(2),
});
const importsSchema = z.object({
  imports: z
    .array(z.object({ path: z.object({ value: z.array(stepSchema) }), alias: z.string().optional() }))
    .default([]),
});

/** Several `with`, the first of which may name a function. */
const SUSPICIOUS = /\bwith\s+(?!input\b)[^\s]+\s+as\b[\s\S]*?\bwith\s/;

/**
 * Puts the modifiers of expressions in an order that OPA's compiler to WASM compiles correctly. Where a function is replaced
 * before a document (`with data.lib.f as g with input as x`), the compiled module replaces another document than the named one.
 * All modifiers apply at once, so that the order has no meaning in Rego. Returns the changed files by path; `written` holds
 * files whose text has changed already.
 */
export async function orderModifiers(
  folder: string,
  opa: string,
  written: ReadonlyMap<string, string>,
  withTests: boolean,
): Promise<Map<string, string>> {
  const paths = await readdir(folder, { recursive: true });
  const files = paths
    .map((path) => path.replaceAll(sep, '/'))
    .filter((path) => (withTests ? /\.rego$/ : /(?<!_test)\.rego$/).test(path));
  const texts = await Promise.all(
    files.map(async (file) => [file, written.get(file) ?? (await readFile(join(folder, file), 'utf8'))] as const),
  );
  const suspicious = texts.filter(([, text]) => SUSPICIOUS.test(text));
  if (suspicious.length === 0) return new Map();
  const modules = await describableModules(folder, opa, files);
  const ordered = new Map<string, string>();
  for (const [file, text] of suspicious) {
    const module = modules.find((each) => each.file === file);
    if (module === undefined) continue;
    const inOrder = await withOrder(text, module, modules, opa);
    if (inOrder !== text) ordered.set(file, inOrder);
  }
  return ordered;
}

/** Repeats until nothing changes, because a modifier may be nested in another one that moves. */
async function withOrder(
  text: string,
  module: RegoModule,
  modules: readonly RegoModule[],
  opa: string,
): Promise<string> {
  const edits = findMisordered(await parse(text, opa), module, modules).flatMap((each) => editOf(text, each));
  return edits.length === 0 ? text : withOrder(edited(text, withoutOverlaps(edits)), module, modules, opa);
}

async function parse(text: string, opa: string): Promise<unknown> {
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-parse-'));
  try {
    await writeFile(join(scratch, 'module.rego'), text);
    return await parseWithLocations(scratch, opa, 'module.rego');
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function editOf(text: string, { written, ordered }: Misordered): TextEdit[] {
  const places = written.map(({ row, col, text: modifier }) => offsetOf(text, row, col, modifier));
  const [start, last] = [places[0], places.at(-1)];
  if (start === undefined || last === undefined) return [];
  const end = last + (written.at(-1)?.text.length ?? 0);
  const [first = '', ...others] = ordered.map((modifier) => modifier.text);
  // The text after it must stay on its line, because error messages name lines.
  const lost = linesIn(text.slice(start, end)) - linesIn([first, ...others].join(' '));
  return [{ start, end, text: [first, others.join(' ')].join(lost > 0 ? '\n'.repeat(lost) : ' ') }];
}

function linesIn(text: string): number {
  return text.split('\n').length;
}

/** Edits nested in another edit are left to the next round. */
function withoutOverlaps(edits: readonly TextEdit[]): TextEdit[] {
  return edits.filter(
    (edit) => !edits.some((other) => other !== edit && other.start <= edit.start && edit.end <= other.end),
  );
}

interface Misordered {
  written: readonly Modifier[];
  ordered: readonly Modifier[];
}

/** Finds expressions in which a function is replaced before a document. */
function findMisordered(parsed: unknown, module: RegoModule, modules: readonly RegoModule[]): Misordered[] {
  const documents = documentsOf(parsed, module, modules);
  const found: Misordered[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const modifiers = modifiedSchema.safeParse(value).data?.with ?? [];
    const isDocument = ({ target }: (typeof modifiers)[number]) => documents(target);
    const ordered = [...modifiers.filter(isDocument), ...modifiers.filter((each) => !isDocument(each))];
    if (ordered.some((each, index) => each !== modifiers[index])) {
      const [written, working] = [modifiers, ordered].map((list) => list.map(({ location }) => location));
      found.push({ written: written ?? [], ordered: working ?? [] });
    }
    Object.values(value).forEach(look);
  };
  look(parsed);
  return found;
}

/** Returns a test of whether a target is a document: `input`, or something below `data` that is not a function. */
function documentsOf(
  parsed: unknown,
  module: RegoModule,
  modules: readonly RegoModule[],
): (target: string[]) => boolean {
  const functions = new Set(
    modules.flatMap(({ package: path, rules }) =>
      rules.filter(({ arity }) => arity !== undefined).map(({ name }) => JSON.stringify([...path, ...name])),
    ),
  );
  const own = new Set(module.rules.map(({ name }) => name[0]));
  const imported = new Map(
    importsSchema.parse(parsed).imports.map(({ path, alias }) => {
      const steps = path.value.map(({ value }) => String(value));
      return [alias ?? steps.at(-1), steps];
    }),
  );
  return ([head = '', ...steps]) => {
    const [root = '', ...path] = [
      ...(imported.get(head) ?? (own.has(head) ? ['data', ...module.package, head] : [head])),
      ...steps,
    ];
    return root === 'input' || (root === 'data' && !functions.has(JSON.stringify(path)));
  };
}
