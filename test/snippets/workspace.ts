import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createClient, type DecisionAnswer } from '../../src/client/client.ts';
import type { Scope } from '../../src/contract/scope.ts';
import { realTool } from '../policy/real-opa.ts';
import { COMMAND, type Ended, runToEnd } from '../support/command.ts';
import { type RunningProcess, startProcess } from '../support/process.ts';
import { exampleRequest, temporaryDir } from '../support/service.ts';

export const REQUESTS = {
  allow: exampleRequest('issue-api-key/allow-sandbox-key'),
  approval: exampleRequest('issue-api-key/approval-restricted-key'),
  deny: exampleRequest('issue-api-key/deny-unknown-resource'),
};

/** Where the snippets of a page run: a folder like a checkout, beside a service of its own. */
export interface Workspace {
  dir: string;
  service: RunningProcess;
  token: (scopes: Scope[], principal?: string) => Promise<string>;
  /** Runs shell as CI systems do, with new cases and tokens in the variables that the pages name. */
  run(code: string, request?: object): Promise<Ended>;
  close(): Promise<void>;
}

const ROOT = dirname(dirname(COMMAND));
const LINKED = ['bin', 'bundles', 'docs', 'examples', 'node_modules', 'package.json', 'policies', 'src', 'tools'];
/** What the pages write for the address of a service. */
const ADDRESS = /127\.0\.0\.1:8480/g;
const TIMEOUT = '15m';

export async function openWorkspace(script: string | null): Promise<Workspace> {
  const dir = temporaryDir('snippets');
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(dir, name));
  if (script !== null) writeFileSync(join(dir, 'sign.mjs'), script);
  const tools = await makeTools(join(dir, 'tools-of-snippets'));
  const service = await startProcess({ dataDir: join(dir, 'data') });
  const token = async (scopes: Scope[], principal: string | null = null) =>
    (await service.client.createToken({ client: 'snippets', scopes, principal })).token;

  async function variables(request: object): Promise<Record<string, string>> {
    const asker = await token(['decide', 'read', 'approve']);
    const reviewer = await token(['read', 'review', 'revoke'], 'iduarte');
    const client = createClient({ url: service.url, token: asker });
    const [pending, granted] = [await client.decide(REQUESTS.approval), await client.decide(REQUESTS.allow)];
    writeFileSync(join(dir, 'request.json'), JSON.stringify(request));
    writeFileSync(join(dir, 'record.jws'), await issuedCase(client, granted));
    writeFileSync(join(dir, 'jwks.json'), await (await fetch(`${service.url}/.well-known/jwks.json`)).text());
    return {
      URL: service.url,
      TOKEN: asker,
      REVIEWER: reviewer,
      ID: pending.id,
      GRANT: (await client.decide(REQUESTS.allow)).id,
      TOKEN_ID: (await token(['read'])).split('_')[1] ?? '',
      JOB_ID: crypto.randomUUID(),
      COUNTERSIGN_URL: service.url,
      COUNTERSIGN_DATA_DIR: service.dataDir,
    };
  }

  return {
    dir,
    service,
    token,
    async run(code, request = REQUESTS.allow) {
      const { PATH = '', HOME = '' } = process.env;
      const env = { HOME, ...(await variables(request)), PATH: [tools, dirname(process.execPath), PATH].join(':') };
      const text = code.replaceAll(ADDRESS, new URL(service.url).host);
      return runToEnd(['timeout', TIMEOUT, 'bash', '-eo', 'pipefail', '-c', text], { cwd: dir, env });
    },
    close: async () => void (await service.end('SIGTERM')),
  };
}

/** The records of a case that went on after its decision, one a line. */
async function issuedCase(
  client: ReturnType<typeof createClient>,
  { id, expires_at }: DecisionAnswer,
): Promise<string> {
  await client.issue(id, { issuer: 'vault', credential_ref: 'accessor/8f2c', expires_at: expires_at ?? '' });
  return (await client.getCase(id)).chain.map(({ record }) => `${record}\n`).join('');
}

/** What the pages take for granted: the installed command, `opa`, an issuer; and a curl that fails where a call does. */
async function makeTools(dir: string): Promise<string> {
  mkdirSync(dir);
  const curl = execFileSync('sh', ['-c', 'command -v curl'], { encoding: 'utf8' }).trim();
  const commands = {
    countersign: `exec '${process.execPath}' '${COMMAND}' "$@"`,
    opa: `exec '${await realTool('opa')}' "$@"`,
    curl: `exec '${curl}' --fail-with-body "$@"`,
    'issue-token': 'echo issued',
  };
  for (const [name, command] of Object.entries(commands)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${command}\n`);
    chmodSync(join(dir, name), 0o755);
  }
  return dir;
}
