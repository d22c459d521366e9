import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, countersign, runToEnd } from './support/command.ts';
import { type RunningProcess, startProcess } from './support/process.ts';
import { exampleRequest, temporaryDir } from './support/service.ts';

const ALLOWED = JSON.stringify(exampleRequest('issue-api-key/allow-sandbox-key'));
const DENIED = JSON.stringify(exampleRequest('issue-api-key/deny-unknown-resource'));
const PENDING = JSON.stringify(exampleRequest('issue-api-key/approval-restricted-key'));

let service: RunningProcess;
let env: Record<string, string>;
beforeAll(async () => {
  // What the commands read is no fault of the service, even where it is nonsense.
  service = await startProcess({
    env: { COUNTERSIGN_TOKEN: 'x', COUNTERSIGN_URL: 'nonsense', COUNTERSIGN_TOKEN_FILE: '' },
  });
  env = { COUNTERSIGN_DATA_DIR: service.dataDir, COUNTERSIGN_URL: service.url };
});
afterAll(() => service.end('SIGTERM'));

describe('settings', () => {
  it('of the service are no fault of a command that does not read them', async () => {
    const others = { COUNTERSIGN_LISTEN: 'nowhere', COUNTERSIGN_THREADS: 'many', COUNTERSIGN_BUILD: '17' };
    expect(await countersign(['decide', '-'], { env: { ...env, ...others }, stdin: ALLOWED })).toMatchObject({
      code: 0,
    });
    expect(await countersign(['token', 'list'], { env: { ...env, ...others } })).toMatchObject({ code: 0 });
  });

  it('give a token to commands, and neither prints it', async () => {
    const token = { COUNTERSIGN_TOKEN: service.adminToken, COUNTERSIGN_DATA_DIR: '/nonexistent' };
    const { code, out, err } = await countersign(['decide', '-'], { env: { ...env, ...token }, stdin: ALLOWED });
    expect([code, err]).toEqual([0, '']);
    expect(out).not.toContain(service.adminToken);
  });

  it('that a command reads are checked by it', async () => {
    const wrong = { ...env, COUNTERSIGN_URL: 'localhost:8480' };
    expect(await countersign(['decide', '-'], { env: wrong, stdin: ALLOWED })).toMatchObject({
      code: 3,
      err: expect.stringMatching(/COUNTERSIGN_URL: use an http\(s\) address/),
    });
  });
});

/** The exit code of the command, whatever that of the reader. */
const intoNobody = (args: string) =>
  runToEnd(['bash', '-c', `"$0" "$1" ${args} | true; exit "\${PIPESTATUS[0]}"`, process.execPath, COMMAND], {
    env: { ...env, REQUEST: file },
  });
let file = '';

describe('a reader who goes away', () => {
  it.each([
    [0, 'token list'],
    [0, 'token list --all --json'],
    [0, 'policy show'],
    [0, '--help'],
    [0, 'decide --help'],
  ])('leaves the exit code %i, and nothing on standard error: %s', async (code, args) => {
    expect(await intoNobody(args)).toEqual({ code, out: '', err: '' });
  });

  it.each([
    [0, ALLOWED],
    [1, DENIED],
    [2, PENDING],
  ])('changes no decision: exit %i', async (code, request) => {
    file = join(temporaryDir('request'), 'request.json');
    writeFileSync(file, request);
    for (const how of ['', '--json']) {
      expect(await intoNobody(`decide "$REQUEST" ${how}`)).toEqual({ code, out: '', err: '' });
    }
  });

  it('does not stop the service, whose log nobody reads', async () => {
    const other = await startProcess({ wrapper: ['bash', '-c', 'exec "$@" > >(true)', 'bash'] });
    expect((await other.client.decide(JSON.parse(ALLOWED))).outcome).toBe('allow');
    expect(await other.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it.runIf(process.platform === 'linux')(
    'is not a full disk: a decision that could not be written exits 3',
    async () => {
      const { code } = await runToEnd(['bash', '-c', '"$0" "$1" decide - >/dev/full', process.execPath, COMMAND], {
        env,
        stdin: ALLOWED,
      });
      expect(code).toBe(3);
    },
  );
});

describe('what ends the command before it can say anything', () => {
  /** A program that Node runs before the command. */
  const preload = (code: string) => {
    const path = join(temporaryDir('preload'), 'preload.cjs');
    writeFileSync(path, code);
    return path;
  };
  const asNode = (version: string) =>
    preload(`Object.defineProperty(process, 'version', { value: '${version}' }); process.versions;`);

  it.each(['v18.0.0', 'v20.20.2', 'v22.22.0', 'v23.11.1'])(
    'Node %s is one line and exit 3, for any command',
    async (version) => {
      for (const args of [['decide', '-'], ['verify', 'x'], ['--version'], []]) {
        const ended = await runToEnd([process.execPath, '--require', asNode(version), COMMAND, ...args]);
        expect(ended).toMatchObject({ code: 3, out: '' });
        expect(ended.err).toMatch(new RegExp(`^countersign: Node ${version} is too old; it needs Node >=[^\n]*\n$`));
      }
    },
  );

  it.each([
    [
      'an import that fails',
      `require('node:module').registerHooks({ resolve(name, context, next) {
      if (name === 'commander') throw new Error('Cannot find package');
      return next(name, context);
    } });`,
      /^countersign: it cannot start: Cannot find package\n$/,
    ],
    [
      'an error that nobody caught',
      `setTimeout(() => { throw new Error('boom'); }, 50);`,
      /^countersign: it failed: Error: boom/,
    ],
    [
      'a promise that nobody caught',
      `setTimeout(() => Promise.reject(new Error('boom')), 50);`,
      /^countersign: it failed: Error: boom/,
    ],
  ])('%s is exit 3', async (_what, code, words) => {
    const ended = await runToEnd([process.execPath, '--require', preload(code), COMMAND, 'decide', '-'], {
      env,
      stdin: null,
    });
    expect(ended).toMatchObject({ code: 3, out: '', err: expect.stringMatching(words) });
  });
});
