import type { HistoryEntry } from '../contract/record.ts';
import { AT, entry, historyOf, keep, NOBODY } from './entries.contract.ts';
import type { Store } from './store.ts';

/**
 * Decides many cases with few keys at the same time, as callers do: one after the other for each key, up to the call of
 * commit(). Some fail. Gives what the history of each case showed that was kept.
 */
export async function storm(store: Store, random: (n: number) => number) {
  const tails = new Map<string, Promise<unknown>>();
  const kept = new Map<string, string[]>();
  let conflicts = 0;

  async function decide(id: string, keys: { subject: string; resource: string; team: string }, changes: object) {
    const names = Object.entries(keys).map((pair) => pair.join());
    const before = names.map((name) => tails.get(name));
    const turn = Promise.withResolvers<void>();
    for (const name of names) tails.set(name, turn.promise);
    await Promise.all(before);
    const history = await historyOf(store, { ...NOBODY, kind: 'issue/api_key', ...keys });
    for (let turns = random(4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    const at = new Date(Date.parse(AT) + random(1e6)).toISOString();
    const committing = keep(store, entry(id, 0, { ...keys, at, ...changes }));
    turn.resolve();
    const seen = (JSON.parse(history) as HistoryEntry[]).map((each) => each.case);
    return { result: await committing.catch(() => 'failed' as const), seen };
  }

  async function decideUntilItIsKnown(id: string) {
    const keys = { subject: `s${random(4)}`, resource: `r${random(4)}`, team: `t${random(2)}` };
    const changes = random(40) === 0 ? { key: 'held' } : {};
    for (let tries = 0; tries < 50; tries++) {
      const { result, seen } = await decide(`${id}-${tries}`, keys, changes);
      if (result === 'committed') kept.set(`${id}-${tries}`, seen);
      if (result !== 'conflict') return;
      conflicts++;
    }
  }

  await Promise.all(Array.from({ length: 400 }, (_, index) => decideUntilItIsKnown(`c${index}`)));
  return { kept, conflicts };
}
