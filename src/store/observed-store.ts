import type { Store } from './store.ts';

export interface StoreObserver {
  /** Called for each committed record, with the instant that it states. */
  onCommitted: (at: string) => void;
  /** Called for each record that is read by its id, on any thread. */
  onRecordRead: () => void;
}

/** A store that reports its operations. */
export function observeStore(store: Store, { onCommitted, onRecordRead }: StoreObserver): Store {
  return {
    ...store,
    async commit(group) {
      const results = await store.commit(group);
      for (const [index, { record }] of group.entries()) {
        if (results[index]?.status === 'committed') onCommitted(record.at);
      }
      return results;
    },
    async keepToken(entry) {
      const result = await store.keepToken(entry);
      if (result === 'committed') onCommitted(entry.record.at);
      return result;
    },
    record(id) {
      onRecordRead();
      return store.record(id);
    },
    verifiedRecords(ids) {
      for (const _ of ids) onRecordRead();
      return store.verifiedRecords(ids);
    },
  };
}
