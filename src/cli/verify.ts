import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { AppError } from '../domain/errors.ts';
import { onOneLine } from '../domain/text.ts';
import { readBundle } from '../policy/bundle.ts';
import { describeVerification, findRecords, verifyApprovals, verifyRecords } from '../verify.ts';
import { readKeys, readSource } from './files.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface VerifyOptions {
  jwks: string;
  bundle?: string;
  json?: boolean;
}

/** `countersign verify`: offline but for a JWKS given by URL. */
export function verifyCommand(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  return new Command('verify')
    .description('verify signature, digests and chain of records; exit 0 valid, 1 not valid, 3 fault')
    .argument('<record>', 'a file: compact JWS (one a line), an answer, or a case with its chain; - for standard input')
    .requiredOption('--jwks <file|url>', 'the public keys of the service')
    .option(
      '--bundle <file>',
      'the bundle that decided: verify signed approvals too, by the keys of persons in its data',
    )
    .option('--json', 'print the payloads of the verified records as a JSON array, in the order of the case')
    .action(async (source: string, { jwks, bundle: bundleFile, json }: VerifyOptions) => {
      const keys = await readKeys(jwks);
      const bundle = bundleFile === undefined ? null : await readBundle(await readFile(bundleFile));
      const text = await readSource(source, terminal);
      try {
        const { jwsList, compare } = findRecords(text);
        const verified = verifyRecords(jwsList, keys);
        compare(verified);
        const signed = bundle && verifyApprovals(verified.decisions, bundle);
        terminal.out(json ? JSON.stringify(verified.records, null, 2) : `valid: ${describeVerification(verified)}`);
        if (signed !== null && !json) terminal.out(`signed approvals that verify by the keys of the bundle: ${signed}`);
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'record_invalid')) throw error;
        terminal.err(`NOT VALID: ${onOneLine(error.message)}`);
        finish(EXIT.no);
      }
    });
}
