import { describe, expect, it } from 'vitest';
import type { Answer } from '../src/contract/answer.ts';
import { callsOf, payloadOf, type TestService } from './support/calls.ts';
import { exampleRequest, startService } from './support/service.ts';

const EMERGENCY = exampleRequest('emergency-access-secret/allow-development-secret');
const of = (person: string) => ({ ...EMERGENCY, subject: { type: 'user', id: person } });

/** What a service makes of requests, all sent at once. */
async function decided(send: (service: TestService) => Promise<Answer[]>): Promise<Answer[]> {
  const service = await startService({ COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '100000' });
  const answers = await send(service);
  await service.stop();
  return answers;
}

const tiersOf = (answers: Answer[]) => answers.map(({ tier, outcome }) => `${tier} ${outcome}`);
const batchOf = (requests: object[]) => async (service: TestService) => {
  const { call } = callsOf(service);
  const sent = call('post', '/v1/decisions/batch', service.token('vault', ['decide'])).send({ requests });
  return (await sent.expect(200)).body.results.map(({ answer }: { answer: Answer }) => answer);
};

describe('requests of the same moment', () => {
  it('for the same subject see each other: a batch is decided as if one came after the other', async () => {
    const requests = Array(40).fill(of('luis.ortega'));
    const one = await decided(async (service) => {
      const { decide } = callsOf(service);
      const token = service.token('vault', ['decide']);
      const answers: Answer[] = [];
      for (const request of requests) answers.push(await decide(request, token));
      return answers;
    });
    expect(new Set(tiersOf(one)).size).toBeGreaterThan(1);
    const atOnce = await decided(batchOf(requests));
    expect(tiersOf(atOnce)).toEqual(tiersOf(one));
    for (const [index, { record }] of atOnce.entries()) {
      const earlier = new Set(payloadOf(record).history.map((entry) => entry.case));
      const before = atOnce.slice(Math.max(0, index - 5), index).map((answer) => answer.case);
      expect([...earlier]).toEqual(expect.arrayContaining(before));
    }
  });

  it('see each other across calls and clients too', async () => {
    const answers = await decided((service) => {
      const { decide } = callsOf(service);
      return Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          decide(of('luis.ortega'), service.token(`vault-${index % 4}`, ['decide'])),
        ),
      );
    });
    const seen = answers.map(({ record }) => payloadOf(record).history.length).sort((a, b) => a - b);
    expect(seen).toEqual(Array.from({ length: 24 }, (_, index) => Math.min(index, 20)));
  });
});
