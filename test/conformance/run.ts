import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { whyRefused } from '../../src/authoring/toolchain/capabilities.ts';
import { defaultCacheDir, findTool } from '../../src/authoring/toolchain/tool.ts';
import { type RegoValue, toJsonText } from '../../src/rego/value.ts';
import { createCaseCompiler } from './compile.ts';
import { CaseRunner } from './evaluate.ts';
import { type Case, loadSuite } from './suite.ts';
import { judge } from './verdict.ts';

// npm run conformance [-- topic …]: OPA's own suite, compiled by the pinned opa, evaluated by us.

const OUTCOMES = ['passed', 'failed', 'refused', 'missing', 'excepted'] as const;
type Outcome = (typeof OUTCOMES)[number];

interface Finding {
  each: Case;
  outcome: Outcome;
  detail: string;
}

const exceptionsFile = new URL('./exceptions.json', import.meta.url);
const exceptions = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(exceptionsFile, 'utf8')));
const cacheDir = defaultCacheDir(process.env);
const opa = await findTool('opa', { opa: process.env['COUNTERSIGN_OPA'], cacheDir, env: process.env });
const compile = await createCaseCompiler(opa, cacheDir);

const topics = new Set(process.argv.slice(2));
const suite = (await loadSuite()).filter(({ topic }) => topics.size === 0 || topics.has(topic));
const queue = suite.values();
const findings = (await Promise.all(Array.from({ length: availableParallelism() }, worksOff))).flat();
printTable(findings);
const bad = findings.filter(({ outcome }) => outcome === 'failed');
for (const { each, detail } of bad) process.stdout.write(`\n${each.note}\n ${detail}\n`);
const stale = staleExceptions(findings);
for (const note of stale) process.stdout.write(`\n${note}\n is excepted, but does not fail\n`);
process.exitCode = bad.length + stale.length === 0 ? 0 : 1;

async function worksOff(): Promise<Finding[]> {
  const runner = new CaseRunner();
  const found: Finding[] = [];
  for (const each of queue) found.push(withExceptions(await examine(each, runner)));
  await runner.close();
  return found;
}

async function examine(each: Case, runner: CaseRunner): Promise<Finding> {
  const compiled = await compile(each);
  if ('error' in compiled) return { each, ...(await judgeCompilation(each, compiled.error)) };
  const { input, input_term, data } = each;
  // OPA's parser takes a comma behind the last member, WASM's does not.
  const term = input_term?.replace(/,(\s*[}\]])/g, '$1');
  const inputText = term ?? (input === undefined ? undefined : toJsonText(input as RegoValue));
  const result = await runner.evaluate({
    wasm: compiled.wasm,
    data: toJsonText((data ?? {}) as RegoValue),
    input: inputText,
  });
  return { each, detail: '', ...judge(each, result) };
}

async function judgeCompilation({ want_error }: Case, error: string): Promise<Pick<Finding, 'outcome' | 'detail'>> {
  if (want_error !== undefined && error.includes(want_error)) return { outcome: 'passed', detail: '' };
  const builtin = /undefined function (\S+)/.exec(error)?.[1];
  const reason = builtin === undefined ? undefined : await whyRefused(opa, builtin);
  if (reason === undefined) return { outcome: 'failed', detail: error };
  return { outcome: reason.endsWith('not deterministic') ? 'refused' : 'missing', detail: builtin ?? '' };
}

function withExceptions(finding: Finding): Finding {
  const isExcepted = finding.outcome === 'failed' && Object.hasOwn(exceptions, finding.each.note);
  return isExcepted ? { ...finding, outcome: 'excepted' } : finding;
}

/** Exceptions whose cases were run and none of them failed. Some notes name several cases. */
function staleExceptions(all: readonly Finding[]): string[] {
  const byNote = Map.groupBy(all, ({ each }) => each.note);
  return Object.keys(exceptions).filter((note) => {
    return byNote.get(note)?.every(({ outcome }) => outcome !== 'excepted');
  });
}

function printTable(all: readonly Finding[]): void {
  const byTopic = Map.groupBy(all, ({ each }) => each.topic);
  const rows = [...byTopic].sort(([a], [b]) => (a < b ? -1 : 1));
  printRow('topic', OUTCOMES);
  for (const [topic, found] of rows) printRow(topic, counts(found));
  printRow(`all ${all.length}`, counts(all));
}

function counts(found: readonly Finding[]): number[] {
  return OUTCOMES.map((outcome) => found.filter((each) => each.outcome === outcome).length);
}

function printRow(topic: string, cells: readonly (string | number)[]): void {
  const padded = cells.map((cell) => String(cell || '').padStart(10));
  process.stdout.write(`${topic.padEnd(40)}${padded.join('')}\n`);
}
