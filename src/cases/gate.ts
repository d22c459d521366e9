import { canonicalJson, digestOf } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { addSeconds } from '../base/instant.ts';
import { OWN_CLIENT } from '../base/turns.ts';
import type { Answer } from '../contract/answer.ts';
import type { Approval, VerdictRequest } from '../contract/approval.ts';
import type { Outcome } from '../contract/decision.ts';
import type { Tier } from '../contract/evaluation.ts';
import type { Caller, DecisionRecord } from '../contract/record.ts';
import type { AccessRequest } from '../contract/request.ts';
import { toAnswer } from '../domain/answer.ts';
import { isConfirmable, requireNew, requireRoom } from '../domain/approval/admission.ts';
import { type Approver, resolveApprover } from '../domain/approval/approval.ts';
import { identifySigner } from '../domain/approval/approval-signature.ts';
import type { Signable } from '../domain/approval/signed-verdict.ts';
import { needsOf } from '../domain/case-needs.ts';
import type { Directory } from '../domain/directory.ts';
import { stateOf } from '../domain/grant.ts';
import { type CaseKeys, caseKeysOf } from '../domain/history/case-keys.ts';
import { historyText } from '../domain/history/history.ts';
import { describeEnd, isEnding, outcomeAfter } from '../domain/statement.ts';
import type { DecisionInput, Judgement } from '../evaluation/judge.ts';
import { type CommitResult, commitOne, type IdempotencyEntry } from '../store/store.ts';
import type { CaseParts } from './case-parts.ts';
import type { IdempotencyClaim } from './idempotency.ts';
import { firstPosition, type Position, positionAfter } from './seal.ts';
import { judgeAndSeal, type SealedDecision, sealJudgement } from './seal-orders.ts';
import { turnKeys } from './turn-keys.ts';

/** What a call led to: a record that is kept, and the answer that is read from it. */
export interface Kept {
  id: string;
  outcome: Outcome;
  tier: Tier;
  /** As the worker rendered it, with its record; or, where an idempotency key led here again, with `latest`. */
  answer: { rendered: string; jws: string } | Answer;
  replayed: boolean;
}

export interface Gate {
  /** Decides a new case. The idempotency key counts for its route; the same key may stand for another case elsewhere. */
  open(request: AccessRequest, caller: Caller, key: string | null, route?: string): Promise<Kept>;
  /**
   * Adds a verdict to an open case and decides it again. Throws AppError forbidden, unauthenticated, seen_mismatch,
   * signature_invalid, case_closed, already_given, case_full, policy_failed.
   */
  approve(caseId: string, verdict: VerdictRequest, caller: Caller, key: string | null): Promise<Kept>;
  /**
   * Decides an open case again by another policy than the one that decided it last, and keeps it where the case now needs
   * something else, or is denied. It never allows (law 11). Null where nothing changes. Throws AppError `case_closed`,
   * `overloaded`, `policy_failed`, and `store_unavailable` where the decision was not kept.
   */
  followPolicy(caseId: string): Promise<Kept | null>;
}

export interface GateParts extends CaseParts {
  onFault: (fault: { record: string; policy: string; detail: string }) => void;
}

type Pool = ReturnType<GateParts['pool']>;

/** A decision that is to be made: its input without the history, and where its record will stand. */
interface Beginning {
  input: Omit<DecisionInput, 'history'>;
  position: Position;
}

export function createGate(parts: GateParts): Gate {
  const { store, records, cases, turns, clock, newId } = parts;

  /** Null where another policy became active while the history was read: the workers of `pool` take nothing more. */
  async function inputWithHistory(
    { input, position }: Beginning,
    { keys, pool }: { keys: CaseKeys; pool: Pool },
  ): Promise<DecisionInput | null> {
    const except = input.before === null ? null : position.case;
    const history = historyText(await store.candidates(keys), { ...keys, except, now: input.now });
    return parts.pool().ref.digest === pool.ref.digest ? { ...input, history } : null;
  }

  /** Null where another policy became active. */
  async function judgeBy(pool: Pool, beginning: Beginning): Promise<Judgement | null> {
    const keys = caseKeysOf(beginning.input.request, pool.directory);
    const input = await inputWithHistory(beginning, { keys, pool });
    if (input === null) return null;
    const judgement = await pool.judge(input);
    reportFault(judgement, pool, beginning);
    return judgement;
  }

  function reportFault({ fault }: Pick<Judgement, 'fault'>, { ref }: Pool, { position }: Beginning): void {
    if (fault !== null) parts.onFault({ record: position.id, policy: ref.digest, detail: fault });
  }

  /** The workers of the newest pool seal: those of the pool that judged may be ending. */
  function seal(judgement: Judgement, { position, input }: Beginning, { directory }: Pool): Promise<SealedDecision> {
    return sealJudgement(parts.pool(), judgement, { position, keys: caseKeysOf(input.request, directory) });
  }

  function commit({ signed, head }: SealedDecision, idempotency: IdempotencyEntry | null): Promise<CommitResult> {
    return commitOne(store, { record: signed, caseHead: head, idempotency, leaf: signed.digest, outbox: [] });
  }

  async function open(request: AccessRequest, caller: Caller, key: string | null, route = 'decisions'): Promise<Kept> {
    const isReplay = (record: DecisionRecord) => record.seq === 0 && record.request_digest === digestOf(request);
    return once({ caller, route, key, body: request }, isReplay, (idempotency) =>
      openOnce(request, caller, idempotency),
    );
  }

  /**
   * The story: history -> judge and seal (one round trip to a worker) -> commit. Nothing is answered before it is kept
   * (law 1). Null: another call was first with this idempotency key, or a case that this one looked at was not kept; look
   * again and decide anew. The turn is over when the commit has begun: from then on the history shows the case.
   */
  async function openOnce(
    request: AccessRequest,
    caller: Caller,
    idempotency: IdempotencyEntry | null,
  ): Promise<Kept | null> {
    const begun = await inTurn(caller.client, request, [], async (pool) => {
      const { directory } = pool;
      const beginning: Beginning = {
        position: firstPosition(newId()),
        input: {
          now: clock().toISOString(),
          request,
          caller: { ...caller, person: caller.principal && directory.personOf(caller.principal) },
          approvals: [],
          occasion: { by: 'request' },
          opened: null,
          before: null,
        },
      };
      const keys = caseKeysOf(request, directory);
      const input = await inputWithHistory(beginning, { keys, pool });
      if (input === null) return null;
      const decided = await judgeAndSeal(pool, input, { position: beginning.position, keys });
      reportFault(decided, pool, beginning);
      return { decided, result: commit(decided, idempotency) };
    });
    return begun !== null && (await begun.result).status === 'committed' ? kept(begun.decided) : null;
  }

  /**
   * Runs a task when no other decision is under way on the same subject, resource or team, nor one with these `keys`. Null
   * where another policy became active meanwhile that says who the subject is, or in which team, in another way.
   */
  function inTurn<T>(
    client: string,
    request: AccessRequest,
    keys: readonly string[],
    task: (pool: Pool) => Promise<T | null>,
  ): Promise<T | null> {
    const keysBy = ({ directory }: { directory: Directory }) => turnKeys(caseKeysOf(request, directory));
    const keysThen = keysBy(parts.pool());
    return turns.run(client, [...keys, ...keysThen], async () => {
      const pool = parts.pool();
      return canonicalJson(keysBy(pool)) === canonicalJson(keysThen) ? task(pool) : null;
    });
  }

  /** The same for an open case, which others find under the team that its subject was in when it was opened. */
  async function inTurnOfCase<T>(
    client: string,
    caseId: string,
    task: (pool: Pool) => Promise<T | null>,
  ): Promise<T | null> {
    const { head, decision } = await cases(caseId);
    return inTurn(client, decision.record.request, turnKeys(head, caseId), task);
  }

  async function approve(caseId: string, verdict: VerdictRequest, caller: Caller, key: string | null): Promise<Kept> {
    const approver = resolveApprover(verdict, caller);
    const isReplay = ({ case: of, approvals }: DecisionRecord) =>
      of === caseId && approvals.at(-1)?.seen === verdict.seen && approvals.at(-1)?.verdict === verdict.verdict;
    const claim = { caller, route: `cases/${caseId}/approvals`, key, body: verdict };
    return once(claim, isReplay, (idempotency) =>
      inTurnOfCase(caller.client, caseId, (pool) =>
        giveVerdict(caseId, pool, { verdict, caller, approver, idempotency }),
      ),
    );
  }

  async function giveVerdict(
    caseId: string,
    pool: Pool,
    given: {
      verdict: VerdictRequest;
      caller: Caller;
      approver: Approver | null;
      idempotency: IdempotencyEntry | null;
    },
  ): Promise<Kept | null> {
    // What policy asks for by now has to be shown first, before anything is made of a verdict that was given for less.
    await follow(caseId, pool);
    const { record, beginning } = await openCase(caseId);
    const approval = await toApproval(given, record, beginning.input.now);
    const isPolicyNew = record.policy.digest !== pool.ref.digest;
    requireNew({ approvals: record.approvals, decision: record.decision, isPolicyNew }, approval);
    const approvals = [...record.approvals, approval];
    const occasion = { by: 'verdict', approval: approval.id } as const;
    const next = { ...beginning, input: { ...beginning.input, approvals, occasion } };
    const judgement = await judgeBy(pool, next);
    if (judgement === null) return null;
    refuseFault(judgement);
    requireRoom(record.approvals, approval, judgement.decision);
    // Whoever gave it may have lost the right to while it was judged.
    parts.revalidate(given.caller);
    const decided = await seal(judgement, next, pool);
    return (await commit(decided, given.idempotency)).status === 'committed' ? kept(decided) : null;
  }

  async function toApproval(
    { verdict, caller, approver: resolved }: { verdict: VerdictRequest; caller: Caller; approver: Approver | null },
    record: DecisionRecord,
    now: string,
  ): Promise<Approval> {
    const { request_digest, evaluation, case: caseId } = record;
    const { seen, comment, signature = null } = verdict;
    const shown = await requireSeen(verdict, record);
    const said: Signable = { case: caseId, seen, request_digest, verdict: verdict.verdict, comment };
    const { identity, assurance, authenticatedAt } = resolved ?? signer(signature, said);
    return {
      id: newId(),
      case: caseId,
      request_digest,
      approver: { identity, assurance, person: null, groups: [] },
      verdict: verdict.verdict,
      comment,
      at: now,
      expires_at: addSeconds(now, evaluation?.approval_ttl_seconds ?? 0),
      seen,
      seen_tier: shown.decision.tier,
      authenticated_at: authenticatedAt,
      signature,
      on_behalf_of: verdict.on_behalf_of === undefined ? null : { identity: verdict.on_behalf_of, person: null },
      submitted_by: { client: caller.client, principal: caller.principal, person: null },
    };
  }

  /**
   * What an approver was shown has to be of this case, and about what is decided. Throws AppError `seen_mismatch`, also where
   * the case waits for a confirmation and something older was shown.
   */
  async function requireSeen({ seen, verdict }: VerdictRequest, record: DecisionRecord): Promise<DecisionRecord> {
    if (seen === record.jti) return record;
    const isOfCase = (await store.record(seen))?.case === record.case;
    const shown = isOfCase ? (await records.readDecision(seen)).record : null;
    if (shown?.case !== record.case || shown.request_digest !== record.request_digest) {
      throw new AppError('seen_mismatch', 'The member seen has to name a record of this case.');
    }
    if (verdict === 'approve' && !isConfirmable(shown, record)) {
      throw new AppError(
        'seen_mismatch',
        `The case waits for a confirmation of what it says now: look at record ${record.jti}, and name that one.`,
      );
    }
    return shown;
  }

  /** Where the next decision on an open case begins: one that nobody led to so far. Throws AppError `case_closed`. */
  async function openCase(caseId: string): Promise<{ record: DecisionRecord; beginning: Beginning }> {
    const { decision: newest, last } = await cases(caseId);
    const { record } = newest;
    const { request, caller, approvals, decision, evaluated_at, opened } = record;
    // A clock that is set back must not make an approval older than what its giver saw.
    const now = new Date(Math.max(clock().getTime(), Date.parse(evaluated_at))).toISOString();
    if (outcomeAfter(last.record) !== 'approval_required') {
      throw new AppError('case_closed', describeEnd(last.record));
    }
    if (decision.closes_at !== null && decision.closes_at <= now) {
      throw new AppError('case_closed', `The case took verdicts until ${decision.closes_at}; ask anew.`);
    }
    const before = { case: record.case, ...decision };
    const input = { now, request, caller, approvals, occasion: { by: 'sweep' } as const, opened, before };
    return { record, beginning: { position: positionAfter(newest, newId()), input } };
  }

  /** See Gate.followPolicy. To be called in the turn of the case. */
  async function follow(caseId: string, pool: Pool): Promise<Kept | null> {
    const { last_policy } = (await cases(caseId)).head;
    const { record, beginning } = await openCase(caseId);
    if ([last_policy, record.policy.digest].includes(pool.ref.digest)) return null;
    const judgement = await judgeBy(pool, beginning);
    if (judgement === null) throw new AppError('overloaded', 'Another policy became active; try again.');
    refuseFault(judgement);
    if (needsOf(judgement) === needsOf(record)) return null;
    const decided = await seal(judgement, beginning, pool);
    if ((await commit(decided, null)).status === 'committed') return kept(decided);
    throw new AppError('store_unavailable', 'Another record came first; the case is judged again later.');
  }

  function signer(signature: string | null, said: Signable): Approver {
    return identifySigner(signature ?? '', said, parts.pool().directory, clock());
  }

  async function once(
    claim: IdempotencyClaim,
    isReplay: (record: DecisionRecord) => boolean,
    act: (idempotency: IdempotencyEntry | null) => Promise<Kept | null>,
  ): Promise<Kept> {
    const result = await parts.idempotency.once(claim, async (entry) => {
      const value = await act(entry);
      return value && { id: value.id, value };
    });
    return 'first' in result ? result.first : replay(result.replayOf, claim, isReplay);
  }

  /** A row that leads a key to another record than its own must not answer for it. */
  async function replay(
    id: string,
    { caller }: IdempotencyClaim,
    isReplay: (record: DecisionRecord) => boolean,
  ): Promise<Kept> {
    const { record, jws } = await records.readDecision(id);
    const by = record.seq === 0 ? record.caller : record.approvals.at(-1)?.submitted_by;
    if (by?.client !== caller.client || by.principal !== caller.principal || !isReplay(record)) {
      throw new AppError(
        'record_invalid',
        `The store names record ${id} for an idempotency key that did not lead to it.`,
      );
    }
    const { outcome, tier } = record.decision;
    const now = clock().toISOString();
    const latest = await latestOf(record.case, now);
    const asOf = latest.id === id ? now : record.evaluated_at;
    const answer: Answer = { ...toAnswer(record, jws, asOf, parts.pool().sentences), latest };
    return { id, outcome, tier, answer, replayed: true };
  }

  async function latestOf(caseId: string, now: string): Promise<NonNullable<Answer['latest']>> {
    const { decision, last, standing } = await cases(caseId);
    const { jti, seq } = decision.record;
    const ended = isEnding(last.record) ? last.record.statement : null;
    return { id: jti, seq, outcome: outcomeAfter(last.record), ended, grant_state: standing && stateOf(standing, now) };
  }

  return {
    open,
    approve,
    followPolicy: (caseId) => inTurnOfCase(OWN_CLIENT, caseId, (pool) => follow(caseId, pool)),
  };
}

/**
 * A policy that fails says nothing of an open case: it stays as it is, or anybody whose verdict does not count could end it at
 * such a moment. Throws AppError `policy_failed`; the log says why.
 */
function refuseFault({ fault }: Judgement): void {
  if (fault === null) return;
  throw new AppError('policy_failed', 'The active policy failed on this case, so nothing was kept; try again later.');
}

function kept({ signed, head, rendered }: SealedDecision): Kept {
  const { outcome, tier } = head;
  return { id: signed.id, outcome, tier, answer: { rendered, jws: signed.jws }, replayed: false };
}
