import { type Approval, resolveApprover, type VerdictRequest, withFacts } from './domain/approval.ts';
import { canonicalJson, digestOf, sha256 } from './domain/canonical-json.ts';
import { addSeconds, decide } from './domain/decision.ts';
import { AppError } from './domain/errors.ts';
import { type Caller, type DecisionRecord, policyInputText, RECORD_TYPE, recordDigest } from './domain/record.ts';
import { type AccessRequest, kindOf } from './domain/request.ts';
import { separateDuties } from './domain/separation-of-duties.ts';
import { headAfter, likeness } from './evidence/case-head.ts';
import { createCaseQueue } from './evidence/case-queue.ts';
import type { Idempotency, IdempotencyClaim } from './evidence/idempotency.ts';
import { verifyCompact } from './evidence/jws.ts';
import type { Signer } from './evidence/keys.ts';
import type { CaseHead, IdempotencyEntry, Store } from './evidence/store.ts';
import { BUILTINS_VERSION } from './policy/builtins/index.ts';
import { zonesVersion } from './policy/builtins/time-zone.ts';
import type { Policy } from './policy/policy.ts';

export interface SignedRecord {
  record: DecisionRecord;
  jws: string;
}

/** The record that a call led to; `latest` is the head of its case where an idempotency key led to it again. */
export interface Kept extends SignedRecord {
  latest: CaseHead | null;
}

export interface Gate {
  /** Decides a new case. */
  open(request: AccessRequest, caller: Caller, key: string | null): Promise<Kept>;
  /**
   * Adds a verdict to an open case and decides it again. Throws AppError forbidden, seen_mismatch, case_closed, already_given,
   * case_full.
   */
  approve(caseId: string, verdict: VerdictRequest, caller: Caller, key: string | null): Promise<Kept>;
  /** A record of our own, checked. Throws AppError not_found, record_invalid. */
  read(id: string): SignedRecord;
}

export interface GateParts {
  /** The active policy; asked once per decision, so that a decision never mixes two. */
  policy: () => Policy;
  signer: Signer;
  store: Store;
  idempotency: Idempotency;
  clock: () => Date;
  newId: () => string;
  issuer: string;
  version: string;
  onFault: (fault: { record: string; policy: string; detail: string }) => void;
}

/** Where a decision begins: a new case, or the head of an open one with one approval more. */
interface Draft {
  id: string;
  now: string;
  request: AccessRequest;
  caller: Caller;
  approvals: Approval[];
  head: SignedRecord | null;
}

const MAX_APPROVALS = 256;
const MAX_APPROVALS_BY_ONE = 8;
const HISTORY_LIMIT = 20;

export function createGate(parts: GateParts): Gate {
  const { signer, store, clock, newId } = parts;
  const queue = createCaseQueue();

  /**
   * The story: evaluate -> decide -> record -> sign -> commit. Nothing is answered before it is kept (law 1). Null: somebody
   * else was first with this case or idempotency key; look again and decide anew.
   */
  async function settle(draft: Draft, idempotency: IdempotencyEntry | null): Promise<SignedRecord | null> {
    const { id, now, request, caller, head } = draft;
    const policy = parts.policy();
    const caseId = head?.record.case ?? id;
    const like = likeness(request, policy.directory);
    const history = store.history({ ...like, except: caseId, limit: HISTORY_LIMIT });
    const approvals = draft.approvals.map((approval) => withFacts(approval, policy.directory));
    const requestDigest = digestOf(request);

    const inputText = policyInputText({ request, approvals, caller, history, evaluated_at: now });
    const { evaluation, builtinErrors, detail } = policy.evaluate(inputText, now);
    if (detail !== null) parts.onFault({ record: id, policy: policy.ref.digest, detail });
    const duties = separateDuties(request, caller, policy.directory);
    const decision = decide({ evaluation, approvals, ...duties, case: head && caseId, requestDigest, now });

    const record: DecisionRecord = {
      iss: parts.issuer,
      jti: id,
      iat: Math.floor(Date.parse(now) / 1000),
      statement: 'decision',
      case: caseId,
      seq: head === null ? 0 : head.record.seq + 1,
      previous: head && { jti: head.record.jti, digest: recordDigest(head.jws) },
      evaluated_at: now,
      caller,
      kind: kindOf(request),
      request,
      request_digest: requestDigest,
      approvals,
      history,
      input_digest: sha256(inputText),
      evaluation: 'fault' in evaluation ? null : evaluation,
      decision,
      policy: policy.ref,
      builtin_errors: builtinErrors,
      masked: [],
      engine: { version: parts.version, opa: policy.opaVersion, builtins: BUILTINS_VERSION, tzdata: zonesVersion() },
    };
    const jws = signer.sign(canonicalJson(record), RECORD_TYPE);
    const result = await store.commit({
      record: { id, case: caseId, seq: record.seq, jws, digest: recordDigest(jws) },
      caseHead: headAfter(record, like),
      idempotency,
    });
    return result === 'committed' ? { record, jws } : null;
  }

  async function open(request: AccessRequest, caller: Caller, key: string | null): Promise<Kept> {
    return once({ caller, route: 'decisions', key, body: request }, (idempotency) =>
      settle({ id: newId(), now: clock().toISOString(), request, caller, approvals: [], head: null }, idempotency),
    );
  }

  async function approve(caseId: string, verdict: VerdictRequest, caller: Caller, key: string | null): Promise<Kept> {
    const approver = resolveApprover(verdict, caller);
    if (store.caseHead(verdict.seen)?.case !== caseId) {
      throw new AppError('seen_mismatch', 'The member seen has to name a record of this case.');
    }
    return once({ caller, route: `cases/${caseId}/approvals`, key, body: verdict }, (idempotency) =>
      // One at a time per case, so that fifty approvers do not sign in vain; UNIQUE (case, seq) is the guard.
      queue.run(caseId, () => settle(withVerdict(caseId, verdict, caller, approver), idempotency)),
    );
  }

  function withVerdict(
    caseId: string,
    verdict: VerdictRequest,
    { client, principal }: Caller,
    approver: ReturnType<typeof resolveApprover>,
  ): Draft {
    const head = read(store.caseHead(caseId)?.record ?? caseId);
    const { request, caller, request_digest, approvals, decision, evaluation, evaluated_at } = head.record;
    if (decision.outcome !== 'approval_required') {
      throw new AppError('case_closed', `The case ended with ${decision.outcome}.`);
    }
    // A clock that is set back must not make an approval older than what its giver saw.
    const now = new Date(Math.max(clock().getTime(), Date.parse(evaluated_at))).toISOString();
    const approval: Approval = {
      id: newId(),
      case: caseId,
      request_digest,
      approver: { ...approver, person: null, groups: [] },
      verdict: verdict.verdict,
      comment: verdict.comment,
      at: now,
      expires_at: addSeconds(now, evaluation?.approval_ttl_seconds ?? 0),
      seen: verdict.seen,
      on_behalf_of: verdict.on_behalf_of === undefined ? null : { identity: verdict.on_behalf_of, person: null },
      submitted_by: { client, principal, person: null },
    };
    requireRoom(approvals, approval);
    return { id: newId(), now, request, caller, approvals: [...approvals, approval], head };
  }

  async function once(
    claim: IdempotencyClaim,
    act: (idempotency: IdempotencyEntry | null) => Promise<SignedRecord | null>,
  ): Promise<Kept> {
    const result = await parts.idempotency.once(claim, async (entry) => {
      const value = await act(entry);
      return value && { id: value.record.jti, value };
    });
    if ('first' in result) return { ...result.first, latest: null };
    return { ...read(result.replayOf), latest: store.caseHead(result.replayOf) };
  }

  /**
   * Checked before anything is built upon it, and to be the record that the row is for: whoever can write to the database
   * file still cannot write evidence, nor put one record in the place of another.
   */
  function read(id: string): SignedRecord {
    const stored = store.record(id);
    if (stored === null) throw new AppError('not_found', 'There is no such record.');
    const record = verifyCompact(stored.jws, signer.verificationKeys, RECORD_TYPE).payload as DecisionRecord;
    if (record.jti !== id || record.case !== stored.case || record.seq !== stored.seq) {
      throw new AppError('record_invalid', `The store holds another record in the place of ${id}.`);
    }
    return { record, jws: stored.jws };
  }

  return { open, approve, read };
}

/**
 * Nobody fills a case up by themselves: the same verdict, through the same hands, is taken once while it is in force, and
 * one person's token hands in a few at most. Somebody else's hands, or a corrected verdict, are another matter.
 */
function requireRoom(given: readonly Approval[], next: Approval): void {
  const hands = ({ submitted_by }: Approval) => canonicalJson([submitted_by.client, submitted_by.principal]);
  const sameHands = given.filter((each) => hands(each) === hands(next));
  const terms = ({ verdict, approver: { identity, assurance }, on_behalf_of }: Approval) =>
    canonicalJson([verdict, identity, assurance, on_behalf_of?.identity ?? null]);
  if (sameHands.some((each) => terms(each) === terms(next) && each.expires_at > next.at)) {
    throw new AppError('already_given', `This verdict of ${next.approver.identity} is in the case already.`);
  }
  if (next.submitted_by.principal !== null && sameHands.length >= MAX_APPROVALS_BY_ONE) {
    throw new AppError('already_given', `One person hands in at most ${MAX_APPROVALS_BY_ONE} verdicts on a case.`);
  }
  if (given.length >= MAX_APPROVALS) {
    throw new AppError('case_full', `A case holds at most ${MAX_APPROVALS} approvals.`);
  }
}
