import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What the package installs as `countersign`. */
export const COMMAND = fileURLToPath(new URL('../../bin/countersign.cjs', import.meta.url));

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs a program to its end; its environment is PATH, HOME and what is given. Without `stdin` (null) its input stays open. */
export async function runToEnd(
  [program = '', ...args]: readonly string[],
  { env = {}, stdin = '', cwd }: { env?: Record<string, string>; stdin?: string | null; cwd?: string } = {},
): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, { env: { PATH, HOME, ...env }, ...(cwd !== undefined && { cwd }) });
  child.stdin.on('error', () => {}); // A program that reads no input may end before it was written.
  if (stdin !== null) child.stdin.end(stdin);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, out, err };
}

/** Runs the command as its users do, by this Node. */
export function countersign(args: readonly string[], options: Parameters<typeof runToEnd>[1] = {}): Promise<Ended> {
  return runToEnd([process.execPath, COMMAND, ...args], options);
}
