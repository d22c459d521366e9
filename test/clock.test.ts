import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DecisionAnswer } from '../src/client/client.ts';
import { type TestClocks, testClocks } from './support/clocks.ts';
import { startProcess } from './support/process.ts';
import { exampleRequest, startService, temporaryDir } from './support/service.ts';

const SANDBOX_KEY = exampleRequest('issue-api-key/allow-sandbox-key');
const PENDING = exampleRequest('issue-api-key/approval-restricted-key');
const DAY_MS = 24 * 3_600_000;

type Service = Awaited<ReturnType<typeof startService>>;

let clocks: TestClocks;
let dataDir: string;
let service: Service;

async function start(acceptedDate: string | null = null): Promise<void> {
  service = await startService({ COUNTERSIGN_DATA_DIR: dataDir }, { clocks, acceptedDate });
}

beforeEach(async () => {
  clocks = testClocks();
  dataDir = temporaryDir();
  await start();
});
afterEach(() => service.stop());

const tokenUntil = (expiresAt: Date | null) =>
  service.token('ci', ['decide', 'read'], null, expiresAt === null ? {} : { expires_at: expiresAt.toISOString() });

const post = (path: string, token: string, body: object, key?: string) => {
  const call = service.agent.post(path).set('authorization', `Bearer ${token}`);
  return (key === undefined ? call : call.set('idempotency-key', key)).send(body);
};
const get = (path: string, token: string) => service.agent.get(path).set('authorization', `Bearer ${token}`);
const decide = async (token: string, body: object = SANDBOX_KEY, key?: string) =>
  (await post('/v1/decisions', token, body, key).expect(201)).body as DecisionAnswer;
const tokenOf = (approver: string) => service.token('portal', ['read', 'approve'], approver);
const approve = ({ case: id, id: seen }: DecisionAnswer, approver: string, token = tokenOf(approver)) =>
  post(`/v1/cases/${id}/approvals`, token, { verdict: 'approve', seen });

/** Whoever knows a token learns that the clock is wrong; what needs no time and no token is answered. */
async function expectUntrusted(token: string): Promise<void> {
  const { body } = await get('/v1/policies', token).expect(503);
  expect(body).toMatchObject({
    code: 'clock_untrusted',
    detail: expect.stringMatching(/^The clock of this machine says/),
  });
  expect((await post('/v1/decisions', token, SANDBOX_KEY).expect(503)).body.code).toBe('clock_untrusted');
  expect((await service.agent.get('/readyz').expect(503)).body).toMatchObject({
    status: 'unavailable',
    reason: 'clock',
  });
  for (const path of ['/healthz', '/openapi.json', '/.well-known/jwks.json']) await service.agent.get(path).expect(200);
  await get('/metrics', token).expect(200);
  await get('/v1/policies', 'cs_0000000000000000_x').expect(401);
}

describe('a clock that is set back by an hour', () => {
  it('brings no expired token and no expired grant back to life', async () => {
    const lasting = tokenUntil(null);
    const brief = tokenUntil(new Date(clocks.wall().getTime() + 2 * DAY_MS));
    const granted = await decide(brief);
    const lifetimeMs = Date.parse(granted.expires_at ?? '') - clocks.wall().getTime();
    clocks.advance(lifetimeMs / 1000 + 60, 'seconds');
    clocks.advance(2, 'days');
    await decide(lasting);
    const { body } = await get(`/v1/cases/${granted.case}`, lasting).expect(200);
    expect(body.grant_status.state).toBe('expired');
    await get('/v1/policies', brief).expect(401);

    clocks.set(-(lifetimeMs / 1000 + 60), 'seconds');
    clocks.set(-2, 'days');
    await get('/v1/policies', brief).expect(401);
    await get(`/v1/cases/${granted.case}`, lasting).expect(503);
    await expectUntrusted(lasting);

    // A restart changes nothing: the records are there.
    await service.stop();
    await start();
    await get(`/v1/cases/${granted.case}`, lasting).expect(503);
    await expectUntrusted(lasting);
    await get('/v1/policies', brief).expect(401);

    clocks.set(lifetimeMs / 1000 + 60, 'seconds');
    clocks.set(2, 'days');
    await service.agent.get('/readyz').expect(200);
    await decide(lasting);
  });

  it('is told by less than two seconds only in that time stands still', async () => {
    const token = tokenUntil(null);
    const instantOf = ({ record }: DecisionAnswer) =>
      JSON.parse(Buffer.from(record.split('.')[1] ?? '', 'base64url').toString()).evaluated_at as string;
    const before = instantOf(await decide(token));
    clocks.set(-1.9, 'seconds');
    expect(instantOf(await decide(token)) >= before).toBe(true);
  });
});

describe('a clock that is ahead by ten years', () => {
  it('is not what an approval is given by, and no grant outlives its policy', async () => {
    const token = tokenUntil(null);
    const opened = await decide(token, PENDING);
    const approver = tokenOf('iduarte');
    await get('/v1/policies', approver).expect(200); // It is kept.
    clocks.set(3650, 'days');
    expect((await approve(opened, 'iduarte', approver).expect(503)).body.code).toBe('clock_untrusted');
    await expectUntrusted(token);
    clocks.set(-3650, 'days');
    for (const approver of ['amara.okafor@larkfield.example', 'iduarte']) await approve(opened, approver).expect(201);
    const { body } = await approve(opened, 'kofi.mensah').expect(201);
    expect(body.outcome).toBe('allow');
    expect(Date.parse(body.expires_at) - Date.now()).toBeLessThan(400 * DAY_MS);
  });

  it('does not start without the word of an operator', async () => {
    await decide(tokenUntil(null));
    await service.stop();
    clocks.set(3650, 'days');
    const today = clocks.wall().toISOString().slice(0, 10);
    await expect(start()).rejects.toMatchObject({
      code: 'clock_untrusted',
      message: expect.stringContaining(`countersign serve --accept-clock ${today}`),
    });
    await expect(start('2026-01-01')).rejects.toMatchObject({ code: 'config_invalid' });
    await start(today);
    await decide(tokenUntil(null));
  });
});

describe('a clock that is ahead by 25 hours for some seconds', () => {
  it('makes no idempotency key decide twice', async () => {
    const token = tokenUntil(null);
    const first = await decide(token, SANDBOX_KEY, 'the-key');
    clocks.set(25, 'hours');
    for (const key of ['the-key', 'another', 'a-third'])
      await post('/v1/decisions', token, SANDBOX_KEY, key).expect(503);
    clocks.set(-25, 'hours');
    await decide(token, SANDBOX_KEY, 'a-fourth');
    expect((await post('/v1/decisions', token, SANDBOX_KEY, 'the-key').expect(201)).body.id).toBe(first.id);
  });

  it('makes none decide twice where the service starts in these seconds either', async () => {
    const token = tokenUntil(null);
    const first = await decide(token, SANDBOX_KEY, 'the-key');
    await service.stop();
    clocks.set(25, 'hours');
    await start();
    // By what is kept, no day has passed.
    expect((await post('/v1/decisions', token, SANDBOX_KEY, 'the-key').expect(201)).body.id).toBe(first.id);
    await decide(token, SANDBOX_KEY, 'another'); // This one is of tomorrow, and time does not go back behind it.
    clocks.set(-25, 'hours');
    await expectUntrusted(token);
    await service.stop();
    await start();
    await expectUntrusted(token);
    expect((await post('/v1/decisions', token, SANDBOX_KEY, 'the-key').expect(503)).body.code).toBe('clock_untrusted');
  });
});

describe('what a cautious clock must not be taken for', () => {
  it('a machine that slept for a night goes on', async () => {
    const token = tokenUntil(null);
    clocks.sleep(9, 'hours');
    await decide(token);
  });

  it('cases that a policy has still to look at wait for the clock, and do not fail', async () => {
    const token = tokenUntil(null);
    await decide(token, PENDING);
    await service.stop();
    clocks.set(-1, 'hours');
    await start();
    await expectUntrusted(token);
    clocks.set(1, 'hours');
    while (service.sweep.status()?.finished_at == null) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(service.sweep.status()).toMatchObject({ failed: 0 });
  });
});

const [FAKETIME] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');

// The real clock of a real process; .ci/run installs libfaketime.
describe.runIf(FAKETIME !== undefined || process.env['CI'] !== undefined)(
  'a process whose machine is set to another time',
  () => {
    const running: Awaited<ReturnType<typeof startProcess>>[] = [];
    afterAll(() => {
      for (const { child } of running) child.kill('SIGKILL');
    });

    it('answers 503 while the time is wrong, and refuses a start 40 days ahead but for the flag', async () => {
      const offset = join(temporaryDir('time'), 'offset');
      const setTo = (text: string) => writeFileSync(offset, `${text}\n`);
      const env = {
        LD_PRELOAD: FAKETIME ?? 'libfaketimeMT.so.1',
        FAKETIME_TIMESTAMP_FILE: offset,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      };
      const launch = async (args: string[] = []) => {
        const started = await startProcess({ dataDir: processDir, env, args });
        running.push(started);
        return started;
      };
      const processDir = temporaryDir();
      setTo('+0');
      const first = await launch();
      await first.client.decide(SANDBOX_KEY);
      for (const time of ['-1h', '+25h', '+10y']) {
        setTo(time);
        await expect(first.client.decide(SANDBOX_KEY)).rejects.toMatchObject({ status: 503, code: 'clock_untrusted' });
        expect(await (await fetch(`${first.url}/readyz`)).json()).toMatchObject({ reason: 'clock' });
      }
      setTo('+0');
      await first.client.decide(SANDBOX_KEY);
      await first.end('SIGTERM');

      setTo('+40d');
      await expect(launch()).rejects.toThrow(
        /ended with 3: .*more than 30 days after the newest record.*--accept-clock/s,
      );
      const then = new Date(Date.now() + 40 * DAY_MS).toISOString().slice(0, 10);
      const second = await launch(['--accept-clock', then]);
      await second.client.decide(SANDBOX_KEY);
      await second.end('SIGTERM');

      setTo('-1h');
      const third = await launch();
      await expect(third.client.decide(SANDBOX_KEY)).rejects.toMatchObject({ status: 503, code: 'clock_untrusted' });
      await third.end('SIGTERM');
    });
  },
);
