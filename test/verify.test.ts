import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createClient } from '../src/client/client.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { type DecisionRecord, RECORD_TYPE } from '../src/domain/record.ts';
import { describeVerification, findRecords, verifyRecords } from '../src/verify.ts';
import { exampleRequest, startService } from './support/service.ts';

let service: Awaited<ReturnType<typeof startService>>;
let chain: string[];

beforeAll(async () => {
  service = await startService();
  const client = (token: string): Client => createClient({ url: service.url, token });
  const asker = client(service.token('portal', ['decide']));
  const gatherer = client(service.token('itsm', ['read', 'approve:assert']));
  const first = await asker.decide(exampleRequest('issue-api-key/approval-restricted-key'));
  for (const approver of ['a', 'b'])
    await gatherer.approve(first.case, { approver, verdict: 'approve', seen: first.id });
  chain = (await asker.case(first.case)).chain.map(({ record }) => record);
});
afterAll(() => service.stop());

const verify = (...jwsList: string[]) => verifyRecords(jwsList, service.signer.verificationKeys);
const payload = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as DecisionRecord;
/** A record that says something else, signed by the real key: what only digests and chain can find. */
const forge = (jws: string, change: (record: DecisionRecord) => void) => {
  const record = payload(jws);
  change(record);
  return service.signer.sign(canonicalJson(record), RECORD_TYPE);
};
const record = (index: number) => chain[index] ?? '';

describe('verifyRecords', () => {
  it('accepts a chain, in whatever order its records come', () => {
    const { records, wholeChain } = verify(record(2), record(0), record(1));
    expect(records.map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(wholeChain).toBe(true);
  });

  it('says that the beginning was not seen', () => {
    expect(verify(record(1), record(2)).wholeChain).toBe(false);
    expect(describeVerification(verify(record(2)))).toContain('chain seen from seq 2');
  });

  it('finds a changed byte anywhere in a record', () => {
    const jws = record(1);
    for (let index = 0; index < jws.length; index++) {
      const changed = jws.slice(0, index) + (jws[index] === 'A' ? 'B' : 'A') + jws.slice(index + 1);
      expect(() => verify(changed), `byte ${index}`).toThrow(expect.objectContaining({ code: 'record_invalid' }));
    }
  });

  it('finds a gap, a foreign record and a record that was put in another place', () => {
    expect(() => verify(record(0), record(2))).toThrow(/does not follow/);
    expect(() => verify(record(0), record(0))).toThrow(/does not follow/);
    const other = forge(record(0), (it) =>
      Object.assign(it, { case: it.jti.replace(/^./, 'f'), jti: it.jti.replace(/^./, 'f') }),
    );
    expect(() => verify(other, record(1))).toThrow(/another case/);
    const relinked = forge(record(1), (it) => Object.assign(it.previous ?? {}, { digest: it.request_digest }));
    expect(() => verify(record(0), relinked)).toThrow(/by its digest/);
  });

  it.each<[string, (record: DecisionRecord) => void]>([
    ['request_digest', (it) => Object.assign(it.request.subject, { id: 'somebody else' })],
    ['input_digest', (it) => Object.assign(it.caller, { client: 'somebody else' })],
    ['input_digest', (it) => Object.assign(it, { evaluated_at: '2020-01-01T00:00:00.000Z' })],
    ['kind', (it) => Object.assign(it, { kind: 'issue/secret' })],
    ['case', (it) => Object.assign(it, { seq: 1 })],
  ])('finds a record that does not fit its own %s', (member, change) => {
    expect(() => verify(forge(record(0), change))).toThrow(new RegExp(`does not fit its own .*${member}`));
  });

  it('refuses what is signed but is no record', () => {
    expect(() => verify(forge(record(0), (it) => Object.assign(it, { sub: 'x' })))).toThrow(/not a decision record/);
    expect(() => verify()).toThrow(/No record/);
  });
});

describe('findRecords', () => {
  it('reads lines, an answer, a case and a list', () => {
    expect(findRecords(`${record(0)}\n\n${record(1)}\n`)).toEqual([record(0), record(1)]);
    expect(findRecords(JSON.stringify({ id: 'x', record: record(0) }))).toEqual([record(0)]);
    expect(findRecords(JSON.stringify({ chain: chain.map((jws) => ({ record: jws })) }))).toEqual(chain);
    expect(findRecords(JSON.stringify([{ record: record(0) }]))).toEqual([record(0)]);
  });

  it.each(['{', '{}', '[null]', '[1]', '{"chain":[{}]}'])('refuses %s', (text) => {
    expect(() => findRecords(text)).toThrow(expect.objectContaining({ code: 'record_invalid' }));
  });
});
