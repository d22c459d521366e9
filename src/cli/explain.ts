import { Command } from 'commander';
import { AppError } from '../base/errors.ts';
import { onOneLine } from '../base/text.ts';
import type { Statement } from '../contract/statement.ts';
import { explainCase } from '../domain/explanation.ts';
import { readUnverified } from '../verify/chain.ts';
import { findRecords, type PlacedRecord } from '../verify/finding.ts';
import { verifyFound } from '../verify/verification.ts';
import { readKeys, readSource } from './files.ts';
import { type AccessOptions, connect, type ServiceAccess, withAccessOptions } from './service-access.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';
import { wholeCase } from './whole-case.ts';

export interface ExplainCommandParts {
  environment: () => ServiceAccess;
  terminal: Terminal;
  clock: () => Date;
  finish: (code: ExitCode) => void;
}

interface ExplainOptions extends AccessOptions {
  jwks?: string;
}

const CASE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `countersign explain`: the story of a case for a person. */
export function explainCommand({ environment, terminal, clock, finish }: ExplainCommandParts): Command {
  return withAccessOptions(new Command('explain'))
    .description('tell the story of a case in plain words; exit 0 told, 1 not valid (with --jwks), 3 fault')
    .argument(
      '<case>',
      'the id of any of its records, asked from the service; or a file as verify reads it; - for standard input',
    )
    .option('--jwks <file|url>', 'the public keys of the service: verify first')
    .action(async (source: string, options: ExplainOptions) => {
      const text = CASE_ID.test(source)
        ? JSON.stringify(await wholeCase(await connect(options, environment), source))
        : await readSource(source, terminal);
      try {
        const { records, note } = await readStory(text, nameOf(source), options.jwks);
        terminal.out(`${explainCase(records, clock().toISOString())}\n\n${note}`);
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'record_invalid') || options.jwks === undefined) throw error;
        terminal.err(`NOT VALID: ${onOneLine(error.message)}`);
        finish(EXIT.no);
      }
    });
}

function nameOf(source: string): string {
  if (CASE_ID.test(source)) return `the case ${source}`;
  return source === '-' ? 'standard input' : source;
}

async function readStory(
  text: string,
  name: string,
  jwks: string | undefined,
): Promise<{ records: Statement[]; note: string }> {
  const found = findRecords(text, name);
  if (jwks === undefined) {
    requireNoFaults(found.faults);
    return {
      records: readPlaced(found.records),
      note: 'Nothing of this was verified: whoever wrote the records can have made them up. --jwks verifies them first.',
    };
  }
  const { cases, faults } = verifyFound([found], await readKeys(jwks));
  requireNoFaults([...faults, ...cases.flatMap((each) => each.faults)]);
  const [story, ...others] = cases;
  if (story === undefined || others.length > 0) {
    throw new AppError('record_invalid', `The records are of ${cases.length} cases; a story is that of one.`);
  }
  const { records } = story;
  const count = records.length === 1 ? 'The record' : `All ${records.length} records`;
  return {
    records,
    note: `${count} verified with ${onOneLine(jwks)}. Whether the case went on afterwards, no record can tell.`,
  };
}

/** Throws AppError `record_invalid` that says where what is no record stands. */
function readPlaced(placed: readonly PlacedRecord[]): Statement[] {
  for (const { jws, place } of placed) {
    try {
      readUnverified([jws]);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'record_invalid')) throw error;
      throw new AppError('record_invalid', `${place}: ${error.message}`);
    }
  }
  return readUnverified(placed.map(({ jws }) => jws));
}

/** Throws AppError `record_invalid`. */
function requireNoFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new AppError('record_invalid', faults.join(' '));
}
