/** What is known to be wrong with the store of this process, from checks in the background and from reads that met it. */
export interface DamageWatch {
  isFine(): boolean;
  /** How many faults are known. */
  count(): number;
  /** To be told of damage that was met elsewhere. */
  report(fault: string): void;
  stop(): Promise<void>;
}

export interface DamageWatchParts {
  /** Checks a part of the store; see Store.check. */
  check: () => Promise<string[]>;
  /** Told of each fault, once. */
  onFault: (fault: string) => void;
  intervalMs?: number;
}

/** One check a second: it shares the reader thread with searches. */
const INTERVAL_MS = 1000;
/** Where everything is damaged, that much tells it. */
const MAX_FAULTS = 1000;

export function createDamageWatch({ check, onFault, intervalMs = INTERVAL_MS }: DamageWatchParts): DamageWatch {
  const faults = new Set<string>();
  let isStopped = false;
  let checking = Promise.resolve();

  function report(fault: string): void {
    if (faults.has(fault) || faults.size >= MAX_FAULTS) return;
    faults.add(fault);
    onFault(fault);
  }

  async function checkOnce(): Promise<void> {
    try {
      for (const fault of await check()) report(fault);
    } catch {
      // The reader is busy, or closed: the next one goes on where the last one ended.
    }
  }

  const timer = setTimeout(function next() {
    checking = checkOnce().then(() => {
      if (!isStopped) timer.refresh();
    });
  }, intervalMs).unref();

  return {
    isFine: () => faults.size === 0,
    count: () => faults.size,
    report,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await checking;
    },
  };
}
