import { Canonical, type Sha256, sha256 } from '../base/canonical-json.ts';
import type { Approval } from '../contract/approval.ts';
import type { Decision } from '../contract/decision.ts';
import type { Caller, DecisionRecord, Opened } from '../contract/record.ts';
import type { AccessRequest } from '../contract/request.ts';
import { withFacts } from '../domain/approval/approval.ts';
import { withoutReassigned } from '../domain/approval/counting.ts';
import { personsOf, separateDuties } from '../domain/approval/separation-of-duties.ts';
import { decide, type EvaluationFault, type Occasion } from '../domain/decision.ts';
import { policyInputText } from '../domain/record.ts';
import { kindOf } from '../domain/request.ts';
import { BUILTINS_VERSION, zonesVersion } from '../rego/rego.ts';
import { type EvaluationResult, fault } from './evaluator.ts';
import type { Policy } from './policy.ts';

/** What is judged: a new case, or an open one with the approvals that it has by now. Plain data, for any thread. */
export interface DecisionInput {
  /** The instant of the evaluation: UTC, milliseconds, Z. */
  now: string;
  request: AccessRequest;
  caller: Caller;
  /** As in the decision before, and the approval that is given now, whose person is still null. */
  approvals: readonly Approval[];
  /** Cases of the same subject, resource or team, which policy may look at: canonical JSON of HistoryEntry[]. */
  history: string;
  occasion: Occasion;
  /** What the first record of the case pinned; null for a new case. */
  opened: Opened | null;
  /** Null for a new case. */
  before: DecisionBefore | null;
}

/** The newest decision of an open case, and how the verdicts stood in it. */
export interface DecisionBefore extends Pick<Decision, 'counted' | 'not_counted'> {
  case: string;
}

/** Members of a decision record that say where the record stands and who issued it. Sealing adds them. */
type Sealed = 'iss' | 'jti' | 'iat' | 'statement' | 'case' | 'seq' | 'previous';

/**
 * What policy and engine find, unsigned: everything that the record of the decision will say, but for its place in a case and
 * its issuer. Plain data, for any thread.
 */
export interface Judgement
  extends Omit<DecisionRecord, Sealed | 'history' | 'engine' | 'request_digest' | 'input_digest'> {
  request_digest: Sha256;
  input_digest: Sha256;
  /** Canonical JSON of HistoryEntry[]. */
  history: string;
  engine: Omit<DecisionRecord['engine'], 'version'>;
  /** Why there was no usable evaluation, for the log; null where there was one. No member of the record. */
  fault: string | null;
}

/** A judgement in the thread that made it, with the canonical JSON that sealing there need not write again. */
export interface Judged {
  judgement: Judgement;
  written: JudgementTexts;
}

/** Members of a judgement in canonical form. */
export interface JudgementTexts {
  request: Canonical;
  caller: Canonical;
  /** Null where there is no evaluation. */
  evaluation: Canonical | null;
}

/**
 * Judges one input by a policy: it places persons, evaluates and decides. It signs nothing, reads nothing and keeps nothing
 * (laws 5 and 10), so anybody may judge as often as they like.
 */
export function judge(input: DecisionInput, policy: Policy): Judged {
  const prepared = prepareInput(input, policy);
  return conclude(prepared, policy.evaluate(prepared.inputText, input.now), policy);
}

/** Denies without evaluating, because an evaluation was tried and ended with this fault. */
export function judgeFault(
  input: DecisionInput,
  policy: Policy,
  { code, detail }: { code: EvaluationFault['fault']; detail: string },
): Judged {
  return conclude(prepareInput(input, policy), fault(code, detail), policy);
}

/** An input with the facts of a policy: the first step of judging. */
export interface PreparedInput {
  input: DecisionInput;
  /** With the persons and groups that the policy knows. */
  approvals: Approval[];
  requestDigest: Sha256;
  /** The bytes that policy gets, and their digest; see policyInputText. */
  inputText: string;
  inputDigest: Sha256;
  written: Pick<JudgementTexts, 'request' | 'caller'>;
  history: Canonical;
}

export function prepareInput(input: DecisionInput, policy: Pick<Policy, 'directory'>): PreparedInput {
  const { request, caller, now } = input;
  const history = Canonical.written(input.history);
  const approvals = input.approvals.map((approval) => withFacts(approval, policy.directory));
  const written = { request: Canonical.of(request), caller: Canonical.of(caller) };
  const inputText = policyInputText({ request, approvals, caller, history, evaluated_at: now }, written);
  const requestDigest = sha256(written.request.text);
  return { input, approvals, requestDigest, inputText, inputDigest: sha256(inputText), written, history };
}

/** The last step of judging: what the engine makes of an evaluation. */
export function conclude(prepared: PreparedInput, result: EvaluationResult, policy: Policy): Judged {
  const { input, approvals, requestDigest, inputDigest, written } = prepared;
  const { now, request, caller, before, occasion } = input;
  const { evaluation, builtinErrors, detail } = result;
  const opened = input.opened ?? { at: now, persons: personsOf(request, caller, policy.directory) };
  const decision = decide({
    evaluation,
    approvals,
    ...separateDuties(request, caller, opened.persons, policy.directory),
    before: before && withoutReassigned(before, input.approvals, approvals),
    occasion,
    case: before?.case ?? null,
    requestDigest,
    openedAt: opened.at,
    now,
  });
  const judgement: Judgement = {
    evaluated_at: now,
    opened,
    caller,
    kind: kindOf(request),
    request,
    request_digest: requestDigest,
    approvals,
    history: input.history,
    input_digest: inputDigest,
    evaluation: 'fault' in evaluation ? null : evaluation,
    decision,
    policy: policy.ref,
    builtin_errors: builtinErrors,
    masked: [],
    engine: { opa: policy.opaVersion, builtins: BUILTINS_VERSION, tzdata: zonesVersion() },
    fault: detail,
  };
  return { judgement, written: { ...written, evaluation: result.written } };
}
