/** The known faults of the store, from background checks and from reads. */
export interface DamageLog {
  /** Whether no fault is known. */
  isFine(): boolean;
  /** How many faults are known. */
  count(): number;
  report(fault: string): void;
}

/** One check a second: the checks share the reader thread with searches. */
const INTERVAL_MS = 1000;
/** More faults do not help an operator. */
const MAX_FAULTS = 1000;

/** `onFault` is called with each fault, once. */
export function createDamageLog(onFault: (fault: string) => void): DamageLog {
  const faults = new Set<string>();
  return {
    isFine: () => faults.size === 0,
    count: () => faults.size,
    report(fault) {
      if (faults.has(fault) || faults.size >= MAX_FAULTS) return;
      faults.add(fault);
      onFault(fault);
    },
  };
}

export interface DamageWatchParts {
  /** Checks a part of the store and returns the faults in it; see Store.check. */
  check: () => Promise<string[]>;
  report: (fault: string) => void;
  intervalMs?: number;
}

/** Checks the store in the background, part by part. Returns a function that stops the checks. */
export function watchForDamage({ check, report, intervalMs = INTERVAL_MS }: DamageWatchParts): () => Promise<void> {
  let isStopped = false;
  let checking = Promise.resolve();

  async function checkOnce(): Promise<void> {
    try {
      for (const fault of await check()) report(fault);
    } catch {
      // The reader is busy or closed: the next check continues where the last one ended.
    }
  }

  const timer = setTimeout(function next() {
    checking = checkOnce().then(() => {
      if (!isStopped) timer.refresh();
    });
  }, intervalMs).unref();

  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await checking;
  };
}
