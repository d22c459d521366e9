import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { analysePolicies } from '../../src/authoring/analysis.ts';
import { buildBundle } from '../../src/authoring/build-bundle.ts';
import { checkFacts } from '../../src/authoring/checks/fact-check.ts';
import { describePolicies } from '../../src/authoring/pages/policy-pages.ts';
import { withSnapshot } from '../../src/authoring/policy-folder.ts';
import { readAnnotations } from '../../src/authoring/toolchain/annotations.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Unit } from './units.ts';

/** What the tools made of a unit. */
export interface Finding {
  name: string;
  outcome: 'accepted' | 'refused' | 'failed';
  /** The faults that they told, without the folder; or how they failed. */
  lines: readonly string[];
  ms: number;
}

const KIND_FOLDER = 'approval/kinds/any/unit';
/** What a folder of policies needs besides: the rule that the service asks, and a kind, so that there is a page. */
const ADDED: Readonly<Record<string, string>> = {
  'controls.json': JSON.stringify({ version: '1', controls: {}, aliases: {} }),
  'schemas/config.json': '{}',
  [`${KIND_FOLDER}/config.json`]: '{}',
  'approval/decision.rego': 'package approval\n\ndecision := data.approval.kinds["any/unit"].decision\n',
};
const FAULT = /^(?<file>[^:]+):[1-9]\d*:[1-9]\d*: \S/;

/**
 * Gives a unit to the tools of policy authors, in a folder of its own that is gone afterwards: to build, which checks first;
 * then to pages; and to the tracer by itself, where it was refused before it was followed. Anything but an AppError
 * `policy_invalid` with a place in a file of the unit in each line is a failure.
 */
export async function examine({ name, files }: Unit, opa: string): Promise<Finding> {
  const policiesDir = await mkdtemp(join(tmpdir(), 'countersign-authoring-'));
  const startedAt = performance.now();
  const finding = (outcome: Finding['outcome'], lines: readonly string[]): Finding => {
    return { name, outcome, lines, ms: Math.round(performance.now() - startedAt) };
  };
  try {
    const added = { ...ADDED, [`${KIND_FOLDER}/decision.rego`]: kindOf(files) };
    for (const [path, text] of [...files, ...Object.entries(added)]) {
      await mkdir(dirname(join(policiesDir, path)), { recursive: true });
      await writeFile(join(policiesDir, path), text);
    }
    const folder = { policiesDir, opa };
    const isKnown = (file: string) => file in added || files.has(file);
    const refused = await faultsTold(() => build(folder));
    const further = await faultsTold(() => (refused.length > 0 ? trace(folder) : pages(folder)));
    const told = [...refused, ...further].map((line) => line.replace(`${policiesDir}/`, ''));
    const bad = told.filter((line) => !isKnown(FAULT.exec(line)?.groups?.['file'] ?? ''));
    if (bad.length > 0) return finding('failed', bad);
    return finding(told.length > 0 ? 'refused' : 'accepted', [...new Set(told)]);
  } finally {
    await rm(policiesDir, { recursive: true });
  }
}

/** A kind whose decision is everything in the packages, so that all of it is compiled, and described. */
function kindOf(files: ReadonlyMap<string, string>): string {
  const packages = [...files].flatMap(([path, text]) => {
    return path.endsWith('_test.rego') ? [] : (/^package ([A-Za-z_][\w.]*)\s*$/m.exec(text)?.[1] ?? []);
  });
  const references = [...new Set(packages)].map((name) => `data.${name}`);
  return `package approval.kinds["any/unit"]\n\ndecision := [${references.join(', ')}]\n`;
}

interface Folder {
  policiesDir: string;
  opa: string;
}

async function pages(folder: Folder): Promise<void> {
  await describePolicies(folder);
}

async function build(folder: Folder): Promise<void> {
  await buildBundle({ ...folder, name: 'authoring', entrypoints: ['approval/decision'] });
}

/** Follows also what is refused before it is followed: for its builtins, say. */
async function trace({ policiesDir, opa }: Folder): Promise<void> {
  await withSnapshot(policiesDir, async (snapshot, sources) => {
    const { visits, modules } = await analysePolicies(snapshot, opa, sources);
    checkFacts(visits, modules);
    await readAnnotations(snapshot, opa);
  });
}

async function faultsTold(action: () => Promise<void>): Promise<string[]> {
  try {
    await action();
    return [];
  } catch (error) {
    if (error instanceof AppError && error.code === 'policy_invalid') return error.message.split('\n');
    return [`${error instanceof AppError ? error.code : 'not expected'}: ${(error as Error).stack}`];
  }
}
