import { Command } from 'commander';
import { type Case, createClient } from '../client/client.ts';
import { AppError } from '../domain/errors.ts';
import { explainCase } from '../domain/explanation.ts';
import type { Statement } from '../domain/statement.ts';
import { onOneLine } from '../domain/text.ts';
import { findRecords, readUnverified, verifyRecords } from '../verify.ts';
import { readKeys, readSource, readTextFile } from './files.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export interface ExplainCommandParts {
  defaults: { url: string; tokenFile: string };
  terminal: Terminal;
  clock: () => Date;
  finish: (code: ExitCode) => void;
}

interface ExplainOptions {
  url: string;
  tokenFile: string;
  jwks?: string;
}

const CASE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `countersign explain`: the story of a case for a person. */
export function explainCommand({ defaults, terminal, clock, finish }: ExplainCommandParts): Command {
  return new Command('explain')
    .description('tell the story of a case in plain words; exit 0 told, 1 not valid (with --jwks), 3 fault')
    .argument(
      '<case>',
      'the id of any of its records, asked from the service; or a file as verify reads it; - for standard input',
    )
    .option('--jwks <file|url>', 'the public keys of the service: verify first')
    .option('--url <url>', 'address of the service', defaults.url)
    .option('--token-file <file>', 'file with the bearer token', defaults.tokenFile)
    .action(async (source: string, options: ExplainOptions) => {
      const text = CASE_ID.test(source) ? await askForCase(source, options) : await readSource(source, terminal);
      try {
        const { records, note } = await readStory(text, options.jwks);
        terminal.out(`${explainCase(records, clock().toISOString())}\n\n${note}`);
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'record_invalid') || options.jwks === undefined) throw error;
        terminal.err(`NOT VALID: ${onOneLine(error.message)}`);
        finish(EXIT.no);
      }
    });
}

/** All of a case as JSON text; the head is that of the last page, so that it is the one of the last record. */
async function askForCase(id: string, { url, tokenFile }: ExplainOptions): Promise<string> {
  const client = createClient({ url, token: (await readTextFile(tokenFile, 'token file')).trim() });
  let page = await client.case(id);
  const chain: Case['chain'] = [...page.chain];
  while (page.next_after !== null) {
    page = await client.case(id, page.next_after);
    chain.push(...page.chain);
  }
  return JSON.stringify({ ...page, chain });
}

async function readStory(text: string, jwks: string | undefined): Promise<{ records: Statement[]; note: string }> {
  const { jwsList, compare } = findRecords(text);
  if (jwks === undefined) {
    return {
      records: readUnverified(jwsList),
      note: 'Nothing of this was verified: whoever wrote the records can have made them up. --jwks verifies them first.',
    };
  }
  const verified = verifyRecords(jwsList, await readKeys(jwks));
  compare(verified);
  const count = jwsList.length === 1 ? 'The record' : `All ${jwsList.length} records`;
  return {
    records: verified.records,
    note: `${count} verified with ${onOneLine(jwks)}. Whether the case went on afterwards, no record can tell.`,
  };
}
