import { Command } from 'commander';
import { AppError } from '../domain/errors.ts';
import { onOneLine } from '../domain/text.ts';
import { describeVerification, findRecords, verifyRecords } from '../verify.ts';
import { readKeys, readSource } from './files.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

/** `countersign verify`: offline but for a JWKS given by URL. */
export function verifyCommand(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  return new Command('verify')
    .description('verify signature, digests and chain of records; exit 0 valid, 1 not valid, 3 fault')
    .argument('<record>', 'a file: compact JWS (one a line), an answer, or a case with its chain; - for standard input')
    .requiredOption('--jwks <file|url>', 'the public keys of the service')
    .option('--json', 'print the payloads of the verified records as a JSON array, in the order of the case')
    .action(async (source: string, { jwks, json }: { jwks: string; json?: boolean }) => {
      const keys = await readKeys(jwks);
      const text = await readSource(source, terminal);
      try {
        const { jwsList, compare } = findRecords(text);
        const verified = verifyRecords(jwsList, keys);
        compare(verified);
        terminal.out(json ? JSON.stringify(verified.records, null, 2) : `valid: ${describeVerification(verified)}`);
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'record_invalid')) throw error;
        terminal.err(`NOT VALID: ${onOneLine(error.message)}`);
        finish(EXIT.no);
      }
    });
}
