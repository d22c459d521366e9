import type { Decided, Draft } from './deciding/decider.ts';
import type { DecisionPool } from './deciding/decision-pool.ts';
import { type Answer, answerText, toAnswer } from './domain/answer.ts';
import { type Approval, type Approver, resolveApprover, type VerdictRequest } from './domain/approval.ts';
import { canonicalJson } from './domain/canonical-json.ts';
import { addSeconds, type Decision, type Outcome, onceCounted, REPEATABLE } from './domain/decision.ts';
import type { Directory } from './domain/directory.ts';
import { AppError } from './domain/errors.ts';
import type { Tier } from './domain/evaluation.ts';
import { stateOf } from './domain/grant.ts';
import { type Caller, type DecisionRecord, recordDigest } from './domain/record.ts';
import type { AccessRequest } from './domain/request.ts';
import { type Signable, signedPart } from './domain/signed-verdict.ts';
import { identifySigner } from './evidence/approval-signature.ts';
import { likeness, standingAt } from './evidence/case-head.ts';
import { createCaseQueue } from './evidence/case-queue.ts';
import type { Idempotency, IdempotencyClaim } from './evidence/idempotency.ts';
import { unverifiedPayload } from './evidence/jws.ts';
import type { RecordReader } from './evidence/record-reader.ts';
import type { CaseHead, IdempotencyEntry, Store } from './evidence/store.ts';

/** What a call led to: a record that is kept, and the answer that is read from it. */
export interface Kept {
  id: string;
  outcome: Outcome;
  tier: Tier;
  /** JSON text, see answerSchema; with `latest` where an idempotency key led here again. */
  answer: string;
  replayed: boolean;
}

export interface Gate {
  /** Decides a new case. The idempotency key counts for its route; the same key may stand for another case elsewhere. */
  open(request: AccessRequest, caller: Caller, key: string | null, route?: string): Promise<Kept>;
  /**
   * Adds a verdict to an open case and decides it again. Throws AppError forbidden, seen_mismatch, signature_invalid,
   * case_closed, already_given, case_full.
   */
  approve(caseId: string, verdict: VerdictRequest, caller: Caller, key: string | null): Promise<Kept>;
  /**
   * Decides an open case again by another policy than the one that decided it last, and keeps it where the case now needs
   * something else; it stays open. Null otherwise. Throws AppError `case_closed`, `overloaded`.
   */
  followPolicy(caseId: string): Promise<Kept | null>;
}

export interface GateParts {
  /** Decides by the active policy; asked once per decision, so that a decision never mixes two. */
  pool: () => Pick<DecisionPool, 'ref' | 'directory' | 'decide'>;
  records: RecordReader;
  store: Store;
  idempotency: Idempotency;
  clock: () => Date;
  newId: () => string;
  onFault: (fault: { record: string; policy: string; detail: string }) => void;
}

/** A draft before persons are looked up. */
type Beginning = Omit<Draft, 'like' | 'history'>;

const MAX_APPROVALS = 256;
const MAX_APPROVALS_BY_ONE = 8;

export function createGate(parts: GateParts): Gate {
  const { store, records, clock, newId } = parts;
  const queue = createCaseQueue();

  /**
   * The story: evaluate -> decide -> record -> sign (in a thread of the pool) -> commit. Nothing is answered before it is
   * kept (law 1). Null: somebody else was first with this case or idempotency key; look again and decide anew.
   */
  async function settle(beginning: Beginning, idempotency: IdempotencyEntry | null): Promise<Kept | null> {
    return keep(await decideBy(parts.pool(), beginning), idempotency);
  }

  async function decideBy(
    { ref, directory, decide }: ReturnType<GateParts['pool']>,
    beginning: Beginning,
  ): Promise<Decided> {
    const like = likeness(beginning.request, directory);
    const history = store.history({ ...like, except: beginning.head?.case ?? null, now: beginning.now });
    const decided = await decide({ ...withPerson(beginning, directory), like, history });
    if (decided.fault !== null) parts.onFault({ record: beginning.id, policy: ref.digest, detail: decided.fault });
    return decided;
  }

  async function keep(decided: Decided, idempotency: IdempotencyEntry | null): Promise<Kept | null> {
    const result = await store.commit({ record: decided.record, caseHead: decided.caseHead, idempotency });
    return result === 'committed' ? kept(decided) : null;
  }

  async function open(request: AccessRequest, caller: Caller, key: string | null, route = 'decisions'): Promise<Kept> {
    return once({ caller, route, key, body: request }, (idempotency) =>
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
    resolved: Approver | null,
  ): Beginning {
    const { record, beginning } = openCase(caseId);
    const { request_digest, evaluation, decision } = record;
    const { now, approvals } = beginning;
    const { seen, comment, signature = null } = verdict;
    const said: Signable = { case: caseId, seen, request_digest, verdict: verdict.verdict, comment };
    const { identity, assurance, authenticatedAt } = resolved ?? signer(signature, said);
    const approval: Approval = {
      id: newId(),
      case: caseId,
      request_digest,
      approver: { identity, assurance, person: null, groups: [] },
      verdict: verdict.verdict,
      comment,
      at: now,
      expires_at: addSeconds(now, evaluation?.approval_ttl_seconds ?? 0),
      seen,
      seen_tier: (seen === record.jti ? record : records.readDecision(seen).record).decision.tier,
      authenticated_at: authenticatedAt,
      signature,
      on_behalf_of: verdict.on_behalf_of === undefined ? null : { identity: verdict.on_behalf_of, person: null },
      submitted_by: { client, principal, person: null },
    };
    requireRoom(approvals, approval, decision);
    return { ...beginning, approvals: [...approvals, approval] };
  }

  /** Where the next decision on an open case begins. Throws AppError `case_closed`. */
  function openCase(caseId: string): { record: DecisionRecord; beginning: Beginning } {
    const { record, jws } = records.readDecision(store.caseHead(caseId)?.decision ?? caseId);
    const { request, caller, approvals, decision, evaluated_at } = record;
    if (decision.outcome !== 'approval_required') {
      throw new AppError('case_closed', `The case ended with ${decision.outcome}.`);
    }
    // A clock that is set back must not make an approval older than what its giver saw.
    const now = new Date(Math.max(clock().getTime(), Date.parse(evaluated_at))).toISOString();
    const head = {
      case: caseId,
      seq: record.seq,
      jti: record.jti,
      digest: recordDigest(jws),
      counted: onceCounted(decision),
    };
    return { record, beginning: { id: newId(), now, request, caller, approvals, head } };
  }

  async function followPolicy(caseId: string): Promise<Kept | null> {
    return queue.run(caseId, async () => {
      const pool = parts.pool();
      const { record, beginning } = openCase(caseId);
      if (record.policy.digest === pool.ref.digest) return null;
      const decided = await decideBy(pool, beginning);
      // No case ends because a policy changed, or failed: that takes somebody who asks or gives a verdict.
      if (decided.fault !== null || decided.caseHead.outcome !== 'approval_required') return null;
      if (needsOf(unverifiedPayload(decided.record.jws) as DecisionRecord) === needsOf(record)) return null;
      return keep(decided, null);
    });
  }

  function signer(signature: string | null, said: Signable): Approver {
    return identifySigner(signature ?? '', said, parts.pool().directory, clock());
  }

  async function once(
    claim: IdempotencyClaim,
    act: (idempotency: IdempotencyEntry | null) => Promise<Kept | null>,
  ): Promise<Kept> {
    const result = await parts.idempotency.once(claim, async (entry) => {
      const value = await act(entry);
      return value && { id: value.id, value };
    });
    return 'first' in result ? result.first : replay(result.replayOf);
  }

  function replay(id: string): Kept {
    const { record, jws } = records.readDecision(id);
    const { outcome, tier } = record.decision;
    const head = store.caseHead(id);
    const latest = head && latestOf(head);
    const answer: Answer = { ...toAnswer(record, jws), ...(latest && { latest }) };
    return { id, outcome, tier, answer: JSON.stringify(answer), replayed: true };
  }

  function latestOf(head: CaseHead): NonNullable<Answer['latest']> {
    const { jti, seq, decision } = records.readDecision(head.decision).record;
    const standing = standingAt(head);
    return { id: jti, seq, outcome: decision.outcome, grant: standing && stateOf(standing, clock().toISOString()) };
  }

  return { open, approve, followPolicy };
}

/** What a case needs, and which approvals count: where this is the same, nobody need look again. */
function needsOf({ evaluation, decision }: Pick<DecisionRecord, 'evaluation' | 'decision'>): string {
  const { tier, unmet, counted, not_counted, obligations } = decision;
  const { requirements, max_ttl_seconds, approval_ttl_seconds, review_after_seconds } = evaluation ?? {};
  const lifetimes = [max_ttl_seconds, approval_ttl_seconds, review_after_seconds].map((seconds) => seconds ?? null);
  return canonicalJson([tier, unmet, counted, not_counted, obligations, requirements ?? [], lifetimes]);
}

/** The person behind a new case's caller; the caller of an open case stands in its record. */
function withPerson(beginning: Beginning, directory: Directory): Beginning {
  const { caller, head } = beginning;
  if (head !== null || caller.principal === null) return beginning;
  return { ...beginning, caller: { ...caller, person: directory.personOf(caller.principal) } };
}

function kept({ record, caseHead, answer }: Decided): Kept {
  const { outcome, tier } = caseHead;
  return { id: record.id, outcome, tier, answer: answerText(answer, record.jws), replayed: false };
}

/**
 * Nobody fills a case up by themselves: the same verdict, through the same hands, is taken once while it is in force, the
 * same signature once, and one person's token hands in a few at most. Somebody else's hands, a corrected verdict, or one
 * that only counts when it is given anew are another matter.
 */
function requireRoom(given: readonly Approval[], next: Approval, { not_counted: notCounted }: Decision): void {
  if (given.some((each) => isSameSignature(each, next))) {
    throw new AppError('already_given', 'This signature is in the case already.');
  }
  const repeatable = new Set(notCounted.filter(({ code }) => REPEATABLE.has(code)).map(({ approval }) => approval));
  const hands = ({ submitted_by }: Approval) => canonicalJson([submitted_by.client, submitted_by.principal]);
  const sameHands = given.filter((each) => hands(each) === hands(next));
  const terms = ({ verdict, approver: { identity, assurance }, on_behalf_of }: Approval) =>
    canonicalJson([verdict, identity, assurance, on_behalf_of?.identity ?? null]);
  if (sameHands.some((each) => terms(each) === terms(next) && each.expires_at > next.at && !repeatable.has(each.id))) {
    throw new AppError('already_given', `This verdict of ${next.approver.identity} is in the case already.`);
  }
  if (next.submitted_by.principal !== null && sameHands.length >= MAX_APPROVALS_BY_ONE) {
    throw new AppError('already_given', `One person hands in at most ${MAX_APPROVALS_BY_ONE} verdicts on a case.`);
  }
  if (given.length >= MAX_APPROVALS) {
    throw new AppError('case_full', `A case holds at most ${MAX_APPROVALS} approvals.`);
  }
}

function isSameSignature({ signature: a }: Approval, { signature: b }: Approval): boolean {
  return typeof a === 'string' && typeof b === 'string' && signedPart(a) === signedPart(b);
}
