import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Sources } from '../policy-folder.ts';
import { locationSchema } from '../toolchain/opa-location.ts';
import { describableModules, parseWithLocations, type RegoModule } from '../toolchain/rego-modules.ts';
import { run } from '../toolchain/run.ts';
import { type Observer, observersOf, VALUE } from './test-observers.ts';

export interface ObservedTests {
  /** By their numbers. */
  observers: readonly Observer[];
  /** Those that OPA does not compile. */
  dropped: readonly Observer[];
  /** Rules that tell what is seen in a test: a set of `[number of the observer, value]`. */
  rules: readonly { path: readonly string[]; first: Observer }[];
}

interface Numbered extends Observer {
  id: number;
}

const SEEN = 'countersign_seen';

interface TestFile {
  module: RegoModule;
  observers: readonly Numbered[];
}

const reportSchema = z.object({ errors: z.array(z.object({ location: locationSchema.optional() })) });
/** Each round leaves out what does not compile; then all is left out. */
const MOST_ROUNDS = 4;

/** Adds rules to the tests in a folder, which must be a copy, that tell what each test works out on its way. */
export async function observeTests(folder: string, opa: string, sources: Sources): Promise<ObservedTests> {
  const modules = await describableModules(folder, opa, [...sources.policies, ...sources.tests]);
  const observers: Numbered[] = [];
  let files: TestFile[] = [];
  for (const module of modules.filter(({ file }) => sources.tests.includes(file))) {
    const own = modules.filter(({ package: path }) => path.join('.') === module.package.join('.'));
    const names = own.flatMap(({ rules }) => rules.map(({ name }) => name[0] ?? ''));
    const found = observersOf(module.file, await parseWithLocations(folder, opa, module.file), names);
    const numbered = found.map((observer, index) => ({ ...observer, id: observers.length + index }));
    observers.push(...numbered);
    files.push({ module, observers: numbered });
  }
  for (let round = 0; round <= MOST_ROUNDS; round++) {
    if (round === MOST_ROUNDS) files = files.map((file) => ({ ...file, observers: [] }));
    const wrong = await writeAndCheck(folder, opa, files);
    if (wrong.size === 0) break;
    files = files.map((file) => ({ ...file, observers: file.observers.filter((each) => !wrong.has(each)) }));
  }
  const kept = new Set(files.flatMap((file) => file.observers.map(({ id }) => id)));
  return {
    observers,
    dropped: observers.filter(({ id }) => !kept.has(id)),
    rules: files.flatMap(({ module, observers: ofFile }) => {
      const byRule = Map.groupBy(ofFile, ruleOf);
      return [...byRule].map(([rule, [first]]) => ({ path: [...module.package, rule], first: first as Observer }));
    }),
  };
}

/** Answers the observers that OPA does not compile. */
async function writeAndCheck(folder: string, opa: string, files: readonly TestFile[]): Promise<Set<Numbered>> {
  const ends = new Map<string, { upTo: number; observer: Numbered }[]>();
  for (const { module, observers } of files) {
    const lines = module.text.split('\n');
    const own: { upTo: number; observer: Numbered }[] = [];
    for (const observer of observers) {
      const rule = `${ruleOf(observer)} contains [${observer.id}, ${VALUE}] if {\n${observer.body}\n}`;
      lines.push(...rule.split('\n'));
      own.push({ upTo: lines.length, observer });
    }
    ends.set(module.file, own);
    await writeFile(join(folder, module.file), `${lines.join('\n')}\n`);
  }
  const args = ['check', '--format', 'json', '--max-errors', '1000', '--bundle', '.'];
  const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
  if (code === 0) return new Set();
  const { errors } = reportSchema.parse(JSON.parse(stderr || stdout));
  const wrong = errors.flatMap(({ location }) => {
    const own = location === undefined ? [] : (ends.get(location.file) ?? []);
    const found = own.find(({ upTo }) => upTo >= (location?.line ?? 0));
    return found ? [found.observer] : [];
  });
  return wrong.length > 0 ? new Set(wrong) : new Set(files.flatMap((file) => file.observers));
}

function ruleOf({ test }: Observer): string {
  return `${SEEN}_in_${test}`;
}
