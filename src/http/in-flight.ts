import { getHeapStatistics } from 'node:v8';
import { AppError } from '../base/errors.ts';

/** The memory of a call without its body. */
const CALL_BYTES = 32 * 1024;
/** A body is held as bytes, as text, as values, and in the record of the answer. */
const HELD_PER_BODY_BYTE = 4;
/** Of the heap that this process may have, what all clients together may hold; the rest is for the work itself. */
const SHARE_OF_HEAP = 1 / 4;
const RETRY_AFTER_SECONDS = 1;

/** The memory that calls in progress hold. */
export interface InFlight {
  /**
   * Counts a call in. Throws AppError `rate_limited` where the client holds too much already, because it does not read its
   * answers or sends too much at a time, and `overloaded` where all clients together do.
   */
  begin(client: string): CallInFlight;
}

export interface CallInFlight {
  /** A body of this length is read and handled. Throws as InFlight.begin. */
  holdBody(bytes: number): void;
  /** An answer of this length waits to be read; the body is no longer held. */
  holdAnswer(bytes: number): void;
  /** The answer was read, or the caller has disconnected. */
  end(): void;
}

export function createInFlight(
  perClientBytes: number,
  totalBytes = getHeapStatistics().heap_size_limit * SHARE_OF_HEAP,
): InFlight {
  const held = new Map<string, number>();
  let total = 0;
  // On a small heap no single client gets all of it.
  const mostOfOne = Math.min(perClientBytes, totalBytes / 2);

  function add(client: string, bytes: number): void {
    total += bytes;
    const now = (held.get(client) ?? 0) + bytes;
    if (now === 0) held.delete(client);
    else held.set(client, now);
  }

  /** `own` is what the call holds already; whatever its size, one call alone goes through. */
  function requireRoom(client: string, bytes: number, own: number): void {
    const others = (held.get(client) ?? 0) - own;
    if (others > 0 && others + bytes > mostOfOne)
      throw tooMany('rate_limited', 'Read the answers to earlier calls first.');
    if (total > own && total - own + bytes > totalBytes) throw tooMany('overloaded', 'Too many bytes are in flight.');
  }

  return {
    begin(client) {
      requireRoom(client, CALL_BYTES, 0);
      let own = CALL_BYTES;
      let isOver = false;
      add(client, own);
      const hold = (bytes: number) => {
        if (isOver) return;
        add(client, bytes - own);
        own = bytes;
      };
      return {
        holdBody(bytes) {
          const wanted = CALL_BYTES + bytes * HELD_PER_BODY_BYTE;
          requireRoom(client, wanted, own);
          hold(wanted);
        },
        holdAnswer: (bytes) => hold(CALL_BYTES + bytes),
        end() {
          hold(0);
          isOver = true;
        },
      };
    },
  };
}

function tooMany(code: 'rate_limited' | 'overloaded', message: string): AppError {
  return new AppError(code, message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
