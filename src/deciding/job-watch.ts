const CURRENT = 0;
const SINCE = 1;
const NONE = 0n;

/**
 * Shows from outside what a thread is at, in memory that both share: a thread that runs for ever answers no message. Job
 * numbers start at 1.
 */
export class JobWatch {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new BigInt64Array(buffer);
  }

  begin(job: number): void {
    Atomics.store(this.#cells, SINCE, process.hrtime.bigint());
    Atomics.store(this.#cells, CURRENT, BigInt(job));
  }

  end(): void {
    Atomics.store(this.#cells, CURRENT, NONE);
  }

  /** The job under way and for how long it has run, or null between jobs. */
  current(): { job: number; runningMs: number } | null {
    const job = Atomics.load(this.#cells, CURRENT);
    const since = Atomics.load(this.#cells, SINCE);
    // Another job may have begun between the two looks; then the time is not this one's.
    if (job === NONE || Atomics.load(this.#cells, CURRENT) !== job) return null;
    return { job: Number(job), runningMs: Number(process.hrtime.bigint() - since) / 1e6 };
  }
}
