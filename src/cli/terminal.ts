/** Where a command writes and reads; handed down so that tests can look. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  stdin(): Promise<string>;
}

/** What a command ends with; nothing else may end the process. */
export const EXIT = { ok: 0, no: 1, pending: 2, fault: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
