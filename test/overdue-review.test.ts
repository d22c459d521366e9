import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type AccessRequest, createClient } from '../src/client/client.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import type { Scope } from '../src/contract/scope.ts';
import { bundleFile, compileBundle, copyPolicies } from './support/bundles.ts';
import { startService } from './support/service.ts';

/** The shipped policies, but that emergencies of the lowest tier are to be reviewed within a second. */
async function impatientPolicies(): Promise<string> {
  const source = readFileSync(new URL('../policies/config/data.json', import.meta.url), 'utf8');
  const config = JSON.parse(source);
  config.kinds['emergency_access/secret'].tiers.low.review_after_seconds = 1;
  return copyPolicies('policies', { 'config/data.json': JSON.stringify(config) });
}

let service: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
  const bundle = await bundleFile(await compileBundle(await impatientPolicies()));
  service = await startService({ COUNTERSIGN_BUNDLE: bundle });
});
afterAll(() => service.stop());

const clientOf = (name: string, scopes: Scope[], principal: string | null = null) =>
  createClient({ url: service.url, token: service.token(name, scopes, principal) });

const emergency = (person: string, secret: string): AccessRequest => ({
  subject: { type: 'user', id: person },
  action: { name: 'emergency_access' },
  resource: { type: 'secret', id: secret },
  context: { reason: 'Customers cannot pay', incident: 'INC0042117', ttl_seconds: 1800 },
});

/** What came of a request, how heavily overdue reviews weigh in it, and what it has in common with which earlier cases. */
async function decided(request: AccessRequest) {
  const { tier, outcome, record } = await clientOf('vault', ['decide']).decide(request);
  const { evaluation, history } = JSON.parse(
    Buffer.from(record.split('.')[1] ?? '', 'base64url').toString(),
  ) as DecisionRecord;
  const overdue = evaluation?.factors.find(({ id }) => id === 'review_overdue');
  return { tier, outcome, overdue: overdue?.score ?? 0, history };
}

it('an emergency that nobody reviewed in time raises the tier for the colleagues, until somebody reviews it', async () => {
  const another = emergency('ruth.adler', 'insights-loader/staging');
  expect(await decided(another)).toMatchObject({ tier: 'medium', overdue: 0, history: [] });

  const ofKofi = await clientOf('vault', ['decide']).decide(emergency('kofi.mensah', 'payments-db/development'));
  expect(ofKofi).toMatchObject({ outcome: 'allow', tier: 'low', obligations: [{ type: 'post_access_review' }] });
  const reviewer = clientOf('console', ['read', 'review'], 'iduarte');
  await vi.waitFor(
    async () =>
      expect((await reviewer.searchGrantsPage({ state: 'overdue' })).cases).toMatchObject([{ case: ofKofi.case }]),
    { timeout: 10_000 },
  );

  const raised = await decided(another);
  expect(raised).toMatchObject({ tier: 'high', outcome: 'approval_required', overdue: 25 });
  expect(raised.history).toContainEqual(expect.objectContaining({ case: ofKofi.case, review: null, shares: ['team'] }));

  // Ruth's own requests led to nothing, and weigh nothing; whoever is of another team has nothing to do with it.
  const ofNadia = await decided(emergency('nadia.petrov', 'insights-loader/staging'));
  expect(ofNadia).toMatchObject({ tier: 'medium', overdue: 0 });
  expect(ofNadia.history).not.toContainEqual(expect.objectContaining({ case: ofKofi.case }));

  await reviewer.review(ofKofi.case, { verdict: 'keep', comment: 'Read the log of the session' });
  expect(await decided(another)).toMatchObject({ tier: 'medium', overdue: 0 });
});
