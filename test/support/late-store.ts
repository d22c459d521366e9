import type { Store } from '../../src/store/store.ts';

/**
 * A store whose reads take a random number of turns of the event loop, before the database is asked and after it answered, so
 * that whatever else is under way runs in between.
 */
export function withLateReads(store: Store, random: (n: number) => number, maxTurns = 4): Store {
  async function someTurns(): Promise<void> {
    for (let turns = random(maxTurns); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  }

  function late<A extends unknown[], T>(read: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
    return async (...args) => {
      await someTurns();
      const found = await read(...args);
      await someTurns();
      return found;
    };
  }

  return {
    ...store,
    record: late(store.record),
    newest: late(store.newest),
    caseHead: late(store.caseHead),
    chain: late(store.chain),
    idempotency: late(store.idempotency),
    candidates: late(store.candidates),
    search: late(store.search),
  };
}
