import { AppError } from '../base/errors.ts';
import type { Ending, WithdrawalRequest } from '../contract/case-end.ts';
import type { Caller } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { describeEnd, outcomeAfter } from '../domain/statement.ts';
import { headAfterEnding } from '../store/case-head.ts';
import type { CaseCall, CaseParts } from './case-parts.ts';
import { type CaseTurn, inTurnOfCase } from './case-queue.ts';
import { type CommittedStatement, keepStatement } from './keep.ts';
import { once } from './replay.ts';
import { referenceTo } from './seal.ts';

export type Withdrawal = Extract<Ending, { statement: 'withdrawal' }>;

/** `replayed`: an idempotency key led here again. */
export type WithdrawalResult = CommittedStatement<Withdrawal> & { replayed: boolean };

/**
 * Withdraws a request that waits for approval. Allowed to the client that opened the case, with the same principal, and to
 * the person of a token who is its subject, asked for it, or is named in `requested_by`. Rejects with AppError `not_found`,
 * `case_closed`, `forbidden`, `unauthenticated`.
 */
export async function withdraw(parts: CaseParts, call: CaseCall<WithdrawalRequest>): Promise<WithdrawalResult> {
  const { caseId, body, caller, key } = call;
  const result = await once<CommittedStatement<Withdrawal>, Withdrawal>(
    parts,
    {
      claim: { caller, route: `cases/${caseId}/withdrawals`, key, body },
      isOwn: (record: Statement): record is Withdrawal => record.statement === 'withdrawal' && record.case === caseId,
      idOf: ({ record }) => record.jti,
    },
    (idempotency) =>
      inTurnOfCase(parts, { client: caller.client, caseId }, async (turn) => {
        const { on, pool } = turn;
        refuseEnded(turn);
        requireParty(caller, turn);
        await parts.revalidate(caller);
        const person = caller.principal === null ? null : pool.directory.personOf(caller.principal);
        const decision = referenceTo(on.decision);
        return keepStatement<Withdrawal>(parts, turn, {
          own: { statement: 'withdrawal', decision, caller: { ...caller, person }, withdrawal: body },
          headAfter: (record) => headAfterEnding(on.head, record),
          idempotency,
        });
      }),
  );
  return result.replayed ? result : { ...result.kept, replayed: false };
}

/** Also a case whose time is over can be withdrawn, until its expiry is recorded. Throws AppError `case_closed`. */
function refuseEnded({ on: { last } }: CaseTurn): void {
  if (outcomeAfter(last.record) !== 'approval_required') throw new AppError('case_closed', describeEnd(last.record));
}

/** Throws AppError `forbidden`. */
function requireParty({ client, principal }: Caller, { on: { decision }, pool }: CaseTurn): void {
  const { caller, opened } = decision.record;
  if (caller.client === client && caller.principal === principal) return;
  const person = principal === null ? null : pool.directory.personOf(principal);
  if (person !== null && Object.values(opened.persons).includes(person)) return;
  throw new AppError('forbidden', 'Only the requester or the subject of a request can withdraw it.');
}
