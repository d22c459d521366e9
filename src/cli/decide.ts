import { copyFile, stat, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { aboutInUnits, inUnits } from '../base/duration.ts';
import { AppError } from '../base/errors.ts';
import { parseJsonText } from '../base/json-text.ts';
import { onOneLine } from '../base/text.ts';
import { type AccessRequest, CountersignError, type DecisionAnswer } from '../client/client.ts';
import { isGrantEvent } from '../domain/statement.ts';
import { readUnverified } from '../verify/unverified.ts';
import { readTextFile } from './files.ts';
import {
  type AccessOptions,
  type AskingClient,
  connect,
  type ServiceAccess,
  withAccessOptions,
} from './service-access.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';
import { wholeCase } from './whole-case.ts';

interface DecideOptions extends AccessOptions {
  idempotencyKey?: string;
  record?: string;
  json?: boolean;
}

const EXIT_BY_OUTCOME: Record<DecisionAnswer['outcome'], ExitCode> = {
  allow: EXIT.ok,
  deny: EXIT.no,
  approval_required: EXIT.pending,
};

/** `countersign decide`: calls the service, and reports the outcome by its exit code. */
export function decideCommand(
  environment: () => ServiceAccess,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): Command {
  return withAccessOptions(new Command('decide'))
    .description('request a decision; exit 0 allow, 1 deny, 2 approval required, 3 fault')
    .argument('<request>', 'a file with the request as JSON, or - for standard input')
    .option(
      '--idempotency-key <key>',
      'idempotency key, for example a job id: when used again, the command reports the current status of that case',
    )
    .option(
      '--record <file>',
      'write the signed record to this file; it is emptied before the call, and an earlier record is kept in <file>.previous',
    )
    .option('--json', 'print the whole answer as JSON')
    .action(async (source: string, options: DecideOptions) => {
      const request = parseJsonText(
        Buffer.from(source === '-' ? await terminal.stdin() : await readTextFile(source, 'request file')),
      );
      const client = await connect(options, environment);
      if (options.record !== undefined) await makeEmpty(options.record, terminal);
      const answer = await currentAnswer(client, request as AccessRequest, options.idempotencyKey);
      if (options.record !== undefined) await writeRecord(options.record, `${answer.record}\n`);
      const over = endOf(answer);
      if (options.json) terminal.out(JSON.stringify(answer, null, 2));
      else terminal.out(describe(answer, over, over?.state === 'revoked' ? await revocationOf(client, answer) : null));
      if (over !== null) terminal.err(`${over.state}: ${over.why}; ask again with another idempotency key`);
      finish(over === null ? EXIT_BY_OUTCOME[answer.outcome] : EXIT.no);
    });
}

interface End {
  state: 'withdrawn' | 'expired' | 'revoked';
  why: string;
}

/** Why an answer is no longer valid; null if it is. */
function endOf(answer: DecisionAnswer): End | null {
  const { latest, closes_at, expires_at } = answer;
  if (latest?.ended === 'withdrawal') return { state: 'withdrawn', why: 'this request was withdrawn' };
  if (latest?.ended === 'expiry') {
    return { state: 'expired', why: `this request was not approved before ${onOneLine(`${closes_at}`)}` };
  }
  if (latest?.grant_state === 'revoked') return { state: 'revoked', why: 'the grant was revoked, which is final' };
  return isOver(answer) ? { state: 'expired', why: `the grant ended at ${expires_at}` } : null;
}

/** When a grant was revoked and by whom; null where the records of its case cannot be read. */
async function revocationOf(client: AskingClient, { case: caseId }: DecisionAnswer): Promise<string | null> {
  try {
    const { chain } = await wholeCase(client, caseId);
    const records = readUnverified(chain.map(({ record }) => record)).filter(isGrantEvent);
    const revocation = records.find(({ standing }) => standing.revoked_at !== null);
    if (revocation === undefined) return null;
    const by = 'by' in revocation ? ` by ${revocation.by.identity}` : '';
    return onOneLine(`revoked at ${revocation.at}${by}`);
  } catch (error) {
    // The exit code says that the grant is revoked; when and by whom only adds to that.
    if (error instanceof CountersignError || error instanceof AppError) return null;
    throw error;
  }
}

/** A key used before returns the first answer; the current status of its case counts. */
async function currentAnswer(
  client: AskingClient,
  request: AccessRequest,
  key: string | undefined,
): Promise<DecisionAnswer> {
  const first = await client.decide(request, { idempotencyKey: key });
  if (first.latest === undefined || first.latest.id === first.id) return first;
  const newest = await client.getDecision(first.latest.id);
  if ('statement' in newest) {
    throw new CountersignError(
      200,
      'not_an_answer',
      'The record that the service names as the newest decision is not a decision.',
    );
  }
  return { ...newest, latest: first.latest };
}

/** A value that is not a date is not in the future either. */
function isOver({ outcome, expires_at }: DecisionAnswer): boolean {
  return outcome === 'allow' && !(Date.parse(expires_at ?? '') > Date.now());
}

function describe(answer: DecisionAnswer, over: End | null, revocation: string | null): string {
  const { outcome, tier, summary, id } = answer;
  const lines =
    over === null
      ? [`${outcome} (${tier} risk)`, onOneLine(summary), ...stepsOf(answer), ...lifetimeOf(answer)]
      : [`${over.state} (${tier} risk)`, ...(revocation === null ? [] : [revocation])];
  return [...lines, `case ${answer.case}`, `record ${id}`].join('\n  ');
}

function stepsOf({ next, outcome, confirmation_needed, closes_at }: DecisionAnswer): string[] {
  if (outcome !== 'approval_required') return [];
  const steps = next.map(
    ({ any_of, have, need }) =>
      `next: ${need - have} ${need - have === 1 ? 'approval' : 'approvals'} from ${onOneLine(any_of.join(' or '))} (${have} of ${need} given)`,
  );
  const confirm =
    'next: an eligible approver has to confirm it, because the policy changed after the approvals were given';
  const until = closes_at ? [`accepts verdicts until ${onOneLine(closes_at)}`] : [];
  return [...steps, ...(confirmation_needed ? [confirm] : []), ...until];
}

function lifetimeOf({ lifetime_cut: cut }: DecisionAnswer): string[] {
  return cut ? [`lifetime: ${inUnits(cut.given_seconds)} of the ${aboutInUnits(cut.requested_seconds)} requested`] : [];
}

/**
 * Empties the record file before the service is asked. This shows early that the file can be written, and after a fault
 * nobody can take an earlier record for the answer. The earlier record is evidence: it is copied to `<file>.previous` first.
 */
async function makeEmpty(file: string, terminal: Pick<Terminal, 'err'>): Promise<void> {
  const previous = `${file}.previous`;
  if (await hasContent(file)) {
    await copyFile(file, previous).catch((cause) => {
      throw new AppError('config_invalid', `The earlier record in ${file} cannot be kept in ${previous}.`, { cause });
    });
    terminal.err(onOneLine(`The earlier record in ${file} is kept in ${previous}.`));
  }
  await writeRecord(file, '');
}

/** False for devices and pipes too: they keep nothing. */
async function hasContent(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found?.isFile() === true && found.size > 0;
}

async function writeRecord(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (cause) {
    throw new AppError('config_invalid', `The record file ${file} cannot be written.`, { cause });
  }
}
