import type { Maker } from './deciding/decider.ts';
import { canonicalJson } from './domain/canonical-json.ts';
import { addSeconds } from './domain/decision.ts';
import type { Directory } from './domain/directory.ts';
import { AppError } from './domain/errors.ts';
import type { FollowUp, IssuanceRequest, ReviewRequest, RevocationRequest } from './domain/follow-up.ts';
import { isInForce, issued, reviewed, revoked, type Standing } from './domain/grant.ts';
import { type Caller, type DecisionRecord, type PolicyRef, RECORD_TYPE, recordDigest } from './domain/record.ts';
import { separateDuties } from './domain/separation-of-duties.ts';
import { instantOf } from './domain/statement.ts';
import { standingAt } from './evidence/case-head.ts';
import { createCaseQueue } from './evidence/case-queue.ts';
import type { Idempotency } from './evidence/idempotency.ts';
import { type SigningKey, signCompact } from './evidence/jws.ts';
import type { RecordReader } from './evidence/record-reader.ts';
import type { CaseHead, IdempotencyEntry, Store } from './evidence/store.ts';

/** A statement that is kept; `replayed`: an idempotency key led here again. */
export interface KeptFollowUp {
  record: FollowUp;
  jws: string;
  replayed: boolean;
}

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
}

export interface GrantsParts {
  /** Who is who, by the active policy. */
  policy: () => { ref: PolicyRef; directory: Directory };
  store: Store;
  records: RecordReader;
  idempotency: Idempotency;
  key: SigningKey;
  maker: Maker;
  clock: () => Date;
  newId: () => string;
}

/** A grant at the instant at which something is to become of it. */
interface Found {
  head: CaseHead;
  decision: DecisionRecord;
  standing: Standing;
  directory: Directory;
  at: string;
}

/** What is new in a statement. */
type Said = { standing: Standing; by: { identity: string; person: string } } & (
  | { statement: 'review'; review: ReviewRequest }
  | { statement: 'revocation'; revocation: RevocationRequest }
  | { statement: 'issuance'; issuance: IssuanceRequest }
);

const MAX_RECORDS = 1024;

export function createGrants({
  policy,
  store,
  records,
  idempotency,
  key: signingKey,
  maker,
  ...rest
}: GrantsParts): Grants {
  const { clock, newId } = rest;
  const queue = createCaseQueue();

  /** Says something of a grant, signs and keeps it. Null: another record or the same key came first. */
  async function settle(
    caseId: string,
    caller: Caller,
    idempotencyEntry: IdempotencyEntry | null,
    say: (found: Found) => Said,
  ): Promise<KeptFollowUp | null> {
    const { ref, directory } = policy();
    const head = store.caseHead(caseId);
    if (head === null) throw new AppError('not_found', 'There is no such case.');
    const { record: decision, jws: decisionJws } = records.readDecision(head.decision);
    const { record: last, jws: lastJws } = records.read(head.record);
    // A clock that is set back must not make a statement older than the one before it.
    const at = new Date(Math.max(clock().getTime(), Date.parse(instantOf(last)))).toISOString();
    const standing = standingIn(head);
    if (head.seq + 1 >= MAX_RECORDS) throw new AppError('case_full', `A case holds at most ${MAX_RECORDS} records.`);
    const record: FollowUp = {
      iss: maker.issuer,
      jti: newId(),
      iat: Math.floor(Date.parse(at) / 1000),
      case: head.case,
      seq: head.seq + 1,
      previous: { jti: last.jti, digest: recordDigest(lastJws) },
      at,
      kind: head.kind,
      grant: { jti: decision.jti, digest: recordDigest(decisionJws) },
      caller: { ...caller, person: caller.principal && directory.personOf(caller.principal) },
      policy: ref,
      engine: { version: maker.version },
      ...say({ head, decision, standing, directory, at }),
    };
    const jws = signCompact(canonicalJson(record), signingKey, RECORD_TYPE);
    const { jti: id, seq } = record;
    const result = await store.commit({
      record: { id, case: head.case, seq, jws, digest: recordDigest(jws) },
      caseHead: { ...head, ...record.standing, seq, record: id },
      idempotency: idempotencyEntry,
    });
    return result === 'committed' ? { record, jws, replayed: false } : null;
  }

  async function once(
    act: { route: string; caseId: string; body: unknown; caller: Caller; key: string | null },
    say: (found: Found) => Said,
  ): Promise<KeptFollowUp> {
    const { route, caseId, body, caller, key } = act;
    const claim = { caller, route: `cases/${caseId}/${route}`, key, body };
    const result = await idempotency.once(claim, (entry) =>
      queue.run(caseId, async () => {
        const kept = await settle(caseId, caller, entry, say);
        return kept && { id: kept.record.jti, value: kept };
      }),
    );
    if ('first' in result) return result.first;
    const { record, jws } = records.read(result.replayOf);
    return { record: record as FollowUp, jws, replayed: true };
  }

  return {
    review: (caseId, review, caller, key) =>
      once({ route: 'reviews', caseId, body: review, caller, key }, (found) => {
        const by = personBehind(caller, found);
        const { barred } = dutiesOf(found);
        if (barred.some(({ person }) => person === by.person)) {
          throw new AppError(
            'own_grant',
            'This person was granted it or asked for it; somebody else has to review it.',
          );
        }
        const nextReviewBy = addSeconds(found.at, found.decision.evaluation?.review_after_seconds ?? 0);
        const standing = reviewed(found.standing, review.verdict, found.at, nextReviewBy);
        return { statement: 'review', by, review, standing };
      }),
    revoke: (caseId, revocation, caller, key) =>
      once({ route: 'revocations', caseId, body: revocation, caller, key }, (found) => {
        const by = personBehind(caller, found);
        return { statement: 'revocation', by, revocation, standing: revoked(found.standing, found.at) };
      }),
    issue: (caseId, issuance, caller, key) =>
      once({ route: 'issuances', caseId, body: issuance, caller, key }, (found) => {
        if (!isInForce(found.standing, found.at)) throw new AppError('grant_over', 'The grant has expired.');
        const by = caller.principal === null ? personServed(found) : personBehind(caller, found);
        return { statement: 'issuance', by, issuance, standing: issued(found.standing, issuance.expires_at) };
      }),
  };
}

/** Throws AppError `case_not_granted`, `grant_over`. */
function standingIn(head: CaseHead): Standing {
  const standing = standingAt(head);
  if (standing === null) throw new AppError('case_not_granted', 'Nothing was granted in this case.');
  if (standing.revoked_at !== null) {
    throw new AppError('grant_over', `The grant was taken back at ${standing.revoked_at}.`);
  }
  return standing;
}

function personBehind({ principal }: Caller, { directory }: Found): { identity: string; person: string } {
  const person = principal === null ? null : directory.personOf(principal);
  if (principal === null || person === null) {
    throw new AppError('person_missing', 'This needs a token that stands for a person whom the organisation knows.');
  }
  return { identity: principal, person };
}

/** A machine that issues does so for the person whose grant it is. */
function personServed(found: Found): { identity: string; person: string } {
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
function dutiesOf({ decision: { request, caller }, directory }: Found) {
  return separateDuties(request, caller, directory);
}
