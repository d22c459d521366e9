import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Sources } from '../policy-folder.ts';
import { locationSchema } from '../toolchain/opa-location.ts';
import { describableModules, parseWithLocations, type RegoModule } from '../toolchain/rego-modules.ts';
import { run } from '../toolchain/run.ts';
import type { OpaTest, TestCase } from './opa-tests.ts';

/** A rule that is true where one case of a parameterised test passes. */
export interface CaseRule {
  test: OpaTest;
  case: TestCase;
  /** Below `data`. */
  path: readonly string[];
}

/** A definition of a parameterised test: `test_x[name] if { … }`. */
interface Definition {
  /** What stands in the brackets, in order. */
  keys: readonly string[];
  /** The expressions of the body. */
  body: readonly string[];
}

/** The rules of the cases of one test, with what is added to each file for them. */
interface Addition {
  rules: readonly CaseRule[];
  texts: readonly { module: RegoModule; text: string }[];
}

const PREFIX = 'countersign_case_';

const sourceText = z.base64().transform((text) => Buffer.from(text, 'base64').toString());
const writtenSchema = z.looseObject({ location: z.looseObject({ text: sourceText }) });
const rulesSchema = z.object({
  rules: z
    .array(
      z.object({
        head: z.object({
          ref: z.array(writtenSchema.extend({ type: z.string(), value: z.unknown() })),
          value: z.looseObject({ type: z.string(), value: z.unknown() }).optional(),
        }),
        body: z.array(writtenSchema),
      }),
    )
    .default([]),
});
const errorsSchema = z.object({ errors: z.array(z.object({ location: locationSchema.optional() })) });

/**
 * Adds a rule for each case of the parameterised tests to the files of a folder, which must be a copy. With these rules a
 * case is evaluated without the others, and a message can name it. Returns the rules. A test gets none where its rules are
 * not all of the form `test_x[name] if { … }`, or where OPA does not compile what is added to its file.
 */
export async function addCaseRules(
  folder: string,
  opa: string,
  sources: Sources,
  tests: readonly OpaTest[],
): Promise<CaseRule[]> {
  const parameterised = tests.filter(({ cases }) => cases.length > 0);
  if (parameterised.length === 0) return [];
  const modules = await describableModules(folder, opa, sources.tests);
  const definitions = new Map<RegoModule, ReadonlyMap<string, readonly (Definition | null)[]>>();
  for (const module of modules) {
    definitions.set(module, definitionsIn(await parseWithLocations(folder, opa, module.file)));
  }
  let first = 0;
  let additions = parameterised.flatMap((test) => {
    const addition = additionFor(test, definitions, first);
    first += test.cases.length;
    return addition ?? [];
  });
  const refused = await writeAndCheck(folder, opa, modules, additions);
  if (refused.size > 0) {
    additions = additions.filter(({ texts }) => !texts.some(({ module }) => refused.has(module.file)));
    if ((await writeAndCheck(folder, opa, modules, additions)).size > 0) {
      additions = [];
      await writeAndCheck(folder, opa, modules, additions);
    }
  }
  return additions.flatMap(({ rules }) => rules);
}

/** By the names of tests; null for a definition of another form. */
function definitionsIn(parsed: unknown): Map<string, (Definition | null)[]> {
  const { rules } = rulesSchema.parse(parsed);
  const found = rules.map(({ head: { ref, value }, body }) => {
    const [name, ...keys] = ref;
    const isPlain = value === undefined || (value.type === 'boolean' && value.value === true);
    const texts = { keys: keys.map(({ location }) => location.text), body: body.map(({ location }) => location.text) };
    return { name: String(name?.value), definition: isPlain && keys.length > 0 ? texts : null };
  });
  const byName = Map.groupBy(found, ({ name }) => name);
  return new Map([...byName].map(([name, those]) => [name, those.map(({ definition }) => definition)]));
}

function additionFor(
  test: OpaTest,
  definitions: ReadonlyMap<RegoModule, ReadonlyMap<string, readonly (Definition | null)[]>>,
  first: number,
): Addition | null {
  const own = [...definitions].filter(([module]) => referenceOf(module.package) === test.package);
  const name = test.name.replace(/#\d+$/, '');
  const named = own.map(([module, byName]) => ({ module, definitions: byName.get(name) ?? [] }));
  const rules = test.cases.map((each, index) => {
    return { test, case: each, path: [...(own[0]?.[0].package ?? []), `${PREFIX}${first + index}`] };
  });
  const isComplete = named.every((each) =>
    each.definitions.every((definition) => {
      return definition !== null && test.cases.every(({ names }) => names.length === definition.keys.length);
    }),
  );
  if (!isComplete) return null;
  const texts = named.map(({ module, definitions: those }) => {
    const lines = rules.flatMap((rule) =>
      those.map((definition) => ruleText(rule.path.at(-1) ?? '', definition as Definition, rule.case)),
    );
    return { module, text: lines.join('') };
  });
  return { rules, texts: texts.filter(({ text }) => text !== '') };
}

/** The body, which tells apart the case as soon as it says the names, so that it goes no further for other cases. */
function ruleText(rule: string, { keys, body }: Definition, { names }: TestCase): string {
  const lines = [...body];
  keys.forEach((key, index) => {
    const variables = key.match(/[A-Za-z_]\w*/g) ?? [];
    const isIn = (line: string) => variables.every((variable) => new RegExp(`\\b${variable}\\b`).test(line));
    lines.splice(lines.findIndex(isIn) + 1, 0, `${key} in ${setOf(names[index] ?? '')}`);
  });
  return `\n${rule} if {\n${lines.join('\n')}\n}\n`;
}

/** A report has texts for the names of cases, also where policy names them by numbers. */
function setOf(name: string): string {
  const text = JSON.stringify(name);
  return /^-?\d+$/.test(name) ? `{${text}, ${name}}` : `{${text}}`;
}

/** As in `data.approval.kinds["issue/api_key_test"]`. */
function referenceOf(path: readonly string[]): string {
  return ['data', ...path].map((step, index) => (index > 0 ? asStep(step) : step)).join('');
}

function asStep(step: string): string {
  return /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** Writes the files with what is added. Returns those that OPA does not compile. */
async function writeAndCheck(
  folder: string,
  opa: string,
  modules: readonly RegoModule[],
  additions: readonly Addition[],
): Promise<Set<string>> {
  for (const module of modules) {
    const texts = additions.flatMap((each) => each.texts.filter((text) => text.module === module));
    await writeFile(join(folder, module.file), [module.text, ...texts.map(({ text }) => text)].join('\n'));
  }
  const args = ['check', '--format', 'json', '--max-errors', '1000', '--bundle', '.'];
  const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
  if (code === 0) return new Set();
  const { errors } = errorsSchema.parse(JSON.parse(stderr || stdout));
  return new Set(errors.map(({ location }) => location?.file ?? ''));
}
