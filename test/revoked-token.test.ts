import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsOf, type TestService } from './support/calls.ts';
import { exampleRequest, startService } from './support/service.ts';

const KEY = exampleRequest('issue-api-key/approval-production-key');

let service: TestService;
let calls: ReturnType<typeof callsOf>;
beforeAll(async () => {
  service = await startService();
  calls = callsOf(service);
});
afterAll(() => service.stop());

/** Sends the headers of a call with a token and a part of its body, revokes the token, and sends the rest. */
async function sendAround(path: string, token: string, body: object): Promise<string> {
  const json = JSON.stringify(body);
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json.slice(0, 5)}`,
  );
  // The call has begun once another one that came after it is answered.
  await calls.call('get', '/v1/policies', service.token('audit', ['read'])).expect(200);
  await service.tokens.revoke(token.split('_')[1] ?? '', null);
  socket.write(json.slice(5));
  return text(socket);
}

describe('a token that is revoked while the body is still on its way', () => {
  it('approves nothing', async () => {
    const first = await calls.decide(KEY);
    const answer = await sendAround(`/v1/cases/${first.case}/approvals`, calls.person('pnair'), {
      verdict: 'approve',
      seen: first.id,
    });
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect((await calls.caseOf(first.id)).seq).toBe(0);
  });

  it.each([
    ['reviews', { verdict: 'revoke' }, 'review'],
    ['revocations', { reason: 'over' }, 'revoke'],
  ] as const)('gives no %s', async (path, body, scope) => {
    const granted = await calls.decide(exampleRequest('issue-api-key/allow-sandbox-key'));
    const token = calls.person('iduarte', ['read', scope]);
    expect(await sendAround(`/v1/cases/${granted.id}/${path}`, token, body)).toMatch(/^HTTP\/1\.1 401 /);
    expect((await calls.caseOf(granted.id)).seq).toBe(0);
  });

  it('decides nothing', async () => {
    const answer = await sendAround('/v1/decisions', service.token('portal', ['decide']), KEY);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });
});
