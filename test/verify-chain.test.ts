import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, digestOf, sha256 } from '../src/base/canonical-json.ts';
import { signCompact } from '../src/base/jws.ts';
import { RECORD_TYPE } from '../src/contract/record.ts';
import { policyInputText, recordDigest } from '../src/domain/record.ts';
import { callsOf, payloadOf, type TestService } from './support/calls.ts';
import { faultsIn, jwsListIn } from './support/records.ts';
import { exampleRequest, startService } from './support/service.ts';

/** A payload of any statement, to be changed. */
// biome-ignore lint/suspicious/noExplicitAny: a payload that is made to lie has no type.
type Payload = any;

const PENDING = exampleRequest('issue-api-key/approval-restricted-key');
const FAR = '2999-01-01T00:00:00.000Z';

let service: TestService;
/** Waits, waits, waits, waits, allow: with an approval of the subject's own that does not count. */
let approved: string[];
let rejected: string[];
let withdrawn: string[];
let granted: string[];

beforeAll(async () => {
  service = await startService();
  const calls = callsOf(service);
  const portal = service.token('portal', ['decide']);
  const post = (path: string, token: string, body: object) => calls.call('post', path, token).send(body).expect(201);
  const chainOf = async (id: string) => jwsListIn(await calls.caseOf(id));

  const first = await calls.decide(PENDING);
  for (const identity of ['lortega', 'aokafor', 'iduarte', 'kmensah']) await calls.approve(first, identity).expect(201);
  approved = await chainOf(first.id);

  const second = await calls.decide(PENDING);
  await calls.approve(second, 'aokafor').expect(201);
  await calls.approve(second, 'iduarte', 'reject').expect(201);
  rejected = await chainOf(second.id);

  const third = await calls.decide(PENDING);
  await post(`/v1/cases/${third.id}/withdrawals`, portal, {});
  withdrawn = await chainOf(third.id);

  const fourth = await calls.decide(exampleRequest('issue-api-key/allow-sandbox-key'));
  const reviewer = calls.person('iduarte', ['read', 'review', 'revoke']);
  const credential = { issuer: 'vault', credential_ref: 'x', expires_at: FAR };
  await post(`/v1/cases/${fourth.id}/issuances`, portal, credential);
  await post(`/v1/cases/${fourth.id}/reviews`, reviewer, { verdict: 'keep' });
  granted = await chainOf(fourth.id);
});
afterAll(() => service.stop());

const faultsOf = (jwsList: readonly string[]) => faultsIn(jwsList.join('\n'), service.keyring.verificationKeys);

/**
 * The chain with one record changed, signed by the key of the service. What a record says of its own members fits, and the
 * records after it name it: only the laws of a case can tell.
 */
function forge(chain: readonly string[], index: number, change: (record: Payload, chain: Payload[]) => void): string[] {
  const payloads = chain.map((jws) => payloadOf(jws) as Payload);
  change(payloads[index], payloads);
  const forged = chain.slice(0, index);
  for (const record of payloads.slice(index)) {
    const before = forged.at(-1);
    if (before !== undefined) record.previous = { jti: payloadOf(before).jti, digest: recordDigest(before) };
    record.iat = Math.floor(Date.parse(record.evaluated_at ?? record.at) / 1000);
    if (record.statement === 'decision') {
      record.request_digest = digestOf(record.request);
      record.input_digest = sha256(policyInputText(record));
    } else refer(record.grant ?? record.decision, forged);
    forged.push(signCompact(canonicalJson(record), service.keyring.active, RECORD_TYPE));
  }
  return forged;
}

/** What follows on a decision that was signed anew names it by its digest now. */
function refer(reference: Payload, forged: readonly string[]): void {
  const named = forged.find((jws) => payloadOf(jws).jti === reference.jti);
  if (named !== undefined) reference.digest = recordDigest(named);
}

/** The end of a case as the service makes it when nobody approved it in time. */
function expiryOf([first, end]: Payload[], at: string, closesAt = first.decision.closes_at): void {
  const { caller: _, withdrawal: __, ...common } = end;
  for (const name of Object.keys(end)) Reflect.deleteProperty(end, name);
  Object.assign(end, common, { statement: 'expiry', closes_at: closesAt, at });
}

const later = (instant: string, ms: number) => new Date(Date.parse(instant) + ms).toISOString();

describe('a chain that the service made', () => {
  it('verifies, and so does every part of it', () => {
    for (const chain of [approved, rejected, withdrawn, granted]) {
      for (let start = 0; start < chain.length; start++) expect(faultsOf(chain.slice(start))).toEqual([]);
      expect(faultsOf(forge(chain, 0, () => {}))).toEqual([]);
    }
    expect(payloadOf(approved.at(-1) ?? '').decision.outcome).toBe('allow');
    expect(payloadOf(rejected.at(-1) ?? '').decision.outcome).toBe('deny');
  });

  it('verifies with an end by time', () => {
    const [first] = withdrawn.map(payloadOf);
    const closes = first?.decision.closes_at ?? '';
    expect(faultsOf(forge(withdrawn, 1, (_, chain) => expiryOf(chain, closes)))).toEqual([]);
  });
});

describe('a chain that the key of the service signed, and that cannot be', () => {
  const decision = (record: Payload) => record.decision;

  it.each<[string, RegExp, () => readonly string[], number, (record: Payload, chain: Payload[]) => void]>([
    [
      'pins other persons',
      /before it in opened/,
      () => approved,
      2,
      (it) => Object.assign(it.opened.persons, { caller: 'x' }),
    ],
    [
      'was opened at another time',
      /before it in opened/,
      () => approved,
      1,
      (it) => (it.opened.at = later(it.opened.at, -5)),
    ],
    ['opens later than it was decided', /before its case was opened/, () => approved, 1, (it) => (it.opened.at = FAR)],
    ['opens at another instant', /another instant than opened/, () => approved, 0, (it) => (it.opened.at = FAR)],
    ['has another caller', /before it in caller/, () => approved, 1, (it) => (it.caller.client = 'other')],
    [
      'decides another request',
      /before it in .*request_digest/,
      () => approved,
      1,
      (it) => (it.request.context.more = 1),
    ],
    ['runs backward', /is older than/, () => approved, 1, (it) => (it.evaluated_at = later(it.evaluated_at, -60_000))],
    [
      'allows by a verdict that does not count',
      /allows without a new verdict that counts/,
      () => approved,
      4,
      (it) => {
        const given = it.approvals.at(-1)?.id;
        it.decision.counted = it.decision.counted.filter(({ approval }: Payload) => approval !== given);
        it.decision.not_counted.push({ approval: given, code: 'not_eligible' });
      },
    ],
    ['says another iat', /another time in iat/, () => approved, 4, (it) => (it.iat = 7)],
    ['closes later', /another closes_at/, () => approved, 0, (it) => (decision(it).closes_at = FAR)],
    ['does not close', /another closes_at/, () => approved, 1, (it) => (decision(it).closes_at = null)],
    ['allows and closes', /states when the case closes/, () => approved, 4, (it) => (decision(it).closes_at = FAR)],
    [
      'decides after the case has closed',
      /decides after the case has closed/,
      () => approved,
      4,
      (it) => {
        it.evaluated_at = later(it.opened.at, 30 * 86_400_000);
        it.approvals.at(-1).at = it.evaluated_at;
      },
    ],
    [
      'allows by approvals that were there before',
      /its newest approval does not count/,
      () => approved,
      4,
      (it, chain) => {
        it.approvals = chain[3].approvals;
        decision(it).counted = decision(it).counted.filter((each: Payload) =>
          it.approvals.some(({ id }: Payload) => id === each.approval),
        );
      },
    ],
    [
      'allows though the newest approval does not count',
      /its newest approval does not count/,
      () => approved,
      4,
      (it) => {
        const { id } = it.approvals.at(-1);
        decision(it).counted = decision(it).counted.filter(({ approval }: Payload) => approval !== id);
      },
    ],
    [
      'allows what is unmet',
      /although requirements are unmet/,
      () => approved,
      4,
      (it, chain) => (decision(it).unmet = chain[3].decision.unmet),
    ],
    [
      'asks for a confirmation of what is unmet',
      /though requirements are not met/,
      () => approved,
      1,
      (it) => (decision(it).confirmation_needed = true),
    ],
    [
      'asks for a confirmation at the beginning',
      /that nobody can give/,
      () => approved,
      0,
      (it) => Object.assign(decision(it), { confirmation_needed: true, unmet: [] }),
    ],
    ['waits for nothing', /no requirement is unmet/, () => approved, 1, (it) => (decision(it).unmet = [])],
    ['ends without an allow', /an end without an allow/, () => rejected, 2, (it) => (decision(it).expires_at = FAR)],
    ['denies without a reason', /a deny without denials/, () => rejected, 2, (it) => (decision(it).denials = [])],
    ['drops an approval', /changes or drops approvals/, () => approved, 2, (it) => it.approvals.shift()],
    ['changes a comment', /changes or drops/, () => approved, 2, (it) => (it.approvals[0].comment = 'other')],
    ['lengthens an approval', /changes or drops/, () => approved, 3, (it) => (it.approvals[1].expires_at = FAR)],
    [
      'adds two approvals',
      /more than one approval/,
      () => approved,
      1,
      (it, chain) => (it.approvals = chain[2].approvals),
    ],
    [
      'adds an approval of another time',
      /given at another time/,
      () => approved,
      1,
      (it) => (it.approvals[0].at = later(it.approvals[0].at, -1)),
    ],
    [
      'counts the subject',
      /a person behind the request gave/,
      () => approved,
      2,
      (it) =>
        decision(it).counted.push({ approval: it.approvals[0].id, person: 'luis.ortega', requirement: 'security' }),
    ],
    [
      'counts an approval that had expired',
      /had expired/,
      () => approved,
      2,
      (it) => (it.approvals[1].expires_at = it.evaluated_at),
    ],
    [
      'counts what is not there',
      /does not contain/,
      () => approved,
      2,
      (it) => (decision(it).counted[0].approval = '019aab00-0000-7000-8000-000000000001'),
    ],
    [
      'counts a person twice',
      /counts a person twice/,
      () => approved,
      4,
      (it) => decision(it).counted.push({ ...decision(it).counted[0], requirement: 'security' }),
    ],
    [
      'counts somebody else',
      /another person gave/,
      () => approved,
      2,
      (it) => (decision(it).counted[0].person = 'ines.duarte'),
    ],
    ['ends by another decision', /does not name the decision/, () => withdrawn, 1, (it) => (it.decision.jti = it.jti)],
    ['is of another kind', /another kind/, () => withdrawn, 1, (it) => (it.kind = 'issue/secret')],
    [
      'expires before its time',
      /before it closes/,
      () => withdrawn,
      1,
      (it, chain) => expiryOf(chain, it.at, chain[0].decision.closes_at),
    ],
    [
      'expires by another closes_at',
      /another closes_at/,
      () => withdrawn,
      1,
      (it, chain) => expiryOf(chain, it.at, it.at),
    ],
    ['makes a review owed no more', /does not follow from it: due/, () => granted, 1, (it) => (it.standing.due = null)],
    [
      'puts a review off',
      /does not follow from it: review_by/,
      () => granted,
      2,
      (it) => (it.standing.review_by = '2998-01-01T00:00:00.000Z'),
    ],
    [
      'judges by another policy',
      /does not follow from it: judged_by/,
      () => granted,
      2,
      (it) => (it.standing.judged_by = `sha256:${'0'.repeat(64)}`),
    ],
    ['issues what had expired', /that had expired/, () => granted, 1, (it) => (it.issuance.expires_at = it.at)],
    [
      'issues after the end',
      /after the grant had ended/,
      () => granted,
      1,
      (it, chain) => (it.at = chain[0].decision.expires_at),
    ],
  ])('because it %s, is not valid, and the record is named', (_what, why, chain, index, change) => {
    const forged = forge(chain(), index, change).slice(0, index + 1);
    const { jti, seq } = payloadOf(forged[index] ?? '');
    const faults = faultsOf(_what === 'says another iat' ? [...forged.slice(0, -1), withIat(forged)] : forged);
    expect(faults).toContainEqual(expect.stringMatching(why));
    for (const fault of faults) expect(fault).toContain(`Record ${jti} (seq ${seq})`);
  });

  const withIat = (forged: readonly string[]) =>
    signCompact(canonicalJson({ ...payloadOf(forged.at(-1) ?? ''), iat: 7 }), service.keyring.active, RECORD_TYPE);

  it('because a case goes on after its end, is not valid', () => {
    const [first = '', end = ''] = withdrawn;
    const again = { ...payloadOf(end), seq: 2, jti: payloadOf(end).jti.replace(/^./, 'f') } as Payload;
    again.previous = { jti: payloadOf(end).jti, digest: recordDigest(end) };
    const forged = signCompact(canonicalJson(again), service.keyring.active, RECORD_TYPE);
    expect(faultsOf([first, end, forged])).toEqual([expect.stringMatching(/follows the end of the case/)]);
  });

  it('has all its faults told, not only the first', () => {
    const forged = forge(approved, 1, (it) => Object.assign(it.decision, { closes_at: null, expires_at: FAR }));
    const [first = '', second = '', ...rest] = forged;
    expect(faultsOf([first, second, ...rest.slice(1)])).toEqual([
      expect.stringMatching(/seq 1\) states another closes_at/),
      expect.stringMatching(/seq 1\) has an end without an allow/),
      expect.stringMatching(/seq 3\) does not follow seq 1: no valid record 2 was given/),
    ]);
  });
});
