import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from '../src/authoring/toolchain/run.ts';

const SCRIPT = fileURLToPath(new URL('./wrk.lua', import.meta.url));
const SLACK_MS = 60_000;

export interface PreparedCall {
  /** A bearer token, or null for none. */
  token: string | null;
  /** JSON without line breaks. */
  body: string;
}

/** Where a load goes: an address and the file of prepared calls. */
export interface Target {
  url: string;
  callsFile: string;
  connections: number;
}

/** What wrk saw. Times are in microseconds. */
export interface LoadResult {
  requests: number;
  micros: number;
  /** Answers of 400 and above; neither server redirects. */
  failedStatus: number;
  failedSocket: number;
  p50: number;
  p99: number;
}

export function writeCalls(file: string, calls: readonly PreparedCall[]): void {
  writeFileSync(file, calls.map(({ token, body }) => `${token ?? ''}\t${body}\n`).join(''));
}

/** Loads a target with one wrk thread. Throws Error where wrk is missing or fails. */
export async function load({ url, callsFile, connections }: Target, seconds: number): Promise<LoadResult> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', SCRIPT, url, '--', callsFile];
  const { code, stdout, stderr } = await run('wrk', args, { timeoutMs: seconds * 1000 + SLACK_MS }).catch((cause) => {
    throw new Error('wrk is missing; install it: apt-get install wrk, or brew install wrk', { cause });
  });
  const result = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (code !== 0 || result === undefined) throw new Error(`wrk ended with ${code}: ${stderr || stdout}`);
  return JSON.parse(result) as LoadResult;
}
