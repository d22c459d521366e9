import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompactSign, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, sha256 } from '../src/base/canonical-json.ts';
import { parseJwks } from '../src/base/jwks.ts';
import { type SigningKey, signCompact, verifyCompact } from '../src/base/jws.ts';
import { readBundle } from '../src/bundle/bundle.ts';
import { type ApprovalRequest, type Case, createClient, type DecisionAnswer } from '../src/client/client.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import { RECORD_TYPE } from '../src/contract/record.ts';
import { explainCase } from '../src/domain/explanation.ts';
import { policyInputText } from '../src/domain/record.ts';
import { readUnverified } from '../src/verify/unverified.ts';
import { createVerifier } from '../src/verify/verifier.ts';
import { bundleFile, bundleWith, type ShippedData } from './support/bundles.ts';
import { faultsIn, verifyRecords } from './support/records.ts';
import { exampleRequest, startService, temporaryDir } from './support/service.ts';
import { mirrored, newPersonKey, type PersonKey, signVerdict } from './support/signing.ts';

const REQUEST = exampleRequest('issue-api-key/approval-restricted-key');
/** Amara and Jonas lead the owning team, Ines and Kofi are of security, and Luis asks. */
const KEYS = {
  'amara.okafor': newPersonKey('ES256'),
  'ines.duarte': newPersonKey('EdDSA'),
  'kofi.mensah': newPersonKey('ES256'),
  'luis.ortega': newPersonKey('ES256'),
};

/** The shipped policies, with keys, and with requirements of the highest tier that ask for more where `stricter` does. */
function bundle(keys: Record<string, PersonKey>, stricter: object = {}, change = (_: ShippedData) => {}) {
  return bundleWith((data) => {
    for (const [person, { jwk }] of Object.entries(keys)) Object.assign(personOf(data, person), { keys: [jwk] });
    for (const requirement of kindOf(data).tiers['critical']?.requirements ?? []) Object.assign(requirement, stricter);
    change(data);
  });
}
const personOf = ({ organisation }: ShippedData, person: string) => organisation.people[person] as { groups: string[] };
const kindOf = ({ config }: ShippedData) => config.kinds['issue/api_key'] as ShippedData['config']['kinds'][string];

let service: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
  service = await startService({ COUNTERSIGN_BUNDLE: await bundleFile(await bundle(KEYS)) });
});
afterAll(() => service.stop());

const client = (...token: Parameters<typeof service.token>) =>
  createClient({ url: service.url, token: service.token(...token), tries: 1 });
const portal = () => client('portal', ['decide', 'read'], 'lortega');
const itsm = () => client('itsm', ['read', 'approve:assert']);
const as = (principal: string) => client('console', ['read', 'approve'], principal);
const recordOf = ({ record }: Pick<DecisionAnswer, 'record'>) => readUnverified([record])[0] as DecisionRecord;
const seconds = (offset = 0) => Math.floor(Date.now() / 1000) + offset;

async function activate(bytes: Uint8Array): Promise<void> {
  await service.agent
    .put('/v1/policies/active')
    .set('authorization', `Bearer ${service.token('release', ['admin'])}`)
    .set('content-type', 'application/gzip')
    .send(Buffer.from(bytes))
    .expect(200);
}

/** What has to be signed to approve after having seen an answer. */
function said(answer: DecisionAnswer, changes: object = {}) {
  const { jti: seen, case: id, request_digest } = recordOf(answer);
  return { case: id, seen, request_digest, verdict: 'approve', comment: 'Looked at it', iat: seconds(), ...changes };
}

function signed(key: SigningKey, answer: DecisionAnswer, changes: object = {}): ApprovalRequest {
  const { verdict, comment, seen, ...rest } = said(answer, changes);
  const signature = signVerdict(key, { ...rest, verdict, comment, seen });
  return { verdict: verdict as 'approve', comment, seen, signature };
}

describe('a signed approval', () => {
  it.each(['amara.okafor', 'ines.duarte'] as const)('by the key of %s counts for that person', async (person) => {
    const first = await portal().decide(REQUEST);
    const verdict = signed(KEYS[person], first);
    const { decision, approvals } = recordOf(await itsm().approve(first.case, verdict));
    expect(decision.counted).toMatchObject([{ person, approval: approvals[0]?.id }]);
    expect(approvals[0]).toMatchObject({
      approver: { identity: person, person, assurance: 'signed' },
      submitted_by: { client: 'itsm', principal: null },
      seen: first.id,
      seen_tier: 'critical',
      signature: verdict.signature,
    });
    expect(seconds() - Date.parse(approvals[0]?.authenticated_at ?? '') / 1000).toBeLessThan(30);
  });

  it('is made with any JOSE library, and read by any', async () => {
    const first = await portal().decide(REQUEST);
    const { kid, privateKey } = KEYS['ines.duarte'];
    const signature = await new CompactSign(Buffer.from(JSON.stringify(said(first), null, 2)))
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'approval+jwt' })
      .sign(privateKey as unknown as CryptoKey);
    const verdict = { verdict: 'approve', comment: 'Looked at it', seen: first.id, signature } as const;
    expect(recordOf(await itsm().approve(first.case, verdict)).decision.counted).toHaveLength(1);
  });

  it.each(['amara.okafor', 'ines.duarte'] as const)('is made as the docs say, with the key of %s', async (person) => {
    const first = await portal().decide(REQUEST);
    const dir = temporaryDir('sign');
    const docs = readFileSync(new URL('../docs/deciding.md', import.meta.url), 'utf8');
    writeFileSync(join(dir, 'sign.mjs'), /```js\n(import[^`]*createPrivateKey[\s\S]*?)```/.exec(docs)?.[1] ?? '');
    writeFileSync(join(dir, 'approver.pem'), KEYS[person].privateKey.export({ format: 'pem', type: 'pkcs8' }));
    writeFileSync(join(dir, 'shown.json'), JSON.stringify(first));
    const printed = execFileSync(process.execPath, ['sign.mjs', 'shown.json'], { cwd: dir, encoding: 'utf8' });
    const { decision } = recordOf(await itsm().approve(first.case, JSON.parse(printed)));
    expect(decision.counted).toMatchObject([{ person }]);
  });

  it('ends the case where it rejects', async () => {
    const first = await portal().decide(REQUEST);
    const verdict = signed(KEYS['ines.duarte'], first, { verdict: 'reject' });
    expect(await itsm().approve(first.case, verdict)).toMatchObject({
      outcome: 'deny',
      denials: [{ code: 'rejected' }],
    });
  });

  it('leaves the others as they are: nothing signed, and no time at which they signed in', async () => {
    const first = await portal().decide(REQUEST);
    await itsm().approve(first.case, { approver: 'jweber', verdict: 'approve', seen: first.id });
    const { approvals } = recordOf(await as('iduarte').approve(first.case, { verdict: 'approve', seen: first.id }));
    expect(approvals.map(({ approver }) => approver.assurance)).toEqual(['asserted', 'authenticated']);
    for (const each of approvals) expect(each).toMatchObject({ signature: null, authenticated_at: null });
  });

  it('does not count where its signer, or who hands it in, may not approve', async () => {
    const first = await portal().decide(REQUEST);
    const own = await itsm().approve(first.case, signed(KEYS['luis.ortega'], first));
    expect(own.not_counted).toMatchObject([{ approver: 'luis.ortega', code: 'approver_is_subject' }]);
    const handed = await as('luis.ortega').approve(first.case, signed(KEYS['amara.okafor'], first));
    expect(handed.not_counted).toContainEqual(expect.objectContaining({ code: 'submitter_barred' }));
    const reader = client('itsm', ['read', 'decide']);
    await expect(reader.approve(first.case, signed(KEYS['amara.okafor'], first))).rejects.toMatchObject({
      status: 403,
    });
  });

  it.each<[string, object]>([
    ['another comment', { comment: 'Looked at something else' }],
    ['another verdict', { verdict: 'reject' }],
    ['another case', { case: '019aab00-0000-7000-8000-000000000001' }],
    ['another record', { seen: '019aab00-0000-7000-8000-000000000001' }],
    ['another request', { request_digest: `sha256:${'0'.repeat(64)}` }],
    ['a member more', { approver: 'amara.okafor' }],
    ['no comment', { comment: undefined }],
    ['a time that is no whole second', { iat: seconds() + 0.5 }],
    ['no time', { iat: undefined }],
    ['a time more than 15 minutes ago', { iat: seconds(-15 * 60 - 5) }],
    ['a time ahead', { iat: seconds(75) }],
    ['a time without end', { iat: Number.MAX_SAFE_INTEGER }],
  ])('is refused with %s', async (_, changes) => {
    const first = await portal().decide(REQUEST);
    const signature = signVerdict(KEYS['amara.okafor'], said(first, changes));
    const verdict = { verdict: 'approve', comment: 'Looked at it', seen: first.id, signature } as const;
    await expect(itsm().approve(first.case, verdict)).rejects.toMatchObject({ status: 422, code: 'signature_invalid' });
    expect((await portal().getCase(first.case)).seq).toBe(0);
  });

  it('is taken to the edge of its time', async () => {
    const first = await portal().decide(REQUEST);
    for (const [person, offset] of [
      ['amara.okafor', -14 * 60],
      ['ines.duarte', 50],
    ] as const) {
      await itsm().approve(first.case, signed(KEYS[person], first, { iat: seconds(offset) }));
    }
  });

  it.each<[string, (payload: string) => string]>([
    ['of a key that nobody has registered', (text) => signCompact(text, newPersonKey(), 'approval+jwt')],
    ['of another type', (text) => signCompact(text, KEYS['amara.okafor'], RECORD_TYPE)],
    [
      'by another key than it says',
      (text) => signCompact(text, { ...newPersonKey(), kid: KEYS['amara.okafor'].kid }, 'approval+jwt'),
    ],
    [
      'of another algorithm',
      (text) => signCompact(text, { ...newPersonKey('EdDSA'), kid: KEYS['amara.okafor'].kid }, 'approval+jwt'),
    ],
    [
      'without a signature',
      (text) => `${signCompact(text, KEYS['amara.okafor'], 'approval+jwt').split('.').slice(0, 2).join('.')}.`,
    ],
    ['of four parts', (text) => `${signCompact(text, KEYS['amara.okafor'], 'approval+jwt')}.e30`],
    [
      'with a member twice',
      (text) => signCompact(text.replace('{', '{"comment":"x",'), KEYS['amara.okafor'], 'approval+jwt'),
    ],
    ['of no JSON', () => signCompact('approve', KEYS['amara.okafor'], 'approval+jwt')],
    ['of a list', () => signCompact('[]', KEYS['amara.okafor'], 'approval+jwt')],
    ['that is nothing', () => ''],
    ['that is none', () => 'a.b.c'],
  ])('is refused with a signature %s', async (_, sign) => {
    const first = await portal().decide(REQUEST);
    const signature = sign(JSON.stringify(said(first)));
    const verdict = { verdict: 'approve', comment: 'Looked at it', seen: first.id, signature } as const;
    await expect(itsm().approve(first.case, verdict)).rejects.toMatchObject({ status: 422, code: 'signature_invalid' });
  });

  it.each<[string, object]>([
    ['another comment', { comment: 'Looked at something else' }],
    ['another verdict', { verdict: 'reject' }],
    ['another part of the case', {}],
  ])('is refused where the body says %s', async (_, changes) => {
    const first = await portal().decide(REQUEST);
    const second = await as('jweber').approve(first.case, { verdict: 'approve', seen: first.id });
    const verdict = { ...signed(KEYS['amara.okafor'], first), seen: second.id, ...changes };
    await expect(itsm().approve(first.case, verdict)).rejects.toMatchObject({ status: 422, code: 'signature_invalid' });
  });

  it.each([{ approver: 'amara.okafor' }, { on_behalf_of: 'jweber' }])('is refused beside %j', async (more) => {
    const first = await portal().decide(REQUEST);
    const verdict = { ...signed(KEYS['amara.okafor'], first), ...more };
    await expect(itsm().approve(first.case, verdict)).rejects.toMatchObject({ status: 422, code: 'invalid_request' });
  });

  it('counts with a high s, too, which half of what other software signs has', async () => {
    const first = await portal().decide(REQUEST);
    const verdict = signed(KEYS['amara.okafor'], first);
    const answer = await itsm().approve(first.case, { ...verdict, signature: mirrored(verdict.signature ?? '') });
    expect(answer.not_counted).toEqual([]);
    expect(recordOf(answer).approvals.map(({ approver }) => approver.person)).toEqual(['amara.okafor']);
  });

  it('is taken once, through whatever hands, also where somebody makes a second signature of the first', async () => {
    const first = await portal().decide(REQUEST);
    const verdict = signed(KEYS['amara.okafor'], first);
    const { id } = await itsm().approve(first.case, verdict, { idempotencyKey: 'click' });
    const other = mirrored(verdict.signature ?? '');
    const keys = parseJwks({ keys: [KEYS['amara.okafor'].jwk] });
    expect(verifyCompact(other, keys, 'approval+jwt', { acceptHighS: true }).payload).toBeDefined();
    for (const signature of [verdict.signature ?? '', other]) {
      const again = as('kmensah').approve(first.case, { ...verdict, signature });
      await expect(again).rejects.toMatchObject({ status: 409, code: 'already_given' });
    }
    expect((await itsm().approve(first.case, verdict, { idempotencyKey: 'click' })).id).toBe(id);
  });
});

/** The same verdict, signed by another key. */
function resign(record: DecisionRecord, key: SigningKey): void {
  for (const approval of record.approvals.slice(0, 1)) {
    const [, payload = ''] = approval.signature?.split('.') ?? [];
    approval.signature = signCompact(Buffer.from(payload, 'base64url').toString(), key, 'approval+jwt');
  }
}

describe('a requirement', () => {
  afterAll(async () => activate(await bundle(KEYS)));

  it('that asks for signed approvals counts no others', async () => {
    await activate(await bundle(KEYS, { min_assurance: 'signed' }));
    const first = await portal().decide(REQUEST);
    await itsm().approve(first.case, { approver: 'aokafor', verdict: 'approve', seen: first.id });
    await as('jweber').approve(first.case, { verdict: 'approve', seen: first.id });
    const { id, record } = await itsm().approve(first.case, signed(KEYS['amara.okafor'], first));
    const { decision } = recordOf({ record });
    expect(decision.counted.map(({ person }) => person)).toEqual(['amara.okafor']);
    const { approvals } = await portal().getCase(id);
    expect(approvals.map(({ assurance, counts, requirement, code }) => [assurance, counts, requirement, code])).toEqual(
      [
        // It must not gain by the one after it what it lacked: it would count once less is asked for.
        ['asserted', false, null, 'assurance_too_low'],
        ['authenticated', false, null, 'assurance_too_low'],
        ['signed', true, 'owner', null],
      ],
    );
    await itsm().approve(first.case, signed(KEYS['ines.duarte'], first));
    expect((await itsm().approve(first.case, signed(KEYS['kofi.mensah'], first))).outcome).toBe('allow');
  });

  it('that asks for recent signatures counts no older ones, nor those of which nobody knows; they may be given again', async () => {
    await activate(await bundle(KEYS, { max_authentication_age_seconds: 300 }));
    const first = await portal().decide(REQUEST);
    await as('jweber').approve(first.case, { verdict: 'approve', seen: first.id });
    const old = signed(KEYS['amara.okafor'], first, { iat: seconds(-310) });
    const { not_counted: refused, record } = await itsm().approve(first.case, old);
    expect(refused.map(({ code }) => code)).toEqual(['authentication_too_old', 'authentication_too_old']);
    expect(explainCase([recordOf({ record })], new Date().toISOString())).toContain(
      'authenticated at least, signed or signed in at most 5 minutes before (0 of 1 given)',
    );
    const fresh = await itsm().approve(first.case, signed(KEYS['amara.okafor'], first, { iat: seconds(-290) }));
    expect(recordOf(fresh).decision.counted).toHaveLength(1);
  });
});

describe('under another bundle', () => {
  const { 'amara.okafor': _, ...withoutAmara } = KEYS;
  /** The case is of the tier below. */
  const calmer = (data: ShippedData) => Object.assign(kindOf(data).thresholds, { critical: 1000 });
  afterAll(async () => activate(await bundle(KEYS)));

  const codesOf = ({ approvals }: Case) => approvals.map(({ code }) => code);

  it('what was signed with a key that is gone does not count, until it is signed with a new one', async () => {
    const first = await portal().decide(REQUEST);
    await itsm().approve(first.case, signed(KEYS['amara.okafor'], first));
    await activate(await bundle(withoutAmara));
    const second = await itsm().approve(first.case, signed(KEYS['ines.duarte'], first));
    expect(second.not_counted).toMatchObject([{ approver: 'amara.okafor', code: 'key_unknown' }]);
    expect(recordOf(second).approvals[0]?.approver).toMatchObject({ person: null, groups: [] });
    const renewed = newPersonKey('EdDSA');
    await expect(itsm().approve(first.case, signed(renewed, second))).rejects.toMatchObject({
      code: 'signature_invalid',
    });
    await activate(await bundle({ ...KEYS, 'amara.okafor': renewed }));
    const third = await itsm().approve(first.case, signed(renewed, second));
    expect(
      recordOf(third)
        .decision.counted.map(({ person }) => person)
        .sort(),
    ).toEqual(['amara.okafor', 'ines.duarte']);
    expect(codesOf(await portal().getCase(first.case))).toEqual(['key_unknown', null, null]);
    expect(explainCase([recordOf(third)], new Date().toISOString())).toContain(
      'does not count: Its signing key is no longer registered for any person. (key_unknown)',
    );
  });

  it('an approval that was given for a lower risk is stale, and may be given again', async () => {
    await activate(await bundle(KEYS, {}, calmer));
    const first = await portal().decide(REQUEST);
    expect(first.tier).toBe('high');
    const second = await as('aokafor').approve(first.case, { verdict: 'approve', seen: first.id });
    expect(recordOf(second).decision.counted).toHaveLength(1);
    await expect(as('aokafor').approve(first.case, { verdict: 'approve', seen: second.id })).rejects.toMatchObject({
      code: 'already_given',
    });
    await activate(await bundle(KEYS));
    // Ines was shown the lower tier too.
    const third = await as('iduarte').approve(first.case, { verdict: 'approve', seen: second.id });
    expect(third).toMatchObject({ outcome: 'approval_required', tier: 'critical' });
    expect(third.not_counted.map(({ approver, code }) => [approver, code]).sort()).toEqual([
      ['aokafor', 'stale'],
      ['iduarte', 'stale'],
    ]);
    expect(explainCase([recordOf(third)], new Date().toISOString())).toContain(
      'does not count: Policy or risk has changed since it was given: it has to be given again. (stale)',
    );
    for (const who of ['aokafor', 'iduarte', 'kmensah']) {
      await as(who).approve(first.case, { verdict: 'approve', seen: third.id });
    }
    const { outcome, approvals } = await portal().getCase(first.case);
    expect(outcome).toBe('allow');
    expect(approvals.map(({ counts }) => counts)).toEqual([false, false, true, true, true]);
  });

  it('an approval that is not sure enough any more is stale until it is given anew', async () => {
    const lax = await bundle(KEYS, { min_assurance: 'asserted' });
    await activate(lax);
    const first = await portal().decide(REQUEST);
    await itsm().approve(first.case, { approver: 'aokafor', verdict: 'approve', seen: first.id });
    await activate(await bundle(KEYS));
    await as('iduarte').approve(first.case, { verdict: 'approve', seen: first.id });
    const third = await as('kmensah').approve(first.case, { verdict: 'approve', seen: first.id });
    expect(codesOf(await portal().getCase(first.case))).toEqual(['stale', null, null]);
    // Asserted again it would still not do, but nothing stands in the way of trying.
    await itsm().approve(first.case, { approver: 'aokafor', verdict: 'approve', seen: third.id });
    expect(codesOf(await portal().getCase(first.case))).toEqual(['stale', null, null, 'assurance_too_low']);
    const last = await as('aokafor').approve(first.case, { verdict: 'approve', seen: third.id });
    expect(last.outcome).toBe('allow');
  });

  it('an approval of somebody who may not approve any more is stale', async () => {
    const first = await portal().decide(REQUEST);
    await as('aokafor').approve(first.case, { verdict: 'approve', seen: first.id });
    await activate(await bundle(KEYS, {}, (data) => Object.assign(personOf(data, 'amara.okafor'), { groups: [] })));
    await as('iduarte').approve(first.case, { verdict: 'approve', seen: first.id });
    expect(codesOf(await portal().getCase(first.case))).toEqual(['stale', null]);
  });
});

describe('offline', () => {
  let chain: string[];
  let decidedBy: Awaited<ReturnType<typeof readBundle>>;

  beforeAll(async () => {
    const bytes = await bundle(KEYS);
    await activate(bytes);
    decidedBy = await readBundle(bytes);
    const first = await portal().decide(REQUEST);
    await itsm().approve(first.case, signed(KEYS['amara.okafor'], first));
    await as('iduarte').approve(first.case, { verdict: 'approve', seen: first.id });
    chain = (await portal().getCase(first.case)).chain.map(({ record }) => record);
  });

  const verify = (...records: string[]) => verifyRecords(records, service.keyring.verificationKeys).decisions;
  const report = (records: string[], policy: typeof decidedBy) =>
    createVerifier({ jwks: service.keyring.jwks, policy }).verify(records.join('\n'));
  /** The newest record saying something else, signed by the real key of the service. */
  const forged = (change: (record: DecisionRecord) => void) => {
    const record = structuredClone(recordOf({ record: chain[2] ?? '' }));
    change(record);
    return signCompact(canonicalJson(record), service.keyring.active, RECORD_TYPE);
  };
  const approvalOf = (record: DecisionRecord, index = 0) =>
    record.approvals[index] as DecisionRecord['approvals'][number];

  it('signed approvals verify by the record and the bundle that decided', async () => {
    expect(report(chain, decidedBy)).toMatchObject({ isValid: true, signedApprovals: 1 });
    const other = await readBundle(await bundle({}));
    expect(() => report(chain, other)).toThrow(expect.objectContaining({ code: 'bundle_invalid' }));
  });

  it.each<[string, (record: DecisionRecord) => void]>([
    ['another comment', (it) => Object.assign(approvalOf(it), { comment: 'x' })],
    ['another record that was seen', (it) => Object.assign(approvalOf(it), { seen: it.jti })],
    [
      'another time',
      (it) => Object.assign(approvalOf(it), { authenticated_at: it.evaluated_at.replace(/\d{3}Z/, '999Z') }),
    ],
    ['no time', (it) => Object.assign(approvalOf(it), { authenticated_at: null })],
    ['no signature', (it) => Object.assign(approvalOf(it), { signature: null })],
    ['something in its place', (it) => Object.assign(approvalOf(it), { signature: 'a.b.c' })],
    ['less assurance', (it) => Object.assign(approvalOf(it).approver, { assurance: 'authenticated' })],
    ['more assurance than there is', (it) => Object.assign(approvalOf(it, 1).approver, { assurance: 'signed' })],
    [
      'the signature of somebody else',
      (it) => Object.assign(approvalOf(it, 1), { signature: approvalOf(it).signature }),
    ],
  ])('a record whose approval says %s does not verify', (_, change) => {
    expect(() => verify(forged(change))).toThrow(/does not match its own .*approval signatures/);
  });

  it.each<[string, RegExp, (record: DecisionRecord) => void]>([
    [
      'a signature that does not match',
      /does not verify: The signature does not match/,
      (it) =>
        Object.assign(approvalOf(it), { signature: `${approvalOf(it).signature?.slice(0, -86)}${'A'.repeat(86)}` }),
    ],
    ['a signature by a key of nobody', /another person/, (it) => resign(it, newPersonKey())],
    ['a signature by the key of somebody else', /another person/, (it) => resign(it, KEYS['kofi.mensah'])],
    [
      'a count for a key of nobody',
      /does not verify: The key of the signature is not registered/,
      (it) => {
        resign(it, newPersonKey());
        Object.assign(approvalOf(it).approver, { person: null });
      },
    ],
  ])('a record with %s does not verify by the bundle', (_, why, change) => {
    const inputFits = (record: DecisionRecord) => {
      change(record);
      Object.assign(record, { input_digest: sha256(policyInputText(record)) });
    };
    const { cases } = report([forged(inputFits)], decidedBy);
    const failed = cases[0]?.checks[0]?.checks.filter(({ result }) => result === 'failed');
    expect(failed).toContainEqual({
      check: 'approval_signatures',
      result: 'failed',
      why: [expect.stringMatching(why)],
    });
  });

  it('a case that says something else of its approvals than its records does not compare', async () => {
    const found = await portal().getCase(recordOf({ record: chain[0] ?? '' }).case);
    const check = (value: Case) => faultsIn(value, service.keyring.verificationKeys);
    expect(check(found)).toEqual([]);
    const approvals = found.approvals.map((each) => ({ ...each, counts: true, code: null, person: 'x' }));
    expect(check({ ...found, approvals })).toEqual([expect.stringMatching(/differs from its record .*: approvals/)]);
  });
});
