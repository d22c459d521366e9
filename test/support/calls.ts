import type { Answer } from '../../src/contract/answer.ts';
import type { DecisionRecord } from '../../src/contract/record.ts';
import type { Scope } from '../../src/contract/scope.ts';
import { faultsIn } from './records.ts';
import type { startService } from './service.ts';

export type TestService = Awaited<ReturnType<typeof startService>>;

/** What a record says, without verifying it. */
export function payloadOf(jws: string): DecisionRecord {
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as DecisionRecord;
}

/** The calls of a service, as tests make them again and again. */
export function callsOf(service: TestService) {
  const call = (method: 'get' | 'post' | 'put', path: string, token: string) =>
    service.agent[method](path).set('authorization', `Bearer ${token}`);
  const person = (identity: string, scopes: Scope[] = ['read', 'approve']) =>
    service.token('console', scopes, identity);
  const reader = service.token('audit', ['read']);
  const admin = service.token('release', ['admin', 'read']);

  async function decide(body: object, token = service.token('portal', ['decide'])): Promise<Answer> {
    return (await call('post', '/v1/decisions', token).send(body).expect(201)).body;
  }

  /** A verdict by a person's own token, on what they were shown. */
  function approve(shown: Pick<Answer, 'case' | 'id'>, identity: string, verdict = 'approve') {
    return call('post', `/v1/cases/${shown.case}/approvals`, person(identity)).send({ verdict, seen: shown.id });
  }

  /** The case as the service tells it, which has to verify. */
  async function caseOf(id: string) {
    const { body } = await call('get', `/v1/cases/${id}`, reader).expect(200);
    const faults = faultsIn(body, service.keyring.verificationKeys);
    if (faults.length > 0) throw new Error(`The case ${id} does not verify: ${faults.join(' ')}`);
    return body;
  }
  const newest = async (id: string): Promise<Answer> =>
    (await call('get', `/v1/decisions/${(await caseOf(id)).latest}`, reader).expect(200)).body;

  /** Makes a bundle active, and waits until all open cases and grants were looked at by it. */
  async function activate(bundle: Uint8Array): Promise<void> {
    const sent = call('put', '/v1/policies/active', admin).set('content-type', 'application/gzip');
    const { digest } = (await sent.send(Buffer.from(bundle)).expect(200)).body.active;
    for (;;) {
      const { sweep } = (await call('get', '/v1/policies', admin).expect(200)).body;
      if (sweep?.policy === digest && sweep.finished_at !== null) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  return { call, person, decide, approve, caseOf, newest, activate };
}
