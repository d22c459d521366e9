import { AppError } from '../base/errors.ts';
import { OWN_CLIENT } from '../base/turns.ts';
import type { Ending, WithdrawalRequest } from '../contract/case-end.ts';
import type { Caller } from '../contract/record.ts';
import { describeEnd, outcomeAfter } from '../domain/statement.ts';
import type { VerifiedCase } from '../evidence/case-reader.ts';
import { headAfterEnding } from '../store/case-head.ts';
import type { IdempotencyEntry } from '../store/store.ts';
import type { CaseParts } from './case-parts.ts';
import { referenceTo } from './seal.ts';
import { instantAfter, type KeptStatement, keepStatement } from './statements.ts';
import { turnKeys } from './turn-keys.ts';

/** How an open case ends without a decision: each end is a record in it. */
export interface Endings {
  /**
   * Takes a request back: by the client that opened the case, with the same principal, or by the person of a token who is its
   * subject, asked for it, or is named in `requested_by`. Throws AppError `not_found`, `case_closed`, `forbidden`,
   * `unauthenticated`.
   */
  withdraw(
    caseId: string,
    withdrawal: WithdrawalRequest,
    caller: Caller,
    key: string | null,
  ): Promise<KeptStatement<Ending>>;
  /** Ends a case whose time for verdicts is over; null where it is not, or has ended. Throws AppError `not_found`. */
  expire(caseId: string): Promise<KeptStatement<Ending> | null>;
}

/** The members of each ending that the other does not have. */
type Own = Pick<Withdrawal, 'statement' | 'caller' | 'withdrawal'> | Pick<Expiry, 'statement' | 'closes_at'>;
type Withdrawal = Extract<Ending, { statement: 'withdrawal' }>;
type Expiry = Extract<Ending, { statement: 'expiry' }>;

export function createEndings(parts: CaseParts): Endings {
  const { pool, turns, cases, records, idempotency, clock } = parts;

  function keep(on: VerifiedCase, own: Own, entry: IdempotencyEntry | null): Promise<KeptStatement<Ending> | null> {
    const { head, decision, last } = on;
    const common = { at: instantAfter(last, clock()), kind: head.kind, policy: pool().ref };
    return keepStatement<Ending>(parts, {
      on,
      said: { ...common, decision: referenceTo(decision), ...own },
      headAfter: (record) => headAfterEnding(on.head, record),
      idempotency: entry,
    });
  }

  function requireOpen({ last }: VerifiedCase): void {
    if (outcomeAfter(last.record) !== 'approval_required') {
      throw new AppError('case_closed', describeEnd(last.record));
    }
  }

  /** Throws AppError `forbidden`. */
  function requireParty({ client, principal }: Caller, { decision }: VerifiedCase): void {
    const { caller, opened } = decision.record;
    if (caller.client === client && caller.principal === principal) return;
    const person = principal === null ? null : pool().directory.personOf(principal);
    if (person !== null && Object.values(opened.persons).includes(person)) return;
    throw new AppError('forbidden', 'A request is withdrawn by whoever asked, or by its subject.');
  }

  async function replay(id: string, caseId: string, { client, principal }: Caller): Promise<KeptStatement<Ending>> {
    const { record, jws } = await records.read(id);
    const isOfThis =
      record.statement === 'withdrawal' &&
      record.case === caseId &&
      record.caller.client === client &&
      record.caller.principal === principal;
    if (isOfThis) return { record, jws, replayed: true };
    throw new AppError(
      'record_invalid',
      `The store names record ${id} for an idempotency key that did not lead to it.`,
    );
  }

  return {
    async withdraw(caseId, withdrawal, caller, key) {
      const claim = { caller, route: `cases/${caseId}/withdrawals`, key, body: withdrawal };
      const result = await idempotency.once(claim, async (entry) =>
        turns.run(caller.client, turnKeys((await cases(caseId)).head, caseId), async () => {
          const on = await cases(caseId);
          requireOpen(on);
          requireParty(caller, on);
          parts.revalidate(caller);
          const person = caller.principal && pool().directory.personOf(caller.principal);
          const said = { statement: 'withdrawal' as const, caller: { ...caller, person }, withdrawal };
          const kept = await keep(on, said, entry);
          return kept && { id: kept.record.jti, value: kept };
        }),
      );
      return 'first' in result ? result.first : replay(result.replayOf, caseId, caller);
    },
    expire: async (caseId) =>
      turns.run(OWN_CLIENT, turnKeys((await cases(caseId)).head, caseId), async () => {
        const on = await cases(caseId);
        const { closes_at } = on.decision.record.decision;
        const isOver = closes_at !== null && closes_at <= clock().toISOString();
        if (outcomeAfter(on.last.record) !== 'approval_required' || !isOver) return null;
        return keep(on, { statement: 'expiry', closes_at }, null);
      }),
  };
}
