import { text } from 'node:stream/consumers';

/** Where a command writes and reads; handed down so that tests can look. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  stdin(): Promise<string>;
}

/** What a command ends with; nothing else may end the process. */
export const EXIT = { ok: 0, no: 1, pending: 2, fault: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * The terminal of this process. A reader who has seen enough (`| head`) is no fault: what is left goes unsaid, and the
 * command ends with the code that it has anyway, since that of `decide` must not change. `onLoss` is told of any other way
 * in which what was written did not get through, such as a full disk.
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
