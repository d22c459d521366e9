import { Canonical, type Sha256, sha256 } from '../base/canonical-json.ts';
import { type SigningKey, signCompact } from '../base/jws.ts';
import type { Approval } from '../contract/approval.ts';
import type { Decision } from '../contract/decision.ts';
import type { Caller, Opened } from '../contract/record.ts';
import type { AccessRequest } from '../contract/request.ts';
import { toUnsignedAnswer } from '../domain/answer.ts';
import { withFacts } from '../domain/approval/approval.ts';
import { withoutReassigned } from '../domain/approval/counting.ts';
import { personsOf, separateDuties } from '../domain/approval/separation-of-duties.ts';
import { decide, type EvaluationFault, type Occasion } from '../domain/decision.ts';
import { policyInputText, RECORD_TYPE, type RecordDraft, recordDigest, recordText } from '../domain/record.ts';
import { kindOf } from '../domain/request.ts';
import { BUILTINS_VERSION } from '../rego/builtins/index.ts';
import { zonesVersion } from '../rego/builtins/time-zone.ts';
// biome-ignore lint/style/noRestrictedImports: goes when judging and sealing are two steps.
import { headAfter, type Likeness } from '../store/case-head.ts';
// biome-ignore lint/style/noRestrictedImports: goes when judging and sealing are two steps.
import type { CommitEntry } from '../store/store.ts';
import { type EvaluationResult, fault } from './evaluator.ts';
import type { Policy } from './policy.ts';

/** Where a decision begins: a new case, or the head of an open one with one approval more. Plain data, for any thread. */
export interface Draft {
  /** The id of the record to be made. */
  id: string;
  /** The instant at which it is evaluated: UTC, milliseconds, Z. */
  now: string;
  request: AccessRequest;
  caller: Caller;
  /** As they stand in the decision before, and the one that is given now, whose person is null. */
  approvals: readonly Approval[];
  like: Likeness;
  /** Cases of the same subject or resource, which policy may look at: canonical JSON of HistoryEntry[]. */
  history: string;
  occasion: Occasion;
  /** What the first record of the case pinned; null where this makes the first. */
  opened: Opened | null;
  /** Null for a new case. */
  head: DraftHead | null;
}

/** The newest decision of an open case, and how the verdicts stood in it. */
export interface DraftHead {
  case: string;
  seq: number;
  jti: string;
  digest: Sha256;
  before: Pick<Decision, 'counted' | 'not_counted'>;
}

/** What is to be kept, and what is answered once it is kept. */
export interface Decided extends Pick<CommitEntry, 'record' | 'caseHead'> {
  /** The answer without its record, as JSON text; see answerText. */
  answer: string;
  /** Why there was no usable evaluation, for the log; null where there was one. */
  fault: string | null;
}

/** The middle of the story: evaluate -> decide -> record -> sign. It reads and writes nothing anywhere. */
export interface Decider {
  decide(draft: Draft): Decided;
  /** Denies without evaluating, since an evaluation was tried and ended like this. */
  refuse(draft: Draft, code: EvaluationFault['fault'], detail: string): Decided;
}

/** How records name who made them. */
export interface Maker {
  issuer: string;
  version: string;
}

export interface DeciderParts {
  policy: Policy;
  key: SigningKey;
  maker: Maker;
}

export function createDecider({ policy, key, maker }: DeciderParts): Decider {
  const { issuer, version } = maker;
  const engine = { version, opa: policy.opaVersion, builtins: BUILTINS_VERSION, tzdata: zonesVersion() };

  function settle(draft: Draft, evaluate: (inputText: string) => EvaluationResult): Decided {
    const { id, now, request, caller, head } = draft;
    const caseId = head?.case ?? id;
    const history = Canonical.written(draft.history);
    const approvals = draft.approvals.map((approval) => withFacts(approval, policy.directory));
    const written = {
      request: Canonical.of(request),
      caller: Canonical.of(caller),
    };
    const requestDigest = sha256(written.request.text);

    const inputText = policyInputText({ request, approvals, caller, history, evaluated_at: now }, written);
    const { evaluation, written: evaluationWritten, builtinErrors, detail } = evaluate(inputText);
    const opened = draft.opened ?? { at: now, persons: personsOf(request, caller, policy.directory) };
    const duties = separateDuties(request, caller, opened.persons, policy.directory);
    const decision = decide({
      evaluation,
      approvals,
      ...duties,
      before: head && withoutReassigned(head.before, draft.approvals, approvals),
      occasion: draft.occasion,
      case: head && caseId,
      requestDigest,
      openedAt: opened.at,
      now,
    });

    const record: RecordDraft = {
      iss: issuer,
      jti: id,
      iat: Math.floor(Date.parse(now) / 1000),
      statement: 'decision',
      case: caseId,
      seq: head === null ? 0 : head.seq + 1,
      previous: head && { jti: head.jti, digest: head.digest },
      evaluated_at: now,
      opened,
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
      engine,
    };
    const jws = signCompact(recordText(record, { ...written, evaluation: evaluationWritten }), key, RECORD_TYPE);
    return {
      record: { id, case: caseId, seq: record.seq, at: now, jws, digest: recordDigest(jws) },
      caseHead: headAfter(record, draft.like),
      answer: JSON.stringify(toUnsignedAnswer(record)),
      fault: detail,
    };
  }

  return {
    decide: (draft) => settle(draft, (inputText) => policy.evaluate(inputText, draft.now)),
    refuse: (draft, code, detail) => settle(draft, () => fault(code, detail)),
  };
}
