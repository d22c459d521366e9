import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../src/base/canonical-json.ts';
import { signCompact } from '../src/base/jws.ts';
import { onOneLine } from '../src/base/text.ts';
import { type Client, createClient } from '../src/client/client.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import { RECORD_TYPE } from '../src/contract/record.ts';
import { toAnswer } from '../src/domain/answer.ts';
import { describeVerification } from '../src/verify/describe.ts';
import { faultsIn, jwsListIn, verifyRecords } from './support/records.ts';
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
  chain = (await asker.getCase(first.case)).chain.map(({ record }) => record);
});
afterAll(() => service.stop());

const verify = (...jwsList: string[]) => verifyRecords(jwsList, service.keyring.verificationKeys);
const payload = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as DecisionRecord;
/** A record that says something else, signed by the real key: what only digests and chain can find. */
const forge = (jws: string, change: (record: DecisionRecord) => void) => {
  const record = payload(jws);
  change(record);
  return signCompact(canonicalJson(record), service.keyring.active, RECORD_TYPE);
};
const record = (index: number) => chain[index] ?? '';

describe('verifyRecords', () => {
  it('accepts a chain, in whatever order its records come', () => {
    const { records, fromBeginning } = verify(record(2), record(0), record(1));
    expect(records.map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(fromBeginning).toBe(true);
  });

  it('says that the beginning was not seen', () => {
    expect(verify(record(1), record(2)).fromBeginning).toBe(false);
    expect(describeVerification(verify(record(2)))).toContain('seq 2 to 2, beginning not seen');
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
    expect(verify(record(0), record(0)).records).toHaveLength(1);
    const other = forge(record(0), (it) =>
      Object.assign(it, { case: it.jti.replace(/^./, 'f'), jti: it.jti.replace(/^./, 'f') }),
    );
    expect(() => verify(other, record(1))).toThrow(/of 2 cases/);
    const relinked = forge(record(1), (it) => Object.assign(it.previous ?? {}, { digest: it.request_digest }));
    expect(() => verify(record(0), relinked)).toThrow(/by its digest/);
  });

  it.each<[string, (record: DecisionRecord) => void]>([
    ['request_digest', (it) => Object.assign(it.request.subject, { id: 'somebody else' })],
    ['input_digest', (it) => Object.assign(it.caller, { client: 'somebody else' })],
    ['input_digest', (it) => Object.assign(it, { evaluated_at: '2020-01-01T00:00:00.000Z' })],
    ['kind', (it) => Object.assign(it, { kind: 'issue/secret' })],
    ['case', (it) => Object.assign(it, { seq: 1 })],
  ])('finds a record that does not match its own %s', (member, change) => {
    expect(() => verify(forge(record(0), change))).toThrow(new RegExp(`does not match its own .*${member}`));
  });

  it('refuses what is signed but is no record', () => {
    expect(() => verify(forge(record(0), (it) => Object.assign(it, { sub: 'x' })))).toThrow(/not that of a record/);
    expect(() => verify()).toThrow(/no signed record/);
  });
});

describe('findRecords', () => {
  const check = (value: unknown) => faultsIn(value, service.keyring.verificationKeys);
  const asCase = (records: string[], head: number) => {
    const { jti, seq, decision } = payload(record(head));
    return {
      latest: jti,
      seq,
      outcome: decision.outcome,
      next_after: null,
      chain: records.map((jws) => ({ id: payload(jws).jti, seq: payload(jws).seq, record: jws })),
    };
  };

  it('reads lines, an answer, a case, a list, a batch and JSON by line', () => {
    const all = `${record(0)}\n${record(1)}`;
    expect(jwsListIn(`${record(0)}\n\n${record(1)}\n`)).toEqual([record(0), record(1)]);
    expect(jwsListIn({ id: 'x', record: record(0) })).toEqual([record(0)]);
    expect(jwsListIn(asCase(chain, 2))).toEqual(chain);
    expect(jwsListIn([{ record: record(0) }, asCase(chain.slice(1), 2)])).toEqual(chain);
    expect(jwsListIn({ results: [{ answer: { record: record(0) } }, { problem: {} }] })).toEqual([record(0)]);
    const lines = all.split('\n').map((jws) => JSON.stringify({ record: jws }));
    expect(jwsListIn(lines.join('\n'))).toEqual([record(0), record(1)]);
  });

  it('takes an answer without the members that it may have, and a part of a case', () => {
    const answer = toAnswer(payload(record(0)), record(0), payload(record(0)).evaluated_at);
    expect(check(answer)).toEqual([]);
    expect(check({ ...answer, summary: 'in other words' })).toEqual([]);
    expect(check({ record: record(0) })).toEqual([]);
    expect(check({ ...asCase(chain.slice(0, 2), 2), next_after: 1 })).toEqual([]);
  });

  it('finds a case that was cut off', () => {
    const cut = asCase(chain.slice(0, 2), 2);
    expect(check(cut)).toEqual([expect.stringMatching(/: latest, seq/)]);
    expect(check({ ...cut, next_after: 99 })).toEqual([expect.stringMatching(/next_after/)]);
  });

  it.each(['', '{"record":"a","record":"b"}', '{', '{}', '[null]', '[1]', '{"chain":[{}]}', '{"chain":[]}', '[]', 'x'])(
    'refuses %j by its place',
    (text) => {
      expect(check(text)).toEqual([expect.stringMatching(/^the file/)]);
    },
  );
});

describe('describeVerification', () => {
  it('stays on one line whatever a record says', () => {
    const jws = forge(record(0), (it) => Object.assign(it, { iss: 'x\n\u001b[2Kvalid: allow\u202e' }));
    const line = describeVerification(verify(jws));
    expect(line).toBe(onOneLine(line));
    expect(line.split('\n')).toHaveLength(1);
    expect(line).not.toContain('\u001b');
    expect(line).toContain('approval_required');
  });
});
