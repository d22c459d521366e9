import { open, readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { type AccessRequest, type Answer, createClient } from '../client/client.ts';
import { AppError } from '../domain/errors.ts';
import { parseJsonText } from '../domain/json-text.ts';
import { onOneLine } from '../domain/text.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface DecideOptions {
  url: string;
  tokenFile: string;
  idempotencyKey?: string;
  record?: string;
  json?: boolean;
}

const EXIT_BY_OUTCOME: Record<Answer['outcome'], ExitCode> = {
  allow: EXIT.ok,
  deny: EXIT.no,
  approval_required: EXIT.pending,
};

/** `countersign decide`: asks the service, and says by its exit code what was decided. */
export function decideCommand(
  defaults: { url: string; tokenFile: string },
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): Command {
  return new Command('decide')
    .description('ask for a decision; exit 0 allow, 1 deny, 2 approval required, 3 fault')
    .argument('<request>', 'a file with the request as JSON, or - for standard input')
    .option('--url <url>', 'address of the service', defaults.url)
    .option('--token-file <file>', 'file with the bearer token', defaults.tokenFile)
    .option('--idempotency-key <key>', 'the same key gives the same decision again, for example a job id')
    .option('--record <file>', 'keep the signed record in this file')
    .option('--json', 'print the whole answer as JSON')
    .action(async (source: string, options: DecideOptions) => {
      const request = parseJsonText(
        Buffer.from(source === '-' ? await terminal.stdin() : await read(source, 'request')),
      );
      const token = (await read(options.tokenFile, 'token')).trim();
      if (options.record !== undefined) await requireWritable(options.record);
      const client = createClient({ url: options.url, token });
      const first = await client.decide(request as AccessRequest, options.idempotencyKey);
      // A key used before gives the first answer; what counts is where its case stands now.
      const isOld = first.latest !== undefined && first.latest.id !== first.id;
      const answer = isOld ? await client.decision(first.latest?.id ?? first.id) : first;
      if (options.record !== undefined) await writeFile(options.record, `${answer.record}\n`);
      terminal.out(options.json ? JSON.stringify(answer, null, 2) : describe(answer));
      if (answer.expires_at !== null && Date.parse(answer.expires_at) <= Date.now()) {
        terminal.err(`expired: this allow ended at ${answer.expires_at}; ask again with another idempotency key`);
        return finish(EXIT.no);
      }
      finish(EXIT_BY_OUTCOME[answer.outcome]);
    });
}

function describe({ outcome, tier, summary, next, case: caseId, id }: Answer): string {
  const steps = next.map(
    ({ any_of, have, need }) =>
      `  next: ${need - have} approval(s) from ${onOneLine(any_of.join(' or '))} (${have} of ${need} given)`,
  );
  return [`${outcome} (${tier} risk)`, `  ${onOneLine(summary)}`, ...steps, `  case ${caseId}`, `  record ${id}`].join(
    '\n',
  );
}

/** Before the decision is asked for: evidence that cannot be kept afterwards helps nobody. */
async function requireWritable(file: string): Promise<void> {
  try {
    await (await open(file, 'a')).close();
  } catch (cause) {
    throw new AppError('config_invalid', `The record file ${file} cannot be written.`, { cause });
  }
}

async function read(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('config_invalid', `The ${what} file ${file} cannot be read.`, { cause });
  }
}
