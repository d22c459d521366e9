import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A block of shell in a page. */
export interface Snippet {
  /** Of the page, from the root of the repository. */
  file: string;
  /** Of the first line of code. */
  line: number;
  code: string;
  /** Why it is not run, as `<!-- not run: … -->` above it says. */
  notRun: string | null;
  /** What the runner looks at besides the exit code, as `<!-- check: … -->` above it says. */
  check: string | null;
}

const PAGES = ['README.md', 'SECURITY.md', 'docs', 'examples/README.md'];
const BLOCK = /(?:^<!-- (not run|check): (.+) -->\n)?^```(sh|js)\n([\s\S]*?)^```$/gm;

/** All Markdown pages that are for readers, from the root of the repository. */
export function pagesOf(root: string): string[] {
  return PAGES.flatMap((page) =>
    page.endsWith('.md')
      ? [page]
      : readdirSync(join(root, page), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.md'))
          .map((name) => relative(root, join(root, page, name)))
          .sort(),
  );
}

/** The blocks of shell of a page, and the one of JavaScript that they run (null where there is none). */
export function readPage(root: string, file: string): { snippets: Snippet[]; script: string | null } {
  const text = readFileSync(join(root, file), 'utf8');
  const blocks = [...text.matchAll(BLOCK)].map((match) => {
    const [whole, mark, said = null, language, code = ''] = match;
    const line = text.slice(0, match.index + whole.indexOf('```')).split('\n').length + 1;
    const about = { notRun: mark === 'not run' ? said : null, check: mark === 'check' ? said : null };
    return { language, snippet: { file, line, code, ...about } };
  });
  return {
    snippets: blocks.filter(({ language }) => language === 'sh').map(({ snippet }) => snippet),
    script: blocks.find(({ language }) => language === 'js')?.snippet.code ?? null,
  };
}
