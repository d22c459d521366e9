/**
 * Plays every story of this folder against a running service and tells how it went; exit code 1 where a story does not end
 * as it says. The people and systems of the stories need tokens: they are made in the data folder of the service and revoked
 * at the end.
 *
 *   npm run examples                 against COUNTERSIGN_URL (http://127.0.0.1:8480), tokens in COUNTERSIGN_DATA_DIR (./data)
 *   npm run examples -- issue-api-key        only the stories whose path holds these words
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type AccessRequest, type Answer, createClient } from '../src/client/client.ts';
import { readConfig } from '../src/config.ts';
import { openTokenRegistry } from '../src/integrations/tokens.ts';

interface Story {
  title: string;
  story: string;
  client: string;
  principal: string | null;
  /** Members of the context, like `ends_at` or `offboarding.date`, that are to lie this many days from now. */
  in_days?: Record<string, number>;
  expect: { outcome: Answer['outcome']; tier: Answer['tier']; denials: string[] };
  approvals: { as: string; verdict: 'approve' | 'reject'; comment: string; expect: { outcome: Answer['outcome'] } }[];
}

const HERE = import.meta.dirname;
const config = readConfig(process.env);
const registry = openTokenRegistry(join(config.dataDir, 'tokens'), () => new Date());
const issued: string[] = [];
const say = (line = '') => void process.stdout.write(`${line}\n`);

function clientOf(client: string, scopes: string[], principal: string | null) {
  const expiresAt = new Date(Date.now() + 10 * 60_000);
  const { token, entry } = registry.create({ client, scopes, principal, expiresAt });
  issued.push(entry.id);
  return createClient({ url: config.url, token });
}

function check(what: string, got: unknown, wanted: unknown): boolean {
  const same = JSON.stringify(got) === JSON.stringify(wanted);
  if (!same) say(`  ✗ ${what} is ${JSON.stringify(got)}, but the story says ${JSON.stringify(wanted)}`);
  return same;
}

/** A day stays a day, and an instant an instant. */
function moveDate(context: Record<string, unknown>, [member = '', ...inside]: string[], days: number): void {
  const instant = new Date(Date.now() + days * 86_400_000).toISOString();
  if (inside.length > 0) moveDate(context[member] as Record<string, unknown>, inside, days);
  else context[member] = String(context[member]).includes('T') ? instant : instant.slice(0, 'YYYY-MM-DD'.length);
}

async function play(folder: string): Promise<boolean> {
  const request = JSON.parse(readFileSync(join(folder, 'request.json'), 'utf8')) as AccessRequest;
  const story = JSON.parse(readFileSync(join(folder, 'story.json'), 'utf8')) as Story;
  for (const [member, days] of Object.entries(story.in_days ?? {}))
    moveDate(request.context ?? {}, member.split('.'), days);
  say(`\n${story.title}  (${relative(HERE, folder)})\n  ${story.story}`);
  const first = await clientOf(story.client, ['decide'], story.principal).decide(request);
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
  let seen = first.id;
  for (const approval of story.approvals) {
    const approver = clientOf('console', ['read', 'approve'], approval.as);
    const next = await approver.approve(first.case, { verdict: approval.verdict, comment: approval.comment, seen });
    say(`  ${approval.as} says ${approval.verdict}: "${approval.comment}"\n  → ${next.outcome}: ${next.summary}`);
    ok = check(`the outcome after ${approval.as}`, next.outcome, approval.expect.outcome) && ok;
    seen = next.id;
  }
  return ok;
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
  for (const id of issued) registry.revoke(id);
}
say(`\n${folders.length - failed} of ${folders.length} stories end as they say.`);
process.exitCode = failed === 0 && folders.length > 0 ? 0 : 1;
