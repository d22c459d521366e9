import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Sha256, sha256 } from '../../src/base/canonical-json.ts';
import { packMembers, unpackMembers } from '../../src/bundle/bundle.ts';
import { DATA_MEMBER } from '../../src/bundle/manifest.ts';
import { redescribed } from '../support/bundles.ts';
import { REQUESTS, type Workspace } from './workspace.ts';

/** What has to hold of a snippet besides its exit code. Rejects with what does not. */
export type Check = (code: string, workspace: Workspace) => Promise<void>;

const payloadOf = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString());

async function succeed(code: string, { run }: Workspace, request?: object): Promise<string> {
  const { code: exit, out, err } = await run(code, request);
  strictEqual(exit, 0, `exit ${exit}: ${err}${out}`);
  return out;
}

/** Without a name in the page: the code runs to its end. */
export const runs: Check = async (code, workspace) => void (await succeed(code, workspace));

export const CHECKS: Readonly<Record<string, Check>> = {
  /** The pipeline goes on, waits or stops as was decided. */
  async pipeline(code, workspace) {
    match(await succeed(code, workspace, REQUESTS.allow), /^issued$/m);
    match(await succeed(code, workspace, REQUESTS.approval), /^waiting for approval$/m);
    const denied = await workspace.run(code, REQUESTS.deny);
    deepStrictEqual([denied.code, denied.out.includes('issued')], [1, false]);
  },

  /** What was signed with the key of the snippet before counts as signed by the person for whom the key is registered. */
  async sign(code, workspace) {
    const { kty, crv, x } = createPublicKey(readFileSync(join(workspace.dir, 'approver.pem'))).export({
      format: 'jwk',
    });
    const shipped = readFileSync(join(workspace.dir, 'bundles', 'default.tar.gz'));
    const members = new Map(await unpackMembers(shipped));
    const data = JSON.parse(Buffer.from(members.get(DATA_MEMBER) ?? []).toString());
    data.organisation.people['amara.okafor'].keys = [{ kty, crv, x }];
    await activate(
      workspace,
      await packMembers(redescribed(members.set(DATA_MEMBER, Buffer.from(JSON.stringify(data))))),
    );
    const { record } = JSON.parse(await succeed(code, workspace));
    const [{ approver }] = payloadOf(record).approvals;
    deepStrictEqual([approver.person, approver.assurance], ['amara.okafor', 'signed']);
    await activate(workspace, shipped);
  },

  /** The input that was rebuilt is what the record names by digest, and plain OPA says what the record says. */
  async input(code, workspace) {
    const evaluation = JSON.parse(await succeed(code, workspace));
    const [decision = ''] = readFileSync(join(workspace.dir, 'record.jws'), 'utf8').split('\n');
    const record = payloadOf(decision);
    const input = readFileSync(join(workspace.dir, 'input.json'), 'utf8').trimEnd();
    strictEqual(sha256(input), record.input_digest satisfies Sha256);
    deepStrictEqual(Object.keys(evaluation).sort(), Object.keys(record.evaluation).sort());
    deepStrictEqual([evaluation.tier, evaluation.score], [record.evaluation.tier, record.evaluation.score]);
  },
};

async function activate({ service, token }: Workspace, bundle: Uint8Array): Promise<void> {
  const headers = { authorization: `Bearer ${await token(['admin'])}`, 'content-type': 'application/gzip' };
  const answer = await fetch(`${service.url}/v1/policies/active`, {
    method: 'PUT',
    headers,
    body: Buffer.from(bundle),
  });
  strictEqual(answer.status, 200, await answer.text());
}
