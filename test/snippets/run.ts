/**
 * Runs the shell of README.md and of the docs as a CI system would, under `bash -eo pipefail`, beside a service of its own
 * for each page. A line tells how each block went; exit code 1 where one failed.
 *
 *   npm run snippets                       all pages
 *   npm run snippets -- docs/deciding.md   the pages whose path holds these words
 */
import { dirname } from 'node:path';
import { COMMAND } from '../support/command.ts';
import { CHECKS, runs } from './checks.ts';
import { pagesOf, readPage, type Snippet } from './snippets.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

const ROOT = dirname(dirname(COMMAND));
const say = (line: string) => void process.stdout.write(`${line}\n`);

async function play(snippet: Snippet, workspace: Workspace): Promise<boolean> {
  const { file, line, code, notRun, check } = snippet;
  const place = `${file}:${line}`;
  if (notRun !== null) {
    say(`not run  ${place}: ${notRun}`);
    return true;
  }
  try {
    const passes = check === null ? runs : CHECKS[check];
    if (passes === undefined) throw new Error(`there is no check "${check}"`);
    await passes(code, workspace);
    say(`ok       ${place}`);
    return true;
  } catch (error) {
    say(`FAILED   ${place}\n${code}\n${(error as Error).message}`);
    return false;
  }
}

async function playPage(file: string): Promise<boolean> {
  const { snippets, script } = readPage(ROOT, file);
  if (snippets.length === 0) return true;
  const workspace = await openWorkspace(script);
  try {
    let ok = true;
    for (const snippet of snippets) ok = (await play(snippet, workspace)) && ok;
    return ok;
  } finally {
    await workspace.close();
  }
}

const words = process.argv.slice(2);
const pages = pagesOf(ROOT).filter((page) => words.every((word) => page.includes(word)));
let ok = pages.length > 0;
for (const page of pages) ok = (await playPage(page)) && ok;
process.exitCode = ok ? 0 : 1;
