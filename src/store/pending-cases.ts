import { canonicalJson } from '../base/canonical-json.ts';
import type { CaseKeys } from '../domain/history/case-keys.ts';
import type { CaseHead } from './store.ts';

export type SharedKey = 'subject' | 'resource' | 'team';
type Keys = Pick<CaseKeys, SharedKey>;

/**
 * New cases between the call of commit() and its end. They are candidates for histories at once, and a decision that may have
 * seen one is kept only if that case is kept. The writer works in the order of the calls, and a pending case follows those
 * before it under its keys, so following the last one under each key is enough.
 */
export interface PendingCases {
  /** Call with candidates(): a decision with these keys begins. */
  begin(keys: Keys): void;
  /**
   * Call with commit(): the decision ends. Gives the ids of the cases that it may have seen in its history: it is kept only
   * if these are kept. Null where one of them was not kept.
   */
  end(keys: Keys): string[] | null;
  /** Call with commit() of a new case; `follows` is what end() gave. */
  add(head: CaseHead, follows: readonly string[]): void;
  /**
   * Call when commit() ends; `isKept` is null where a failure left it unknown. Gives the cases that are no candidates any
   * more: this one, where it was not kept, and those that will not be kept for that reason.
   */
  settle(head: CaseHead, isKept: boolean | null): CaseHead[];
  /** In the order of add(). */
  under(by: SharedKey, key: string): readonly CaseHead[];
}

const SHARED_KEYS = ['subject', 'resource', 'team'] as const;

export function createPendingCases(): PendingCases {
  const pending = new Map<string, CaseHead[]>();
  /** By id: the pending cases that follow a pending one. */
  const followers = new Map<string, CaseHead[]>();
  /** Decisions in progress that saw pending cases, by key: whether all of these cases may still be kept. */
  const begun = new Map<string, boolean>();
  const nameOf = (by: SharedKey, key: string) => canonicalJson([by, key]);
  const namesOf = (keys: Keys) =>
    SHARED_KEYS.flatMap((by) => {
      const key = keys[by];
      return key === null ? [] : nameOf(by, key);
    });

  function remove(head: CaseHead, isLost: boolean): void {
    for (const name of namesOf(head)) {
      const list = pending.get(name) ?? [];
      const index = list.indexOf(head);
      if (index < 0) continue;
      list.splice(index, 1);
      if (list.length === 0) pending.delete(name);
      if (isLost && begun.has(name)) begun.set(name, false);
    }
  }

  /** Removes a case and all that follow it at once: decisions made meanwhile would otherwise follow them and be lost too. */
  function loseWithFollowers(head: CaseHead): CaseHead[] {
    const lost = [head];
    for (const each of lost) {
      remove(each, true);
      lost.push(...(followers.get(each.case) ?? []));
      followers.delete(each.case);
    }
    return lost;
  }

  return {
    begin(keys) {
      for (const name of namesOf(keys)) {
        if (pending.has(name)) begun.set(name, true);
        else begun.delete(name); // An abandoned decision may have left an entry.
      }
    },
    end(keys) {
      const names = namesOf(keys);
      const sawOneThatIsLost = names.some((name) => begun.get(name) === false);
      for (const name of names) begun.delete(name);
      if (sawOneThatIsLost) return null;
      return [...new Set(names.flatMap((name) => pending.get(name)?.at(-1)?.case ?? []))];
    },
    add(head, follows) {
      for (const name of namesOf(head)) {
        const list = pending.get(name);
        if (list === undefined) pending.set(name, [head]);
        else list.push(head);
      }
      followers.set(head.case, []);
      for (const id of follows) followers.get(id)?.push(head);
    },
    settle(head, isKept) {
      if (isKept === false) return loseWithFollowers(head);
      remove(head, isKept === null);
      followers.delete(head.case);
      return isKept ? [] : [head];
    },
    under: (by, key) => pending.get(nameOf(by, key)) ?? [],
  };
}
