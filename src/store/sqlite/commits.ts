import type { CandidateCache } from '../candidates.ts';
import type { PendingCases } from '../pending-cases.ts';
import type { CaseHead, CommitEntry, CommitResult, Store } from '../store.ts';
import { CONFLICT, type CommitMember, isFailure, type Writes } from './write-connection.ts';
import type { WriterThread } from './writer-thread.ts';

export interface CommitParts {
  writer: WriterThread;
  pending: PendingCases;
  candidates: CandidateCache;
  /** By any record of a case. Throws AppError `record_invalid`, or an error of SQLite. */
  caseHead: (recordId: string) => CaseHead | null;
}

/** Commits groups, and keeps the candidates in memory in step with the database. See Store.commit. */
export function createCommits({ writer, pending, candidates, caseHead }: CommitParts): Store['commit'] {
  /** To be called with commit(), before anything is awaited. Null where the entry conflicts already. */
  function begin(entry: CommitEntry): CommitMember | null {
    const { record, caseHead: head } = entry;
    // Only a decision has seen the candidates.
    const follows = head.decision === record.id ? pending.end(head) : [];
    if (follows === null) return null;
    if (record.seq === 0) {
      pending.add(head, follows);
      candidates.add(head);
    }
    return { entry, follows };
  }

  /** `result` is null where a failure left open whether the entry was kept. */
  function settle({ record, caseHead: head }: CommitEntry, result: CommitResult | null): void {
    const isKept = result && result.status === 'committed';
    const lost = record.seq === 0 ? pending.settle(head, isKept) : [];
    if (isKept === null) candidates.forgetAll();
    else if (!isKept) for (const each of lost) candidates.forget(each);
    else if (record.seq === 0) candidates.kept(head);
    else forget(record.id);
  }

  /** A case changed: its candidates in memory are outdated. */
  function forget(recordId: string): void {
    let head: CaseHead | null = null;
    try {
      head = caseHead(recordId);
    } catch {
      // A case that cannot be read cannot be found in memory.
    }
    if (head === null) candidates.forgetAll();
    else candidates.forget(head);
  }

  /** Rejects with the failure of the transaction, or with the first one of a member. */
  async function write(members: readonly CommitMember[]): Promise<CommitResult[]> {
    if (members.length === 0) return [];
    let written: Writes['commit']['gives'] = [];
    try {
      written = await writer.ask('commit', members);
    } finally {
      for (const [index, { entry }] of members.entries()) {
        const result = written[index];
        settle(entry, result === undefined || isFailure(result) ? null : result);
      }
    }
    return written.map((result) => {
      if (isFailure(result)) throw writer.errorOf(result);
      return result;
    });
  }

  return async (group) => {
    const members = group.map(begin);
    const begun = members.filter((member) => member !== null);
    const written = await write(begun);
    return members.map((member) => (member && written[begun.indexOf(member)]) ?? CONFLICT);
  };
}
