import { AppError } from '../base/errors.ts';

/** For calls that take long: each client has a few at a time, and its others wait for their turn. */
export interface Lanes {
  enter(client: string): Lane;
}

export interface Lane {
  /** Resolves when the call may go on. Rejects with AppError `rate_limited` where that takes too long, or after leave(). */
  turn: Promise<void>;
  /** The call has ended, or its caller has disconnected. */
  leave(): void;
}

export interface LanesOptions {
  /** Calls of a client at a time. */
  perClient: number;
  /** The name of the calls in the error, in the plural. */
  calls: string;
  maxWaitMs: number;
}

interface Waiting {
  hasBegun: boolean;
  begin: () => void;
  giveUp: () => void;
}

interface ClientCalls {
  running: number;
  waiting: Set<Waiting>;
}

export function createLanes({ perClient, calls, maxWaitMs }: LanesOptions): Lanes {
  const clients = new Map<string, ClientCalls>();

  function leave(client: string, own: ClientCalls): void {
    own.running--;
    const [next] = own.waiting;
    if (next !== undefined) next.begin();
    else if (own.running === 0) clients.delete(client);
  }

  function queue(own: ClientCalls): { waiting: Waiting; turn: Promise<void> } {
    const { promise: turn, resolve, reject } = Promise.withResolvers<void>();
    const end = () => {
      clearTimeout(timer);
      own.waiting.delete(waiting);
    };
    const waiting: Waiting = {
      hasBegun: false,
      begin() {
        end();
        waiting.hasBegun = true;
        own.running++;
        resolve();
      },
      giveUp() {
        end();
        reject(
          new AppError('rate_limited', `A client may make ${perClient} ${calls} at a time.`, { retryAfterSeconds: 1 }),
        );
      },
    };
    const timer = setTimeout(waiting.giveUp, maxWaitMs).unref();
    own.waiting.add(waiting);
    return { waiting, turn };
  }

  return {
    enter(client) {
      const own = clients.get(client) ?? { running: 0, waiting: new Set() };
      clients.set(client, own);
      if (own.running < perClient) {
        own.running++;
        return { turn: Promise.resolve(), leave: once(() => leave(client, own)) };
      }
      const { waiting, turn } = queue(own);
      turn.catch(() => {}); // A caller that has left does not wait any more.
      return { turn, leave: once(() => (waiting.hasBegun ? leave(client, own) : waiting.giveUp())) };
    },
  };
}

/** A turn that is released twice would be granted twice. */
function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
