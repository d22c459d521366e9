import { canonicalJson } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { addSeconds } from '../base/instant.ts';
import { OWN_CLIENT } from '../base/turns.ts';
import type { ReviewVerdict, Standing } from '../contract/grant.ts';
import type { FollowUp, IssuanceRequest, ReviewRequest, RevocationRequest } from '../contract/grant-event.ts';
import type { Caller, DecisionRecord, PolicyRef } from '../contract/record.ts';
import { separateDuties } from '../domain/approval/separation-of-duties.ts';
import type { Directory } from '../domain/directory.ts';
import { isInForce, isReviewedAfterwards, issued, reevaluated, reviewed, revoked } from '../domain/grant.ts';
import { isFollowUp } from '../domain/statement.ts';
import type { DecisionInput, Judgement } from '../evaluation/judge.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { VerifiedCase } from '../evidence/case-reader.ts';
import type { IdempotencyEntry } from '../store/store.ts';
import type { CaseParts } from './case-parts.ts';
import { referenceTo } from './seal.ts';
import { instantAfter, type KeptStatement, keepStatement } from './statements.ts';
import { turnKeys } from './turn-keys.ts';

/** A statement that is kept; `replayed`: an idempotency key led here again. */
export type KeptFollowUp = KeptStatement<FollowUp>;

/**
 * What becomes of a grant: every step is a record in its case. Each call throws AppError `not_found`, `case_not_granted`,
 * `grant_over` where the grant was taken back, `person_missing` where nobody can be named for it, and `case_full`.
 */
export interface Grants {
  /** Throws also AppError `own_grant`. */
  review(caseId: string, review: ReviewRequest, caller: Caller, key: string | null): Promise<KeptFollowUp>;
  revoke(caseId: string, revocation: RevocationRequest, caller: Caller, key: string | null): Promise<KeptFollowUp>;
  /** Throws AppError `grant_over` also for a grant that has expired. */
  issue(caseId: string, issuance: IssuanceRequest, caller: Caller, key: string | null): Promise<KeptFollowUp>;
  /**
   * Evaluates a grant by the active policy, at the instant and with the approvals by which it was given. Null where that
   * changes nothing. Throws AppError `overloaded` too, and `internal` where the policy failed.
   */
  reevaluate(caseId: string): Promise<KeptFollowUp | null>;
}

export interface GrantsParts extends CaseParts {
  /** Told of each statement once it is kept. */
  onKept: (record: FollowUp) => void;
}

/** A grant at the instant at which something is to become of it. */
interface Found extends VerifiedCase {
  standing: Standing;
  directory: Directory;
  ref: PolicyRef;
  judge: EvaluationPool['judge'];
  at: string;
}

type Evaluated = Extract<FollowUp, { statement: 'evaluation' }>;

/** What is new in a statement. */
type Said = { standing: Standing } & (
  | { statement: 'review'; by: Person; review: ReviewRequest }
  | { statement: 'revocation'; by: Person; revocation: RevocationRequest }
  | { statement: 'issuance'; by: Person; issuance: IssuanceRequest }
);

interface Person {
  identity: string;
  person: string;
}

/** In a case, for what may be said of it again and again. What takes a grant back always has room. */
const MAX_RECORDS = 512;
export function createGrants(parts: GrantsParts): Grants {
  const { pool, cases, records, turns, idempotency, clock } = parts;

  /** Rejects with AppError `not_found`, `case_not_granted`, `record_invalid`. */
  async function find(caseId: string): Promise<Found> {
    const found = await cases(caseId);
    const { standing, last } = found;
    if (standing === null) throw new AppError('case_not_granted', 'Nothing was granted in this case.');
    const { ref, directory, judge } = pool();
    return { ...found, standing, directory, ref, judge, at: instantAfter(last, clock()) };
  }

  /** Signs and keeps a statement. Null: another record or the same key came first. */
  async function keep(
    found: Found,
    said: Said | Pick<Evaluated, 'statement' | 'standing' | keyof JudgedAgain>,
    idempotencyEntry: IdempotencyEntry | null,
    caller: Caller | null,
  ): Promise<KeptFollowUp | null> {
    const { head, decision, ref, at } = found;
    // Only an evaluation looks at the grant by the policy: what anybody else says must not make the look pass it by.
    const last_policy = said.statement === 'evaluation' ? ref.digest : head.last_policy;
    const kept = await keepStatement<FollowUp>(parts, {
      on: found,
      said: {
        at,
        kind: head.kind,
        policy: ref,
        grant: referenceTo(decision),
        ...(caller && { caller }),
        ...said,
      } as Parameters<typeof keepStatement<FollowUp>>[1]['said'],
      headAfter: ({ jti, seq, standing }) => ({ ...head, ...standing, seq, record: jti, last_policy }),
      idempotency: idempotencyEntry,
    });
    if (kept !== null) parts.onKept(kept.record);
    return kept;
  }

  async function once(
    act: { route: string; caseId: string; body: unknown; caller: Caller; key: string | null },
    say: (found: Found) => Said,
  ): Promise<KeptFollowUp> {
    const { route, caseId, body, caller, key } = act;
    const claim = { caller, route: `cases/${caseId}/${route}`, key, body };
    const result = await idempotency.once(claim, async (entry) =>
      turns.run(caller.client, turnKeys((await cases(caseId)).head, caseId), async () => {
        const found = await find(caseId);
        const person = caller.principal && found.directory.personOf(caller.principal);
        const said = say(found);
        parts.revalidate(caller);
        const kept = await keep(found, said, entry, { ...caller, person });
        return kept && { id: kept.record.jti, value: kept };
      }),
    );
    return 'first' in result ? result.first : replay(result.replayOf, act);
  }

  /** A row that leads a key to another record than its own must not answer for it. */
  async function replay(id: string, act: { route: string; caseId: string; caller: Caller }): Promise<KeptFollowUp> {
    const { record, jws } = await records.read(id);
    const isOfThis =
      isFollowUp(record) &&
      'caller' in record &&
      record.case === act.caseId &&
      `${record.statement}s` === act.route &&
      record.caller.client === act.caller.client &&
      record.caller.principal === act.caller.principal;
    if (isOfThis) return { record, jws, replayed: true };
    throw new AppError(
      'record_invalid',
      `The store names record ${id} for an idempotency key that did not lead to it.`,
    );
  }

  return {
    review: (caseId, review, caller, key) =>
      once({ route: 'reviews', caseId, body: review, caller, key }, (found) => {
        const { standing, at, ref, decision } = found;
        // How access was used is still to be looked at when it was taken back.
        if (standing.review_by === null) refuseRevoked(standing);
        if (review.verdict === 'keep') requireRoom(found);
        const by = knownPerson(caller, found);
        requireStranger(by.person, review.verdict, found);
        const nextReviewBy = addSeconds(at, decision.record.evaluation?.review_after_seconds ?? 0);
        const isAfterwards = isReviewedAfterwards(decision.record.decision);
        const given = { verdict: review.verdict, at, nextReviewBy, isReviewedAfterwards: isAfterwards };
        return { statement: 'review', by, review, standing: reviewed(standing, { ...given, policy: ref.digest }) };
      }),
    revoke: (caseId, revocation, caller, key) =>
      once({ route: 'revocations', caseId, body: revocation, caller, key }, (found) => {
        refuseRevoked(found.standing);
        const by = knownPerson(caller, found);
        return { statement: 'revocation', by, revocation, standing: revoked(found.standing, found.at) };
      }),
    issue: (caseId, issuance, caller, key) =>
      once({ route: 'issuances', caseId, body: issuance, caller, key }, (found) => {
        const { standing, at } = found;
        refuseRevoked(standing);
        if (!isInForce(standing, at)) throw new AppError('grant_over', 'The grant has expired.');
        if (issuance.expires_at <= at) throw new AppError('invalid_request', 'The credential has expired already.');
        requireRoom(found);
        const by = caller.principal === null ? personServed(found) : knownPerson(caller, found);
        return { statement: 'issuance', by, issuance, standing: issued(standing, issuance.expires_at) };
      }),
    reevaluate: async (caseId) =>
      turns.run(OWN_CLIENT, turnKeys((await cases(caseId)).head, caseId), async () => {
        const found = await find(caseId);
        const { head, standing, decision, ref, judge } = found;
        refuseRevoked(standing);
        // By this policy it was given, or looked at since.
        if (head.last_policy === ref.digest) return null;
        const judgement = await judge(inputOf(decision.record));
        if (judgement.fault !== null) throw new AppError('internal', `The policy failed: ${judgement.fault}`);
        const after = reevaluated(standing, judgement.decision.outcome === 'allow', ref.digest);
        return (
          after && keep(found, { statement: 'evaluation', standing: after, ...judgedAgain(judgement) }, null, null)
        );
      }),
  };
}

type JudgedAgain = Pick<Evaluated, 'evaluated_at' | 'input_digest' | 'evaluation' | 'decision' | 'builtin_errors'>;

function judgedAgain({ evaluated_at, input_digest, evaluation, decision, builtin_errors }: Judgement): JudgedAgain {
  return { evaluated_at, input_digest, evaluation, decision, builtin_errors };
}

/** What led to a grant, to be judged once more: at the instant of the grant and with its approvals. */
function inputOf(granted: DecisionRecord): DecisionInput {
  const { case: caseId, previous, evaluated_at: now, request, caller, approvals, history, opened, decision } = granted;
  return {
    now,
    request,
    caller,
    approvals,
    history: canonicalJson(history),
    // The question is whether it would be allowed, not whether somebody has confirmed it.
    occasion: { by: 'request' },
    opened,
    before: previous && { case: caseId, ...decision },
  };
}

/** Throws AppError `grant_over` for what was taken back. */
function refuseRevoked({ revoked_at }: Standing): void {
  if (revoked_at !== null) throw new AppError('grant_over', `The grant was taken back at ${revoked_at}.`);
}

/** Throws AppError `case_full`. */
function requireRoom({ head }: Found): void {
  if (head.seq + 1 < MAX_RECORDS) return;
  throw new AppError('case_full', `A case takes reviews and issuances up to ${MAX_RECORDS} records.`);
}

/** Throws AppError `person_missing`. */
function knownPerson({ principal }: Caller, { directory }: Found): Person {
  const person = principal === null ? null : directory.personOf(principal);
  if (principal === null || person === null || !directory.isActive(person)) {
    throw new AppError('person_missing', 'This needs a token that stands for a person who is with the organisation.');
  }
  return { identity: principal, person };
}

/**
 * Nobody keeps what they were granted or asked for, whatever their identities lead to by now. Throws AppError `own_grant`;
 * `person_missing` where it cannot be told who asked, or for whom, and the grant is to be kept.
 */
function requireStranger(person: string, verdict: ReviewVerdict, found: Found): void {
  const { barred, undetermined } = dutiesOf(found);
  if (barred.some((each) => each.person === person)) {
    throw new AppError('own_grant', 'This person was granted it or asked for it; somebody else has to review it.');
  }
  // A request behind which there is no person at all has nobody who could hide behind another name.
  if (verdict === 'keep' && undetermined.some((code) => code !== 'requester_missing')) {
    throw new AppError(
      'person_missing',
      'Who asked, or for whom, is not known, so nobody can be told apart from them.',
    );
  }
}

/** A machine that issues does so for the person whose grant it is. */
function personServed(found: Found): Person {
  const { barred } = dutiesOf(found);
  const person = barred[0]?.person;
  if (person === undefined) {
    throw new AppError(
      'person_missing',
      'No known person stands behind the grant; send requested_by with the request.',
    );
  }
  return { identity: person, person };
}

/** Those for whom it was granted: its subject, who asked, and `requested_by`. */
function dutiesOf({ decision, directory }: Found) {
  const { request, caller, opened } = decision.record;
  return separateDuties(request, caller, opened.persons, directory);
}
