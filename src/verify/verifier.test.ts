import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalJson, digestOf, sha256 } from '../base/canonical-json.ts';
import { type SigningKey, signCompact } from '../base/jws.ts';
import { thumbprint } from '../base/public-key.ts';
import { RECORD_TYPE } from '../contract/record.ts';
import { APPROVAL_TYPE } from '../contract/signed-verdict.ts';
import { initialStanding, revoked } from '../domain/grant.ts';
import { policyInputText, recordDigest } from '../domain/record.ts';
import { MAX_RECORD_LENGTH } from './checks/format.ts';
import { CHECKS, type CheckName, type VerificationReport } from './report.ts';
import { createVerifier, type DecidingPolicy } from './verifier.ts';

// biome-ignore lint/suspicious/noExplicitAny: a payload that is made to lie has no type.
type Payload = any;
type Change = (record: Payload) => void;

const FAR = '2999-01-01T00:00:00.000Z';
const STRANGER = '019aab00-0000-7000-8000-000000000001';
const ours = newKey();
const jwks = { keys: [ours.jwk] };

/** Waits, waits, waits, waits, allow: what a service of the first version decided. */
const payloads = readFileSync(new URL('../../test/golden/case.jws', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((jws) => JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Payload);
const chain = signedChain();

function newKey(): SigningKey & { jwk: Record<string, string> } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' }) as Record<string, string>;
  return { kid: thumbprint(jwk), alg: 'ES256', privateKey, jwk };
}

function sign(record: Payload, key: SigningKey = ours, typ = RECORD_TYPE): string {
  return signCompact(canonicalJson(record), key, typ);
}

/** The case signed anew, with one record changed; its digests, and the names of records before, are made to fit. */
function signedChain(index = 0, change: Change = () => {}): string[] {
  const signed: string[] = [];
  for (const [at, record] of structuredClone(payloads).entries()) {
    const before = signed.at(-1);
    if (before !== undefined) record.previous.digest = recordDigest(before);
    if (at === index) change(record);
    fitDigests(record);
    signed.push(sign(record));
  }
  return signed;
}

function fitDigests(record: Payload): void {
  record.request_digest = digestOf(record.request);
  record.input_digest = sha256(policyInputText(record));
}

/** The case with a revocation at its end. */
function revokedChain(change: Change = () => {}): string[] {
  const [allow, jws = ''] = [payloads.at(-1), chain.at(-1)];
  const { iss, case: caseId, kind, policy, caller, evaluated_at: at, iat, jti, decision } = allow;
  const reference = { jti, digest: recordDigest(jws) };
  const standing = initialStanding(decision);
  const record = {
    ...{ iss, iat, case: caseId, kind, policy, caller, at },
    ...{ jti: STRANGER, seq: allow.seq + 1, previous: reference, engine: { version: '1' }, grant: reference },
    ...{ statement: 'revocation', by: { identity: 'iduarte', person: 'ines.duarte' }, revocation: { reason: 'over' } },
    standing: standing && revoked(standing, at),
  };
  change(record);
  return [...chain, sign(record)];
}

/** The third record by itself, whose second approval is signed by a key, and the data that register a key for its person. */
function signedApproval(
  key: ReturnType<typeof newKey>,
  registered: ReturnType<typeof newKey>,
): [string, DecidingPolicy] {
  const record = structuredClone(payloads[2]);
  const approval = record.approvals[1];
  const { case: caseId, seen, request_digest, verdict, comment, at } = approval;
  const said = { case: caseId, seen, request_digest, verdict, comment, iat: Math.floor(Date.parse(at) / 1000) };
  approval.signature = signCompact(JSON.stringify(said), key, APPROVAL_TYPE);
  approval.authenticated_at = new Date(said.iat * 1000).toISOString();
  approval.approver.assurance = 'signed';
  fitDigests(record);
  const people = { [approval.approver.person]: { keys: [registered.jwk] } };
  return [sign(record), { digest: record.policy.digest, data: { organisation: { people } } }];
}

function verify(texts: readonly string[] | string, policy?: DecidingPolicy): VerificationReport {
  const text = typeof texts === 'string' ? texts : texts.join('\n');
  return createVerifier(policy === undefined ? { jwks } : { jwks, policy }).verify(text);
}

function checksOf(report: VerificationReport, wanted: 'passed' | 'failed' | 'skipped'): CheckName[] {
  const records = [...report.others, ...report.cases.flatMap(({ checks }) => checks)];
  const around = report.cases.flatMap(({ unsignedMembers }) => unsignedMembers ?? []);
  const results = [...records.flatMap(({ checks }) => checks), ...around];
  return [...new Set(results.flatMap(({ check, result }) => (result === wanted ? [check] : [])))];
}

const first = chain[0] ?? '';
const stranger = newKey();

describe('the verifier', () => {
  it('names the checks that a case passes', () => {
    const report = verify(revokedChain());
    expect(report).toMatchObject({ isValid: true, faults: [], cases: [{ faults: [], fromBeginning: true }] });
    const notGiven = ['approval_signatures', 'unsigned_members'];
    const expected = Object.keys(CHECKS).filter((name) => !notGiven.includes(name));
    expect(checksOf(report, 'passed').toSorted()).toEqual(expected.toSorted());
    expect(checksOf(report, 'skipped')).toEqual([]);
  });

  it('counts the approvals that verify by the bundle', () => {
    const [jws, policy] = signedApproval(stranger, stranger);
    expect(verify(jws, policy)).toMatchObject({ isValid: true, signedApprovals: 1 });
    expect(checksOf(verify(jws, policy), 'passed')).toContain('approval_signatures');
    expect(() => verify(jws, { ...policy, digest: 'sha256:0' })).toThrow(
      expect.objectContaining({ code: 'bundle_invalid' }),
    );
  });

  const lie = (change: Change, index = 4) => signedChain(index, change).slice(0, index + 1);
  it.each<[CheckName, () => VerificationReport]>([
    ['format', () => verify(`${first}.x`)],
    ['type', () => verify(sign(payloads[0], ours, 'permit+jwt'))],
    ['key', () => verify(sign(payloads[0], stranger))],
    ['signature', () => verify(first.replace(/.(?=.{40}$)/, (one) => (one === 'A' ? 'B' : 'A')))],
    ['schema', () => verify(sign({ ...payloads[0], sub: 'x' }))],
    ['digests', () => verify(sign({ ...payloads[0], kind: 'issue/secret' }))],
    ['chain', () => verify([chain[0] ?? '', chain[2] ?? ''])],
    ['step', () => verify(lie((it) => (it.approvals[0].comment = 'other')))],
    ['grant_event', () => verify(revokedChain((it) => (it.standing.revoked_at = null)))],
    ['time', () => verify(lie((it) => (it.iat = 7)))],
    ['opening', () => verify(lie((it) => (it.opened.at = FAR), 0))],
    ['outcome', () => verify(lie((it) => (it.decision.closes_at = FAR)))],
    ['counting', () => verify(lie((it) => (it.decision.counted[0].person = 'somebody.else')))],
    ['recount', () => verify(lie((it) => (it.evaluation.eligible = [])))],
    ['approval_signatures', () => verify(...signedApproval(stranger, newKey()))],
    ['unsigned_members', () => verify(JSON.stringify({ record: first, id: STRANGER }))],
  ])('says that %s failed', (name, run) => {
    const report = run();
    expect(report.isValid).toBe(false);
    expect(checksOf(report, 'failed')).toContain(name);
  });

  it.each<[string, Change]>([
    ['nobody whom the policy lists', (it) => (it.evaluation.eligible = [])],
    ['more approvals than it counts', (it) => (it.evaluation.requirements[0].count += 1)],
    ['another tier', (it) => (it.decision.tier = 'low')],
    ['a longer lifetime', (it) => (it.decision.expires_at = FAR)],
    ['fewer obligations', (it) => (it.decision.obligations = [{ id: 'x', type: 'x', properties: {} }])],
    ['a stronger assurance', (it) => (it.evaluation.requirements[0].min_assurance = 'signed')],
    ['a denial by policy', (it) => (it.evaluation.denials = [{ code: 'no' }])],
  ])('finds by recount alone what the key of the service signed against %s', (_, change) => {
    expect(checksOf(verify(lie(change)), 'failed')).toEqual(['recount']);
  });

  it('skips what it cannot check, and says so', () => {
    const report = verify(chain.slice(2));
    expect(report.isValid).toBe(true);
    expect(checksOf(report, 'skipped')).toEqual(['chain', 'recount']);
    const [jws, policy] = signedApproval(stranger, stranger);
    const other = sign({ ...payloads[0], policy: { ...payloads[0].policy, digest: `sha256:${'0'.repeat(64)}` } });
    expect(checksOf(verify([jws, other], policy), 'skipped')).toContain('approval_signatures');
  });

  it('reads no text as a record that is longer than any record', () => {
    const report = verify('x'.repeat(MAX_RECORD_LENGTH + 1));
    expect(report.faults).toEqual([expect.stringMatching(/and no record has/)]);
  });

  it('throws for keys that it cannot trust', () => {
    expect(() => createVerifier({ jwks: { keys: [] } })).toThrow(expect.objectContaining({ code: 'key_invalid' }));
  });
});
