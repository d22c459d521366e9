import { aboutInUnits, inUnits } from '../base/duration.ts';
import type { Decision } from '../contract/decision.ts';
import { describeCode, type Sentences } from './catalogue.ts';
import { initialStanding } from './grant.ts';
import type { RecordDraft } from './record.ts';

const MAX_LENGTH = 4000;

/**
 * A summary of a decision, at most 4,000 characters: the request, the outcome, the reasons, and the next step. `sentences`
 * are those of the policy.
 */
export function summarise(record: RecordDraft, sentences: Sentences = {}): string {
  const { request, decision } = record;
  const asked = `${request.subject.id} asks for ${record.kind} on ${request.resource.id}`;
  const text = [`${asked}: ${outcomeText(decision, sentences)}`, stepText(record), cutText(record), refusalText(record)]
    .filter(Boolean)
    .join(' ');
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}

function outcomeText({ outcome, tier, denials }: Decision, sentences: Sentences): string {
  switch (outcome) {
    case 'allow':
      return `allowed at ${tier} risk.`;
    case 'approval_required':
      return `${tier} risk, needs approval.`;
    case 'deny':
      return `denied. ${denials.map(({ code }) => describeCode(code, sentences)).join(' ')}`;
  }
}

/** Why verdicts did not count matters only while more are needed. */
function refusalText({ decision, approvals }: RecordDraft): string {
  if (decision.outcome !== 'approval_required' || decision.not_counted.length === 0) return '';
  const refusals = decision.not_counted.map(({ approval, code }) => {
    const approver = approvals.find(({ id }) => id === approval)?.approver.identity;
    return `${approver} (${code.replaceAll('_', ' ')})`;
  });
  return `Not counted: ${refusals.join(', ')}.`;
}

/** Said if the policy gives less time than requested, so that callers need not compare the end themselves. */
export function lifetimeCut({
  evaluation,
  decision,
}: Pick<RecordDraft, 'evaluation' | 'decision'>): { requested_seconds: number; given_seconds: number } | null {
  const { requested_ttl_seconds: requested, max_ttl_seconds: given } = evaluation ?? {};
  if (decision.outcome === 'deny' || requested === undefined || given === undefined || requested <= given) return null;
  return { requested_seconds: requested, given_seconds: given };
}

function cutText(record: RecordDraft): string {
  const cut = lifetimeCut(record);
  return cut === null
    ? ''
    : `Requested ${aboutInUnits(cut.requested_seconds)}; the policy gives ${inUnits(cut.given_seconds)}.`;
}

function stepText({ decision }: RecordDraft): string {
  if (decision.outcome === 'allow') {
    const duties = decision.obligations.map(({ type }) => type.replaceAll('_', ' ')).join(', ');
    const reviewBy = initialStanding(decision)?.review_by ?? null;
    const review = reviewBy === null ? '' : `; review by ${reviewBy}`;
    return `Valid until ${decision.expires_at}${review}.${duties === '' ? '' : ` Obligations: ${duties}.`}`;
  }
  if (decision.confirmation_needed) {
    return 'All required approvals were given, but the policy has changed since: an eligible approver has to confirm it.';
  }
  return decision.unmet
    .map(({ any_of, have, need }) => {
      const missing = need - have;
      return `Needs ${missing} ${have > 0 ? 'more ' : ''}approval${missing === 1 ? '' : 's'} from ${any_of.join(' or ')}.`;
    })
    .join(' ');
}
