import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** The exit code and the output of a program. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  /** The whole environment of the program; without it, the program inherits ours. */
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
  /** Gets each line of standard error as it is written. */
  onLine?: ((line: string) => void) | undefined;
}

/** A program was killed because it took too long. */
export class RanTooLong extends Error {
  override readonly name = 'RanTooLong';
}

/** Runs a program to its end, whatever its exit code. Rejects with RanTooLong, and with Error if it does not start or is killed. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { cwd, env, timeoutMs = 120_000, onLine } = options;
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES, windowsHide: true };
    const child = execFile(file, args, { cwd, env, ...limits }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else if (error?.killed && error.signal === 'SIGTERM') {
        reject(new RanTooLong(`${basename(file)} ${args[0] ?? ''} takes longer than ${timeoutMs / 1000} seconds`));
      } else reject(new Error(`cannot run ${file}: ${code ?? error?.signal ?? error?.message}`, { cause: error }));
    });
    if (onLine && child.stderr) createInterface({ input: child.stderr }).on('line', onLine);
  });
}
