import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import { parseRego, type RegoValue, toJsonText } from '../../rego/rego.ts';
import { compileFolder } from '../compile/compile-folder.ts';
import type { WrittenAt } from '../plan/planned-rules.ts';
import type { PolicyFault } from '../policy-fault.ts';
import type { Sources } from '../policy-folder.ts';
import { run } from '../toolchain/run.ts';
import { addCaseRules, type CaseRule } from './case-rules.ts';
import { observeTests } from './observed-tests.ts';
import { nameOfCase, type OpaTest } from './opa-tests.ts';
import type { Observer } from './test-observers.ts';
import { type EvaluateAll, evaluateInThread } from './wasm-tests.ts';

export interface Comparison {
  /** How many tests WASM ran; each case of a parameterised test is one. */
  compared: number;
  /** Where WASM answers otherwise than OPA's interpreter, with both answers. */
  differences: readonly PolicyFault[];
  /** What WASM could not run, and why. */
  skipped: readonly PolicyFault[];
}

/** What is evaluated: a test, a case of one, or what is seen in it. */
interface Entry {
  /** The name of a rule of PACKAGE. */
  rule: string;
  /** What that rule is, as in `data.approval_test.test_one`. */
  reference: string;
  /** What messages call it. */
  name: string;
  place: WrittenAt;
  isTest: boolean;
  /** How many tests it stands for. */
  tests: number;
  /** The reference of the test that it is a case of. */
  caseOf?: string;
}

/** By rules of PACKAGE; none where the rule is undefined. */
type Answers = ReadonlyMap<string, RegoValue>;

interface Parts {
  policiesDir: string;
  opa: string;
  /** The copy of the policies with their tests, and the rules that are added to them. */
  folder: string;
  evaluateAll: EvaluateAll;
}

interface WasmAnswers {
  answers: Map<string, RegoValue>;
  /** Why the evaluation was given up, by rule. */
  aborts: Map<string, string>;
  skipped: Map<Entry, PolicyFault>;
  /** How often there may be another module. */
  attempts: number;
}

const PACKAGE = 'countersign_tests';
const MOST_SHOWN = 300;
/** How much of what is the same is shown in front of a difference. */
const SHOWN_BEFORE = 60;
/** Enough to find some tests among thousands that do not compile. */
const MOST_ATTEMPTS = 64;

/**
 * Runs the tests of policies through WASM as well, and compares with OPA's interpreter what each of them says, what it assigns
 * to variables, and the rules that it asks for by `with`. All tests must have passed. `evaluateAll` evaluates the module.
 */
export async function compareTests(
  { policiesDir, opa }: { policiesDir: string; opa: string },
  snapshot: string,
  sources: Sources,
  tests: readonly OpaTest[],
  evaluateAll: EvaluateAll = evaluateInThread,
): Promise<Comparison> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-tests-'));
  try {
    await cp(snapshot, folder, { recursive: true });
    const cases = await addCaseRules(folder, opa, sources, tests);
    const { observers, dropped, rules } = await observeTests(folder, opa, sources);
    const candidates = [...testEntries(tests), ...caseEntries(cases), ...rules.map(seenEntry)];
    await writeFile(join(folder, `${PACKAGE}.rego`), moduleOf(candidates));
    const parts = { policiesDir, opa, folder, evaluateAll };
    const expected = await answersOfOpa(parts);
    const entries = withCasesApart(candidates, expected);
    const found: WasmAnswers = { answers: new Map(), aborts: new Map(), skipped: new Map(), attempts: MOST_ATTEMPTS };
    await evaluateEntries(parts, entries, found);
    const ran = entries.filter((entry) => !found.skipped.has(entry));
    const differences = differencesAmong(ran, expected, found, observers);
    // What depends on the clock is another value at each run.
    const again = differences.length > 0 ? await answersOfOpa(parts) : expected;
    const lasting = new Set(differencesAmong(ran, again, found, observers).map((fault) => JSON.stringify(fault)));
    const unseen = dropped.map(({ place, what }) => ({ ...place, message: `${what} is not compared with WASM` }));
    return {
      compared: ran.reduce((count, entry) => count + entry.tests, 0),
      differences: differences.filter((fault) => lasting.has(JSON.stringify(fault))),
      skipped: [...found.skipped.values(), ...unseen],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** OPA reports the definitions of one rule one by one. */
function testEntries(tests: readonly OpaTest[]): Entry[] {
  const byReference = Map.groupBy(tests, referenceOf);
  return [...byReference].map(([reference, [test, ...others]], index) => {
    const { name, location, cases } = test as OpaTest;
    const count = Math.max(1 + others.length, cases.length);
    return { rule: `test${index}`, reference, name, place: location, isTest: true, tests: count };
  });
}

function caseEntries(cases: readonly CaseRule[]): Entry[] {
  return cases.map(({ test, case: each, path }, index) => {
    const entry = {
      rule: `case${index}`,
      reference: pathText(path),
      name: nameOfCase(test, each),
      place: test.location,
    };
    return { ...entry, isTest: true, tests: 1, caseOf: referenceOf(test) };
  });
}

/** Takes the cases of a test instead of the test where each passes in OPA when it is evaluated apart, and else the test. */
function withCasesApart(candidates: readonly Entry[], answers: Answers): Entry[] {
  const cases = Map.groupBy(candidates, ({ caseOf }) => caseOf);
  const isApart = (reference: string | undefined) => {
    const those = reference === undefined ? undefined : cases.get(reference);
    return those?.every(({ rule }) => answers.get(rule) === true) ?? false;
  };
  return candidates.filter(({ reference, caseOf }) => (caseOf === undefined ? !isApart(reference) : isApart(caseOf)));
}

/** OPA numbers tests of the same name, which are one rule. */
function referenceOf({ package: path, name }: OpaTest): string {
  return `${path}.${name.replace(/#\d+$/, '')}`;
}

function seenEntry({ path, first }: { path: readonly string[]; first: Observer }, index: number): Entry {
  const { test: name, place } = first;
  return { rule: `seen${index}`, reference: pathText(path), name, place, isTest: false, tests: 0 };
}

function pathText(path: readonly string[]): string {
  return `data${path.map((step) => `[${JSON.stringify(step)}]`).join('')}`;
}

function moduleOf(entries: readonly Entry[]): string {
  return [`package ${PACKAGE}`, ...entries.map(({ rule, reference }) => `${rule} := ${reference}`), ''].join('\n\n');
}

async function answersOfOpa({ policiesDir, opa, folder }: Parts): Promise<Answers> {
  const args = ['eval', '--format', 'raw', '--bundle', '.', `data.${PACKAGE}`];
  const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
  if (code !== 0) throw new AppError('policy_invalid', `${policiesDir}: ${stderr || stdout}`);
  return new Map(Object.entries(parseRego(stdout.trim()) as Record<string, RegoValue>));
}

/** One module for all; where there is none, one for each half, so that only those are skipped that have none. */
async function evaluateEntries(parts: Parts, entries: readonly Entry[], found: WasmAnswers): Promise<void> {
  try {
    await evaluateAtOnce(parts, entries, found);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'policy_invalid') throw error;
    found.attempts -= 1;
    if (entries.length === 1 || found.attempts <= 0) {
      for (const entry of entries) {
        const message = `${entry.name} cannot run through WASM: ${error.message}`;
        found.skipped.set(entry, { ...entry.place, message });
      }
      return;
    }
    const half = Math.ceil(entries.length / 2);
    await evaluateEntries(parts, entries.slice(0, half), found);
    await evaluateEntries(parts, entries.slice(half), found);
  }
}

async function evaluateAtOnce(parts: Parts, entries: readonly Entry[], found: WasmAnswers): Promise<void> {
  const { opa, folder, policiesDir, evaluateAll } = parts;
  const entrypoints = entries.map(({ rule }) => `${PACKAGE}/${rule}`);
  const { wasm, data } = await compileFolder({ policiesDir, opa, entrypoints, withTests: true }, folder);
  for (const { entrypoint, value, abort } of await evaluateAll({ wasm, data: bytesOf(data), entrypoints })) {
    const rule = entrypoint.slice(PACKAGE.length + 1);
    if (value !== null) found.answers.set(rule, parseRego(value));
    if (abort !== null) found.aborts.set(rule, abort);
  }
}

function bytesOf(data: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(data));
}

function differencesAmong(
  entries: readonly Entry[],
  expected: Answers,
  found: WasmAnswers,
  observers: readonly Observer[],
): PolicyFault[] {
  return entries.flatMap((entry) => differencesOf(entry, expected, found, observers));
}

function differencesOf(
  { rule, name, place, isTest }: Entry,
  expected: Answers,
  { answers, aborts }: WasmAnswers,
  observers: readonly Observer[],
): PolicyFault[] {
  const abort = aborts.get(rule);
  if (abort !== undefined) return [{ ...place, message: `${name} fails through WASM: ${abort}` }];
  const [opa, wasm] = [expected.get(rule), answers.get(rule)];
  if (textOf(opa) === textOf(wasm)) return [];
  if (isTest) return [{ ...place, message: `${name} ${bothAnswers(textsOf(wasm), textsOf(opa))}` }];
  const [byOpa, byWasm] = [opa, wasm].map(valuesByObserver) as [Map<number, Set<string>>, Map<number, Set<string>>];
  return [...new Set([...byOpa.keys(), ...byWasm.keys()])]
    .sort((a, b) => a - b)
    .flatMap((id) => {
      const observer = observers[id];
      const [inOpa, inWasm] = [byOpa.get(id) ?? new Set<string>(), byWasm.get(id) ?? new Set<string>()];
      const [onlyOpa, onlyWasm] = [without(inOpa, inWasm), without(inWasm, inOpa)];
      if (observer === undefined || onlyOpa.size + onlyWasm.size === 0) return [];
      const message = `${observer.what} ${bothAnswers([...onlyWasm], [...onlyOpa])} (${name})`;
      return [{ ...observer.place, message }];
    });
}

function valuesByObserver(seen: RegoValue | undefined): Map<number, Set<string>> {
  const values = new Map<number, Set<string>>();
  for (const [id, value] of (seen ?? []) as Iterable<[number, RegoValue]>) {
    values.set(id, (values.get(id) ?? new Set()).add(toJsonText(value)));
  }
  return values;
}

function textOf(value: RegoValue | undefined): string | undefined {
  return value === undefined ? undefined : toJsonText(value);
}

function textsOf(value: RegoValue | undefined): string[] {
  return value === undefined ? [] : [toJsonText(value)];
}

/** Long ones are shown from shortly before where they differ. */
function bothAnswers(wasm: readonly string[], opa: readonly string[]): string {
  const [ofWasm, ofOpa] = [wasm, opa].map((texts) => texts.join(' or ') || 'undefined') as [string, string];
  let same = 0;
  while (same < ofWasm.length && ofWasm[same] === ofOpa[same]) same++;
  const start = Math.max(ofWasm.length, ofOpa.length) <= MOST_SHOWN ? 0 : Math.max(0, same - SHOWN_BEFORE);
  return `is ${shown(ofWasm, start)} through WASM, and ${shown(ofOpa, start)} in OPA`;
}

function shown(text: string, start: number): string {
  const part = text.slice(start, start + MOST_SHOWN).toWellFormed();
  return `${start > 0 ? '…' : ''}${part}${start + MOST_SHOWN < text.length ? '…' : ''}`;
}

function without(texts: ReadonlySet<string>, others: ReadonlySet<string>): Set<string> {
  return new Set([...texts].filter((text) => !others.has(text)));
}
