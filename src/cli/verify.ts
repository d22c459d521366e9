import { Command } from 'commander';
import { onOneLine } from '../base/text.ts';
import { describeRecords, describeVerification } from '../verify/describe.ts';
import type { VerificationReport } from '../verify/report.ts';
import { createVerifier, type NamedText } from '../verify/verifier.ts';
import { readBundleFile, readJwks, readSource } from './files.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface VerifyOptions {
  jwks: string;
  bundle?: string;
  json?: boolean;
}

/** `countersign verify`: works offline, except for a JWKS that is given by URL. */
export function verifyCommand(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  return new Command('verify')
    .description('verify signature, digests and chain of records, case by case; exit 0 all valid, 1 not valid, 3 fault')
    .argument(
      '<file...>',
      'files with records of any number of cases: compact JWS (one per line), answers, or pages of cases; - for standard input',
    )
    .requiredOption('--jwks <file|url>', 'the public keys of the service')
    .option(
      '--bundle <file>',
      'the bundle that decided: verify signed approvals too, by the keys of persons in its data',
    )
    .option('--json', 'print the payloads of the verified records as a JSON array, if all are valid')
    .action(async (sources: string[], { jwks, bundle: bundleFile, json = false }: VerifyOptions) => {
      const trusted = {
        jwks: await readJwks(jwks),
        ...(bundleFile === undefined ? {} : { policy: await readBundleFile(bundleFile) }),
      };
      const report = createVerifier(trusted).verify(await readAll(sources, terminal));
      if (json) tellPayloads(report, terminal);
      else tellValid(report, terminal);
      tellFaults(report, terminal);
      if (!json) tellCounts(report, terminal);
      if (!report.isValid) finish(EXIT.no);
    });
}

async function readAll(sources: readonly string[], terminal: Terminal): Promise<NamedText[]> {
  const texts: NamedText[] = [];
  for (const source of new Set(sources)) {
    const name = source === '-' ? 'standard input' : source;
    texts.push({ name, text: await readSource(source, terminal) });
  }
  return texts;
}

/** Prints all payloads or none: a program that reads them may ignore the exit code. */
function tellPayloads(report: VerificationReport, terminal: Terminal): void {
  if (!report.isValid) return;
  const payloads = report.cases.flatMap(({ records }) => records);
  terminal.out(JSON.stringify(payloads, null, 2));
}

function tellValid({ cases, unsigned }: VerificationReport, terminal: Terminal): void {
  for (const report of cases.filter(({ isValid }) => isValid)) {
    const details = describeRecords(report).map((line) => `  ${line}`);
    terminal.out([`valid: ${describeVerification(report)}`, ...details].join('\n'));
  }
  for (const place of unsigned) terminal.out(`not signed, ignored: ${onOneLine(place)}`);
}

function tellFaults({ cases, faults, unsupported }: VerificationReport, terminal: Terminal): void {
  for (const reason of unsupported) terminal.err(`NOT VERIFIED: ${onOneLine(reason)}`);
  for (const fault of faults) terminal.err(`NOT VALID: ${onOneLine(fault)}`);
  for (const { case: id, faults: own } of cases) {
    for (const fault of own) terminal.err(onOneLine(`NOT VALID: case ${id}: ${fault}`));
  }
}

/** With more than one case, the end of the output sums up the result. */
function tellCounts(report: VerificationReport, terminal: Terminal): void {
  const { cases, faults, isValid, signedApprovals: signed } = report;
  if (signed !== null && isValid) terminal.out(`signed approvals that verify by the keys of the bundle: ${signed}`);
  if (cases.length < 2) return;
  const records = cases.reduce((sum, each) => sum + each.records.length, 0);
  const broken = cases.filter((each) => !each.isValid).length;
  const others = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  const rest = faults.length === 0 ? '' : `, and ${others} in no case`;
  const line = `${cases.length} cases, ${records} records that verify: ${cases.length - broken} valid, ${broken} NOT VALID${rest}`;
  if (isValid) terminal.out(line);
  else terminal.err(line);
}
