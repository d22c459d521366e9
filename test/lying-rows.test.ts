import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsOf, type TestService } from './support/calls.ts';
import { openDatabase } from './support/database.ts';
import { exampleRequest, startService } from './support/service.ts';

const KEY = exampleRequest('issue-api-key/approval-production-key');
const OTHER_KEY = exampleRequest('issue-api-key/approval-restricted-key');
const SANDBOX = exampleRequest('issue-api-key/allow-sandbox-key');

let service: TestService;
let calls: ReturnType<typeof callsOf>;
let portal: string;
beforeAll(async () => {
  service = await startService();
  calls = callsOf(service);
  portal = service.token('portal', ['decide']);
});
afterAll(() => service.stop());

/** What somebody does who can write to the database file. */
function tamper(sql: string): void {
  const db = openDatabase(service.config.dataDir);
  db.exec(sql);
  db.close();
}

const decideOnce = (body: object, key: string, token = portal) =>
  calls.call('post', '/v1/decisions', token).set('idempotency-key', key).send(body);

describe('a row of the database that names a record of another case', () => {
  it('gets nothing signed: neither as the head of an open case', async () => {
    const [shown, other] = [await calls.decide(KEY), await calls.decide(OTHER_KEY)];
    for (const sql of [
      `UPDATE cases SET decision = '${other.id}' WHERE id = '${shown.id}'`,
      `UPDATE cases SET decision = '${other.id}', record = '${other.id}' WHERE id = '${shown.id}'`,
    ]) {
      tamper(sql);
      expect((await calls.approve(shown, 'pnair')).status).toBe(500);
      expect((await calls.call('get', `/v1/cases/${shown.id}`, portal)).status).toBe(500);
      expect((await calls.call('post', `/v1/cases/${shown.id}/withdrawals`, portal).send({})).status).toBe(500);
    }
    const records = await service.store.record(other.id);
    expect(records?.case).toBe(other.case);
  });

  it('nor as the record that was seen', async () => {
    const [first, second] = [await calls.decide(KEY), await calls.decide(OTHER_KEY)];
    tamper(`UPDATE records SET case_id = '${first.id}', seq = 99 WHERE id = '${second.id}'`);
    const { status } = await calls.approve({ case: first.case, id: second.id }, 'pnair');
    expect([422, 500]).toContain(status);
    expect((await service.store.caseHead(first.id))?.seq).toBe(0);
  });

  it('answers no idempotency key, whoever asked for the other one', async () => {
    const allowed = (await decideOnce(SANDBOX, 'allowed').expect(201)).body;
    const denied = (await decideOnce({ ...KEY, action: { name: 'launch' } }, 'denied').expect(201)).body;
    expect([allowed.outcome, denied.outcome]).toEqual(['allow', 'deny']);
    tamper(`UPDATE idempotency SET record = '${allowed.id}' WHERE record = '${denied.id}'`);
    expect((await decideOnce({ ...KEY, action: { name: 'launch' } }, 'denied')).status).toBe(500);
  });

  it('answers no idempotency key with the same request of another client', async () => {
    const other = service.token('other', ['decide']);
    const theirs = (await decideOnce(SANDBOX, 'theirs', other).expect(201)).body;
    const ours = (await decideOnce(SANDBOX, 'ours').expect(201)).body;
    tamper(`UPDATE idempotency SET record = '${theirs.id}' WHERE record = '${ours.id}'`);
    expect((await decideOnce(SANDBOX, 'ours')).status).toBe(500);
  });

  it('does not say where the case of a key stands now', async () => {
    const pending = (await decideOnce(KEY, 'pending').expect(201)).body;
    const allowed = (await decideOnce(SANDBOX, 'allowed-too').expect(201)).body;
    tamper(
      `UPDATE cases SET outcome = 'allow', decision = '${allowed.id}', record = '${allowed.id}' WHERE id = '${pending.id}'`,
    );
    expect((await decideOnce(KEY, 'pending')).status).toBe(500);
  });
});
