/** A counter in memory that threads share. */
export interface SharedCounter {
  /** Give this to other threads, which count with sharedCounter(cell). */
  cell: SharedArrayBuffer;
  add(): void;
  count(): number;
}

/** Makes a counter that starts at 0, or continues the one whose cell another thread has. */
export function sharedCounter(cell = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)): SharedCounter {
  const counter = new BigInt64Array(cell);
  return {
    cell,
    add() {
      Atomics.add(counter, 0, 1n);
    },
    count: () => Number(Atomics.load(counter, 0)),
  };
}
