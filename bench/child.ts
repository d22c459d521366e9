import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A server that is measured: a process of its own, whose output goes to a file. */
export interface Child {
  pid: number;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
}

export interface Memory {
  /** Resident now, in MiB. */
  rss: number;
  /** The most that ever was resident, in MiB. */
  peak: number;
}

export interface ChildOptions {
  env?: NodeJS.ProcessEnv;
  /** Gets standard output and standard error. */
  logFile: string;
  /** Resolves when the server answers, see waitUntil. */
  ready: () => Promise<boolean>;
}

const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** Throws Error, with the end of its output, for a process that ends or does not get ready within 30 s. */
export async function startChild(command: string, args: readonly string[], options: ChildOptions): Promise<Child> {
  const { env, logFile, ready } = options;
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { env: env ?? process.env, stdio: ['ignore', log, log] });
  closeSync(log);
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  await Promise.race([failed, untilReady(child, ready, logFile)]);
  return {
    pid: child.pid as number,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function untilReady(child: ChildProcess, ready: () => Promise<boolean>, logFile: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await ready().catch(() => false))) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended: ${endOf(logFile)}`);
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${child.spawnfile} does not answer: ${endOf(logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function endOf(file: string): string {
  return readFileSync(file, 'utf8').slice(-1000);
}

/** What Linux says of the memory of a process. Throws Error on systems without /proc. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { rss: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}

/** Linux counts processor time in ticks of 10 ms. */
const TICK_MICROS = 10_000;

/** Processor time that a process took so far, of all its threads, in user mode and in the kernel. */
export function cpuMicrosOf(pid: number): number {
  // After the name in parentheses, which may hold anything, utime and stime are fields 14 and 15 (proc_pid_stat(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}
