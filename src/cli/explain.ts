import { Command } from 'commander';
import { AppError } from '../base/errors.ts';
import { onOneLine } from '../base/text.ts';
import type { Statement } from '../contract/statement.ts';
import { explainCase } from '../domain/explanation.ts';
import { findRecords, type PlacedRecord } from '../verify/find-records.ts';
import { readUnverified } from '../verify/unverified.ts';
import { createVerifier } from '../verify/verifier.ts';
import { readBundleFile, readJwks, readSource } from './files.ts';
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
  bundle?: string;
}

const CASE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `countersign explain`: describes the history of a case. */
export function explainCommand({ environment, terminal, clock, finish }: ExplainCommandParts): Command {
  return withAccessOptions(new Command('explain'))
    .description('describe the history of a case; exit 0 described, 1 not valid (with --jwks), 3 fault')
    .argument(
      '<case>',
      'the id of any record of the case, to read it from the service, or a file in any form that verify accepts; - for standard input',
    )
    .option('--jwks <file|url>', 'the public keys of the service: verify the records first')
    .option('--bundle <file>', 'the bundle of the policy: show its sentences for its codes')
    .action(async (source: string, options: ExplainOptions) => {
      const bundle = options.bundle === undefined ? null : await readBundleFile(options.bundle);
      const text = CASE_ID.test(source)
        ? JSON.stringify(await wholeCase(await connect(options, environment), source))
        : await readSource(source, terminal);
      try {
        const { records, note } = await readStory(text, nameOf(source), options.jwks);
        terminal.out(`${explainCase(records, clock().toISOString(), bundle?.manifest.metadata.sentences)}\n\n${note}`);
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
  if (jwks === undefined) {
    const found = findRecords(text, name);
    requireNoFaults(found.faults);
    return {
      records: readPlaced(found.records),
      note: 'The records were not verified and could be forged. Use --jwks to verify them first.',
    };
  }
  const { cases, faults, unsupported } = createVerifier({ jwks: await readJwks(jwks) }).verify([{ name, text }]);
  requireNoFaults([...faults, ...cases.flatMap((each) => each.faults)]);
  // Genuine, so not a record_invalid: there is no case to describe.
  if (unsupported.length > 0) throw new AppError('invalid_request', unsupported.join(' '));
  const [story, ...others] = cases;
  if (story === undefined || others.length > 0) {
    throw new AppError('record_invalid', `The records belong to ${cases.length} cases; give those of one case.`);
  }
  const { records } = story;
  const count = records.length === 1 ? 'The record' : `All ${records.length} records`;
  return {
    records,
    note: `${count} verified with ${onOneLine(jwks)}. The records cannot show whether the case has continued since.`,
  };
}

/** Throws AppError `record_invalid` that names the place of the text that is not a record. */
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
