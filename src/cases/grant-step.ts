import { AppError } from '../base/errors.ts';
import type { GrantState, Standing } from '../contract/grant.ts';
import type { GrantEvent } from '../contract/grant-event.ts';
import type { Caller } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { separateDuties } from '../domain/approval/separation-of-duties.ts';
import { stateOf } from '../domain/grant.ts';
import type { IdempotencyEntry } from '../store/store.ts';
import type { CaseCall, CaseParts } from './case-parts.ts';
import { type CaseTurn, inTurnOfCase } from './case-queue.ts';
import { type CommittedStatement, keepStatement, type OwnMembers } from './keep.ts';
import { once } from './replay.ts';
import { referenceTo } from './seal.ts';

/*
 * What reviews, revocations and issuances have in common: each is a statement on the grant of a case, by a person.
 */

/** The grant of a case in its turn. */
export interface Grant extends CaseTurn {
  standing: Standing;
}

/** A person, and the identity under which they act. */
export interface Actor {
  identity: string;
  person: string;
}

/** A statement on a grant that is committed. */
export interface GrantEventResult<T extends GrantEvent = GrantEvent> {
  record: T;
  /** The record: a compact JWS. */
  jws: string;
  /** An idempotency key led here again. */
  replayed: boolean;
  /** The state of the grant now, whatever followed on this record. */
  state: GrantState;
}

type Attributed = Exclude<GrantEvent, { statement: 'evaluation' }>;

/** The members of a statement on a grant that depend on the step. */
export type OwnOfGrant<T extends GrantEvent> = T extends GrantEvent ? Omit<OwnMembers<T>, 'grant' | 'caller'> : never;

/** The limit of a case for statements that can be repeated endlessly. A revocation is always accepted. */
const MAX_RECORDS = 512;

/**
 * Makes a statement on the grant of a case, once per idempotency key. `say` checks the step and gives the members of the
 * statement. Rejects with AppError `not_found`, `case_not_granted`, `record_invalid`, `unauthenticated`, and as `say` does.
 */
export async function recordGrantEvent<T extends Attributed, Body>(
  parts: CaseParts,
  { statement, call }: { statement: T['statement']; call: CaseCall<Body> },
  say: (grant: Grant) => OwnOfGrant<T>,
): Promise<GrantEventResult<T>> {
  const { caseId, body, caller, key } = call;
  const result = await once<CommittedStatement<T>, T>(
    parts,
    {
      claim: { caller, route: `cases/${caseId}/${statement}s`, key, body },
      isOwn: (record: Statement): record is T => record.case === caseId && record.statement === statement,
      idOf: ({ record }) => record.jti,
    },
    (idempotency) =>
      inTurnOfCase(parts, { client: caller.client, caseId }, async (turn) => {
        const grant = grantIn(turn);
        const own = say(grant);
        await parts.revalidate(caller);
        return keepGrantEvent<T>(parts, grant, { own, idempotency, caller });
      }),
  );
  const now = parts.clock().toISOString();
  if (!result.replayed) {
    const { record, jws } = result.kept;
    return { record, jws, replayed: false, state: stateOf(record.standing, now) };
  }
  const { record, jws } = result;
  const { standing } = await parts.readCase(caseId);
  return { record, jws, replayed: true, state: stateOf(standing ?? record.standing, now) };
}

/** Throws AppError `case_not_granted`. */
export function grantIn(turn: CaseTurn): Grant {
  const { standing } = turn.on;
  if (standing === null) throw new AppError('case_not_granted', 'This case has no grant.');
  return { ...turn, standing };
}

/** Seals and commits a statement on a grant. Null: another record or the same key came first. */
export async function keepGrantEvent<T extends GrantEvent>(
  parts: CaseParts,
  grant: Grant,
  { own, idempotency, caller }: { own: OwnOfGrant<T>; idempotency: IdempotencyEntry | null; caller?: Caller },
): Promise<CommittedStatement<T> | null> {
  const { head, decision } = grant.on;
  const { ref, directory } = grant.pool;
  const person = caller?.principal ? directory.personOf(caller.principal) : null;
  const kept = await keepStatement<T>(parts, grant, {
    own: {
      grant: referenceTo(decision),
      ...(caller && { caller: { ...caller, person } }),
      ...own,
    } as unknown as OwnMembers<T>,
    headAfter: ({ jti, seq, standing, statement }) => {
      // Only a re-evaluation judges the grant: after anything else the sweep still has to come to it.
      const last_policy = statement === 'evaluation' ? ref.digest : head.last_policy;
      return { ...head, ...standing, seq, record: jti, last_policy };
    },
    idempotency,
  });
  if (kept !== null) parts.onGrantEvent(kept.record);
  return kept;
}

/** Throws AppError `grant_over` for a grant that was revoked. */
export function refuseRevoked({ standing: { revoked_at } }: Grant): void {
  if (revoked_at !== null) throw new AppError('grant_over', `The grant was revoked at ${revoked_at}.`);
}

/** Throws AppError `case_full`. */
export function requireRoom({ on: { head } }: Grant): void {
  if (head.seq + 1 < MAX_RECORDS) return;
  throw new AppError('case_full', `A case accepts reviews and issuances up to ${MAX_RECORDS} records.`);
}

/** The person behind a token. Throws AppError `person_missing`. */
export function requirePerson({ principal }: Caller, { pool: { directory } }: Grant): Actor {
  const person = principal === null ? null : directory.personOf(principal);
  if (principal === null || person === null || !directory.isActive(person)) {
    throw new AppError(
      'person_missing',
      'This call needs a token that represents an active person of the organisation.',
    );
  }
  return { identity: principal, person };
}

/** The persons of the grant: its subject, the person behind the caller, and `requested_by`. */
export function dutiesOf({ on: { decision }, pool: { directory } }: Grant): ReturnType<typeof separateDuties> {
  const { request, caller, opened } = decision.record;
  return separateDuties(request, caller, opened.persons, directory);
}
