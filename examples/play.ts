/**
 * Plays every story of this folder against a running service and tells how it went; exit code 1 where a story does not end
 * as it says. The people and systems of the stories need tokens: they are made with the token of the operator and revoked at
 * the end.
 *
 *   npm run examples                 against COUNTERSIGN_URL (http://127.0.0.1:8480), with COUNTERSIGN_TOKEN or admin.token of COUNTERSIGN_DATA_DIR (./data)
 *   npm run examples -- issue-api-key        only the stories whose path holds these words
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  type AccessRequest,
  CountersignError,
  createClient,
  type DecisionAnswer,
  type GrantEventAnswer,
} from '../src/client/client.ts';
import { readAccess } from '../src/config.ts';
import type { Scope } from '../src/contract/scope.ts';

interface Story {
  title: string;
  story: string;
  client: string;
  principal: string | null;
  /** Members of the context, like `ends_at` or `offboarding.date`, that are to lie this many days from now. */
  in_days?: Record<string, number>;
  expect: { outcome: DecisionAnswer['outcome']; tier: DecisionAnswer['tier']; denials: string[] };
  approvals: Approval[];
  /** What becomes of the grant. */
  afterwards?: Step[];
}

interface Approval {
  as: string;
  /** The client that says so for the person, where nobody signs in. */
  asserted_by?: string;
  verdict: 'approve' | 'reject';
  comment: string;
  /** `not_counted`: codes of all verdicts that do not count after it. */
  expect: { outcome: DecisionAnswer['outcome']; not_counted?: string[] };
}

type Step = { expect: { grant_state: GrantEventAnswer['grant_state'] } } & (
  | {
      /** Done by the client that asked. */
      do: 'issue';
      issuer: string;
      credential_ref: string;
      /** Where it is left out, the credential ends with its grant. */
      expires_at?: string;
      in_days?: { expires_at: number };
    }
  | { do: 'review'; as: string; verdict: 'keep' | 'revoke'; comment: string }
  | { do: 'revoke'; as: string; reason: string }
);

const HERE = import.meta.dirname;
const { url, token: ownToken, tokenFile } = readAccess(process.env);
const START = 'Start a service with the example organisation first: npm start, in another terminal.';
const operator = createClient({ url, token: ownToken ?? readToken() });
await operator.listTokensPage({ limit: 1 }).catch((error: Error) => {
  const todo =
    error instanceof CountersignError && error.code === 'unreachable'
      ? `${START} COUNTERSIGN_URL names another address.`
      : `The stories need a token of ${url} with the scope admin: give one in COUNTERSIGN_TOKEN.`;
  return stopWith(`${error.message} ${todo}`);
});
const issued: string[] = [];
const say = (line = '') => void process.stdout.write(`${line}\n`);

function readToken(): string {
  try {
    return readFileSync(tokenFile, 'utf8').trim();
  } catch {
    const other = 'Or give its token in COUNTERSIGN_TOKEN, or its data folder in COUNTERSIGN_DATA_DIR.';
    return stopWith(`The token of the operator cannot be read from ${tokenFile}. ${START} ${other}`);
  }
}

function stopWith(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

async function clientOf(client: string, scopes: Scope[], principal: string | null) {
  const { id, token } = await operator.createToken({ client, scopes, principal, expires_in_seconds: 600 });
  issued.push(id);
  return createClient({ url, token });
}

function check(what: string, got: unknown, wanted: unknown): boolean {
  const same = JSON.stringify(got) === JSON.stringify(wanted);
  if (!same) say(`  ✗ ${what} is ${JSON.stringify(got)}, but the story says ${JSON.stringify(wanted)}`);
  return same;
}

/** A day stays a day, and an instant an instant. */
function moveDate(dates: object, [member = '', ...inside]: string[], days: number): void {
  const members = dates as Record<string, unknown>;
  const instant = new Date(Date.now() + days * 86_400_000).toISOString();
  if (inside.length > 0) moveDate(members[member] as object, inside, days);
  else members[member] = String(members[member]).includes('T') ? instant : instant.slice(0, 'YYYY-MM-DD'.length);
}

function moveDates(dates: object, inDays: Record<string, number> = {}): void {
  for (const [member, days] of Object.entries(inDays)) moveDate(dates, member.split('.'), days);
}

async function play(folder: string): Promise<boolean> {
  const request = JSON.parse(readFileSync(join(folder, 'request.json'), 'utf8')) as AccessRequest;
  const story = JSON.parse(readFileSync(join(folder, 'story.json'), 'utf8')) as Story;
  moveDates(request.context ?? {}, story.in_days);
  say(`\n${story.title}  (${relative(HERE, folder)})\n  ${story.story}`);
  const asker = await clientOf(story.client, ['decide'], story.principal);
  const first = await asker.decide(request);
  say(`  → ${first.outcome}, ${first.tier} risk: ${first.summary}`);
  let ok = [
    check('the outcome', first.outcome, story.expect.outcome),
    check('the tier', first.tier, story.expect.tier),
    check(
      'the denials',
      first.denials.map(({ code }) => code),
      story.expect.denials.toSorted(),
    ),
  ].every(Boolean);
  let { id: seen, expires_at: end } = first;
  for (const approval of story.approvals) {
    const next = await approve(first.case, approval, seen);
    const { as, asserted_by: by, verdict, comment, expect } = approval;
    say(`  ${by === undefined ? `${as} says` : `${by} says for ${as}`} ${verdict}: "${comment}"`);
    say(`  → ${next.outcome}: ${next.summary}`);
    ok = check(`the outcome after ${as}`, next.outcome, expect.outcome) && ok;
    const codes = next.not_counted.map(({ code }) => code);
    ok = check(`what does not count after ${as}`, codes, expect.not_counted ?? codes) && ok;
    seen = next.id;
    end = next.expires_at;
  }
  for (const step of story.afterwards ?? []) {
    const { grant_state, review_reason } = await follow(step, { caseId: first.case, asker, end });
    say(`  → ${grant_state}${review_reason === null ? '' : `: ${review_reason.replaceAll('_', ' ')}`}`);
    ok = check(`the grant after "${step.do}"`, grant_state, step.expect.grant_state) && ok;
  }
  return ok;
}

async function approve(
  caseId: string,
  { as, asserted_by, verdict, comment }: Approval,
  seen: string,
): Promise<DecisionAnswer> {
  if (asserted_by === undefined) {
    const console = await clientOf('console', ['read', 'approve'], as);
    return console.approve(caseId, { verdict, comment, seen });
  }
  const client = await clientOf(asserted_by, ['read', 'approve:assert'], null);
  return client.approve(caseId, { approver: as, verdict, comment, seen });
}

interface Grant {
  caseId: string;
  asker: ReturnType<typeof createClient>;
  end: string | null;
}

async function follow(step: Step, { caseId, asker, end }: Grant): Promise<GrantEventAnswer> {
  switch (step.do) {
    case 'issue': {
      const { issuer, credential_ref, in_days } = step;
      const issuance = { issuer, credential_ref, expires_at: step.expires_at ?? end ?? '' };
      moveDates(issuance, in_days);
      say(`  ${issuer} issues ${credential_ref}, good until ${issuance.expires_at}`);
      return asker.issue(caseId, issuance);
    }
    case 'review': {
      const { as, verdict, comment } = step;
      say(`  ${as} reviews it and says ${verdict}: "${comment}"`);
      return (await clientOf('console', ['read', 'review'], as)).review(caseId, { verdict, comment });
    }
    case 'revoke': {
      const { as, reason } = step;
      say(`  ${as} revokes it: "${reason}"`);
      return (await clientOf('console', ['read', 'revoke'], as)).revoke(caseId, { reason });
    }
  }
}

const wanted = process.argv[2] ?? '';
const folders = readdirSync(HERE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('story.json') && file.includes(wanted))
  .map((file) => join(HERE, file, '..'))
  .sort();
let failed = 0;
try {
  for (const folder of folders) if (!(await play(folder))) failed++;
} finally {
  for (const id of issued) await operator.revokeToken(id);
}
say(`\n${folders.length - failed} of ${folders.length} stories end as described.`);
process.exitCode = failed === 0 && folders.length > 0 ? 0 : 1;
