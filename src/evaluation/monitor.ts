const JOB = 0;
const EVALUATING_SINCE = 1;
const CPU_AT_BEGIN = 2;
const CELLS = 3;
const NONE = 0n;

/** The job that a worker is working on. */
export interface CurrentJob {
  job: number;
  /** For how long policy has run; 0 while it does not. */
  evaluatingMs: number;
  /** Processor time of the thread when policy began, in microseconds. */
  cpuAtBeginMicros: number;
}

/**
 * Shows the pool what a worker is doing, in memory that both share: a worker whose policy loops answers no message. Job
 * numbers start at 1.
 */
export class EvaluationMonitor {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(CELLS * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new BigInt64Array(buffer);
  }

  begin(job: number): void {
    Atomics.store(this.#cells, JOB, BigInt(job));
  }

  end(): void {
    Atomics.store(this.#cells, JOB, NONE);
  }

  /** Times policy alone, so that a slow signature does not look like a slow policy. */
  timed<T>(evaluate: () => T): T {
    const { user, system } = process.threadCpuUsage();
    Atomics.store(this.#cells, CPU_AT_BEGIN, BigInt(user + system));
    Atomics.store(this.#cells, EVALUATING_SINCE, process.hrtime.bigint());
    try {
      return evaluate();
    } finally {
      Atomics.store(this.#cells, EVALUATING_SINCE, NONE);
    }
  }

  /** Null between two jobs. */
  current(): CurrentJob | null {
    const job = Atomics.load(this.#cells, JOB);
    const since = Atomics.load(this.#cells, EVALUATING_SINCE);
    const cpuAtBeginMicros = Number(Atomics.load(this.#cells, CPU_AT_BEGIN));
    // Another job may have begun between these reads; then the time does not belong to this job.
    if (job === NONE || Atomics.load(this.#cells, JOB) !== job) return null;
    const evaluatingMs = since === NONE ? 0 : Number(process.hrtime.bigint() - since) / 1e6;
    return { job: Number(job), evaluatingMs, cpuAtBeginMicros };
  }
}
