import { canonicalJson } from '../../base/canonical-json.ts';
import type { Decision } from '../../contract/decision.ts';
import type { DecisionRecord } from '../../contract/record.ts';
import { withoutReassigned } from '../../domain/approval/counting.ts';
import { barredBy, FORBIDDEN, UNDETERMINED } from '../../domain/approval/separation-of-duties.ts';
import { type DecideInput, decide, EVALUATION_FAULTS, type Occasion } from '../../domain/decision.ts';

/** What shows who is barred by the data of the decision, which a record does not hold where an identity changed. */
const BY_CHANGED_IDENTITY: readonly (keyof Decision)[] = ['counted', 'not_counted', 'denials'];

/**
 * `recount`: decides once more by what the record holds (the evaluation of the policy, the approvals, the persons behind the
 * request) and by the decision before it, and compares. So the record need not be trusted to have counted right. `before` is
 * null for the first decision of a case. Returns ends of sentences about the record.
 */
export function findRecountFaults(record: DecisionRecord, before: DecisionRecord | null): string[] {
  const input = inputOf(record, before);
  if (input === null) return ['has no evaluation, but no fault of one among its denials'];
  const again = decide(input);
  const isIdentityChanged = record.decision.denials.some(({ code }) => code === 'identity_changed');
  const compared = (Object.keys(again) as (keyof Decision)[]).filter(
    (name) => !(isIdentityChanged && BY_CHANGED_IDENTITY.includes(name)),
  );
  const differing = compared.filter((name) => canonicalJson(again[name]) !== canonicalJson(record.decision[name]));
  return differing.length === 0
    ? []
    : [`differs from the decision that follows from its evaluation and approvals: ${differing.join(', ')}`];
}

function inputOf(record: DecisionRecord, before: DecisionRecord | null): DecideInput | null {
  const denials = new Set(record.decision.denials.map(({ code }) => code));
  const fault = EVALUATION_FAULTS.find((code) => denials.has(code));
  const evaluation = record.evaluation ?? (fault === undefined ? null : { fault });
  if (evaluation === null) return null;
  return {
    evaluation,
    approvals: record.approvals,
    barred: barredBy(record.opened.persons),
    // What the directory of then said of persons can only deny, so that the word of the record may be taken for it.
    undetermined: UNDETERMINED.filter((code) => denials.has(code)),
    forbidden: FORBIDDEN.filter((code) => denials.has(code)),
    before: before && withoutReassigned(before.decision, before.approvals, record.approvals),
    occasion: occasionOf(record, before),
    case: record.case,
    requestDigest: record.request_digest as DecideInput['requestDigest'],
    openedAt: record.opened.at,
    now: record.evaluated_at,
  };
}

function occasionOf({ approvals }: DecisionRecord, before: DecisionRecord | null): Occasion {
  if (before === null) return { by: 'request' };
  const given = approvals.slice(before.approvals.length).at(-1);
  return given === undefined ? { by: 'sweep' } : { by: 'verdict', approval: given.id };
}
