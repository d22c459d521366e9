import { text } from 'node:stream/consumers';

/** Where a command writes and reads. It is a parameter, so that tests can observe it. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  stdin(): Promise<string>;
}

/** The exit codes of all commands. */
export const EXIT = { ok: 0, no: 1, pending: 2, fault: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * The terminal of this process. A reader that closes the pipe early (`| head`) is not a fault: the rest is dropped, and the
 * exit code stays, because that of `decide` must not change. `onLoss` is called where output is lost in another way, for
 * example on a full disk.
 */
export function processTerminal(onLoss: (error: Error) => void): Terminal {
  return {
    out: writerTo(process.stdout, onLoss),
    err: writerTo(process.stderr, onLoss),
    stdin: () => text(process.stdin),
  };
}

function writerTo(stream: NodeJS.WriteStream, onLoss: (error: Error) => void): (line: string) => void {
  let isGone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!isGone && error.code !== 'EPIPE') onLoss(error);
    isGone = true;
  });
  return (line) => {
    if (!isGone) stream.write(`${line}\n`);
  };
}
