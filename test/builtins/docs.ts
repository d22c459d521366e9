import { readFile, writeFile } from 'node:fs/promises';
import { KNOWN_DIFFERENCES } from './known-differences.ts';

const PAGE = new URL('../../docs/builtins.md', import.meta.url);
const [BEGIN, END] = ['<!-- differences: begin -->', '<!-- differences: end -->'];

/** The page as it should be: with the table of the known differences. */
export async function pageWithTable(): Promise<{ found: string; wanted: string }> {
  const found = await readFile(PAGE, 'utf8');
  const [before, rest = ''] = found.split(BEGIN);
  const [, after = ''] = rest.split(END);
  return { found, wanted: `${before}${BEGIN}\n\n${table()}\n\n${END}${after}` };
}

export async function writePage(): Promise<void> {
  const { wanted } = await pageWithTable();
  await writeFile(PAGE, wanted);
}

function table(): string {
  const rows = KNOWN_DIFFERENCES.map(({ builtins, what, why }) => {
    const names = builtins.map((name) => `\`${name}\``).join(', ');
    return `| ${names} | ${what} | ${why} |`;
  });
  return ['| builtins | what differs | why |', '|---|---|---|', ...rows].join('\n');
}
