import { AppError } from '../domain/errors.ts';

const MAX_WAIT_MS = 10_000;

/** Reads that may take long, a few at a time for each client: its others wait for their turn. */
export interface LongReads {
  enter(client: string): LongRead;
}

export interface LongRead {
  /** Resolves when the read may begin. Rejects with AppError `rate_limited` where that takes too long, or after leave(). */
  turn: Promise<void>;
  /** The read is over, or nobody wants it any more. */
  leave(): void;
}

interface Waiting {
  hasBegun: boolean;
  begin: () => void;
  giveUp: () => void;
}

interface ClientReads {
  running: number;
  waiting: Set<Waiting>;
}

/** A turn that is given back twice would be two turns for somebody. */
function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

export function createLongReads(perClient: number, maxWaitMs = MAX_WAIT_MS): LongReads {
  const clients = new Map<string, ClientReads>();

  function leave(client: string, reads: ClientReads): void {
    reads.running--;
    const [next] = reads.waiting;
    if (next !== undefined) next.begin();
    else if (reads.running === 0) clients.delete(client);
  }

  function queue(reads: ClientReads): { waiting: Waiting; turn: Promise<void> } {
    const { promise: turn, resolve, reject } = Promise.withResolvers<void>();
    const end = () => {
      clearTimeout(timer);
      reads.waiting.delete(waiting);
    };
    const waiting: Waiting = {
      hasBegun: false,
      begin() {
        end();
        waiting.hasBegun = true;
        reads.running++;
        resolve();
      },
      giveUp() {
        end();
        reject(
          new AppError('rate_limited', `A client has ${perClient} long reads at a time.`, { retryAfterSeconds: 1 }),
        );
      },
    };
    const timer = setTimeout(waiting.giveUp, maxWaitMs).unref();
    reads.waiting.add(waiting);
    return { waiting, turn };
  }

  return {
    enter(client) {
      const reads = clients.get(client) ?? { running: 0, waiting: new Set() };
      clients.set(client, reads);
      if (reads.running < perClient) {
        reads.running++;
        return { turn: Promise.resolve(), leave: once(() => leave(client, reads)) };
      }
      const { waiting, turn } = queue(reads);
      turn.catch(() => {}); // Whoever left does not wait for it any more.
      return { turn, leave: once(() => (waiting.hasBegun ? leave(client, reads) : waiting.giveUp())) };
    },
  };
}
