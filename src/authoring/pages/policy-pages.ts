import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { analysePolicies } from '../analysis.ts';
import { checkPolicies } from '../check-policies.ts';
import { parseControls } from '../checks/controls.ts';
import { readPolicyData } from '../checks/data-check.ts';
import { checkFacts } from '../checks/fact-check.ts';
import { kindsIn } from '../checks/kind-check.ts';
import { CONTROLS_FILE, type PolicyFolder, withSnapshot } from '../policy-folder.ts';
import { readAnnotations } from '../toolchain/annotations.ts';
import { describeKind } from './kind-page.ts';
import { fileOfPage, MADE, writeIndexPage, writeKindPage } from './kind-page-text.ts';

const INDEX = 'README.md';

/**
 * Describes a folder of policies: a page in Markdown for each kind, and an index, by their file names. The same policies
 * give the same text. Throws AppError `policy_invalid` as checkPolicies does.
 */
export async function describePolicies(folder: PolicyFolder): Promise<Map<string, string>> {
  await checkPolicies(folder);
  return withSnapshot(folder.policiesDir, async (snapshot, sources) => {
    const [analysis, annotations, { document: data }, controls] = await Promise.all([
      analysePolicies(snapshot, folder.opa, sources),
      readAnnotations(snapshot, folder.opa),
      readPolicyData(snapshot, sources),
      readFile(join(snapshot, CONTROLS_FILE)),
    ]);
    const { exceptions } = checkFacts(analysis.visits, analysis.modules);
    const found = { ...analysis, annotations, data, catalogue: parseControls(controls), exceptions };
    const pages = kindsIn(analysis.modules).map((kind) => describeKind(kind, found));
    const texts = pages.map((page) => [fileOfPage(page.kind), writeKindPage(page)] as const);
    return new Map([...texts, [INDEX, writeIndexPage(pages)]]);
  });
}

/** Replaces the pages of a folder, and answers the paths of those that changed or are gone. Other files stay. */
export async function writePages(pagesDir: string, pages: ReadonlyMap<string, string>): Promise<string[]> {
  const stale = await stalePages(pagesDir, pages);
  await mkdir(pagesDir, { recursive: true });
  for (const name of stale) {
    const text = pages.get(name);
    await (text === undefined ? rm(join(pagesDir, name)) : writeFile(join(pagesDir, name), text));
  }
  return stale.map((name) => join(pagesDir, name));
}

/** The names of pages that are missing, not what the policies give, or of no kind. */
export async function stalePages(pagesDir: string, pages: ReadonlyMap<string, string>): Promise<string[]> {
  const there = (await readdir(pagesDir).catch(() => [])).filter((name) => name.endsWith('.md'));
  const names = [...new Set([...pages.keys(), ...there])].sort();
  const texts = await Promise.all(names.map((name) => readFile(join(pagesDir, name), 'utf8').catch(() => undefined)));
  return names.filter((name, index) => {
    const [text, wanted] = [texts[index], pages.get(name)];
    return wanted === undefined ? text?.includes(MADE) : text !== wanted;
  });
}
