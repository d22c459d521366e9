import { canonicalJson } from '../base/canonical-json.ts';
import { aboutInUnits, inUnits } from '../base/duration.ts';
import { AppError } from '../base/errors.ts';
import { onOneLine } from '../base/text.ts';
import type { Approval } from '../contract/approval.ts';
import type { Ending } from '../contract/case-end.ts';
import type { Decision } from '../contract/decision.ts';
import type { GrantEvent } from '../contract/grant-event.ts';
import type { DecisionRecord } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { describeCode, type Sentences } from './catalogue.ts';
import { decisionAt } from './decision-view.ts';
import { initialStanding, stateOf } from './grant.ts';
import { isDecision, isEnding, standingAfter } from './statement.ts';
import { lifetimeCut } from './summary.ts';

/** Values that a request or a policy made up are cut here, in characters: they serve to recognise, the record has them whole. */
const MAX_VALUE = 500;

/** The sentence for a code, and the code itself. */
type Tell = (code: string) => string;

/** A heading, and lines below it; without lines it is left out. */
type Section = [heading: string, lines: string[]];

/**
 * The history of a case in plain text: who requested what, under which policy, the risk and its factors, approvals, missing
 * approvals, the outcome, obligations and controls. `records` are of one case, in its order, at least one; the last one is
 * taken for how the case stands. `now` is an instant in the form of records; `sentences` are those of the policy, where its
 * bundle is at hand. Every line of the result is of this function's making: text of others is never more than a part of one.
 * Throws AppError `record_invalid` where no record is a decision.
 */
export function explainCase(records: readonly Statement[], now: string, sentences: Sentences = {}): string {
  const told = (code: string) => `${describeCode(code, sentences)} (${code})`;
  const decisions = records.filter(isDecision);
  const [first, last] = [decisions[0], decisions.at(-1)];
  if (first === undefined || last === undefined) {
    throw new AppError(
      'record_invalid',
      'There is no decision among the records; ask for the case from its beginning.',
    );
  }
  const events = records.filter((record) => !isDecision(record));
  const newest = records.at(-1);
  // What waits for approval changes with time, as approvals expire.
  const current =
    newest === last ? { ...last, decision: { ...decisionAt(last, now), outcome: last.decision.outcome } } : last;
  const sections: Section[] = [
    ['Request', requestLines(first, last)],
    ['Policy', policyLines(last)],
    [`Risk: ${last.decision.tier}`, riskLines(last)],
    ['Denied because', denialLines(last, told)],
    ['Approvals', last.approvals.flatMap((approval, index) => approvalLines(approval, index, current, told))],
    ['Still missing', isEnded(newest) ? [] : missingLines(current)],
    ['Outcome', newest !== undefined && isEnding(newest) ? endedLines(last, newest) : outcomeLines(last, now)],
    [
      'Afterwards',
      events.flatMap((record) => (isEnding(record) ? endingLines(record) : grantEventLines(record, told))),
    ],
    [obligationsHeading(last.decision), isEnded(newest) ? [] : last.decision.obligations.map(obligationLine)],
    [
      'Controls that this decision supports',
      last.decision.controls.length === 0 ? [] : [last.decision.controls.join(', ')],
    ],
    ['Records', records.map((record, index) => recordLine(record, records[index - 1]))],
  ];
  const shown = sections.filter(([, lines]) => lines.length > 0);
  return [
    onOneLine(`Case ${last.case}: ${headline(records, last, now)}`),
    ...shown.map(([heading, lines]) => ['', heading, ...lines.map((line) => `  ${line}`)].map(onOneLine).join('\n')),
  ].join('\n');
}

function headline(records: readonly Statement[], { decision }: DecisionRecord, now: string): string {
  if (decision.outcome === 'deny') return 'denied';
  const end = records.at(-1);
  if (end !== undefined && isEnding(end)) return end.statement === 'expiry' ? 'ended without approval' : 'withdrawn';
  const standing = standingAfter(records);
  if (standing === null) return 'waits for approval';
  if (standing.revoked_at !== null) return 'was allowed, and was revoked';
  const state = stateOf(standing, now);
  const review = state === 'due' ? ', a review is due' : state === 'overdue' ? ', its review is overdue' : '';
  return `${isOver(decision, now) ? 'was allowed, and has expired' : 'allowed'}${review}`;
}

function isEnded(newest: Statement | undefined): boolean {
  return newest !== undefined && isEnding(newest);
}

function isOver({ expires_at }: Decision, now: string): boolean {
  return expires_at === null || expires_at <= now;
}

function requestLines(first: DecisionRecord, last: DecisionRecord): string[] {
  const { request, caller, kind } = last;
  const { subject, action, resource, context = {} } = request;
  const { requested_by: requestedBy, ...said } = context;
  return [
    `${subject.id} (${subject.type}) asks for ${kind} on ${resource.id}`,
    first.seq === 0
      ? `asked at ${first.evaluated_at}`
      : `asked before ${first.evaluated_at}; the beginning was not seen`,
    `through the client ${caller.client}${callerPerson(last)}`,
    ...(requestedBy === undefined ? [] : [`on behalf of ${requestedBy}`]),
    ...saidLines('says', said),
    ...saidLines('says of the subject', subject.properties),
    ...saidLines('says of the action', action.properties),
    ...saidLines('says of the resource', resource.properties),
  ];
}

function callerPerson({ caller: { principal, person } }: DecisionRecord): string {
  if (principal === null) return '';
  return `, for ${named(principal, person)}`;
}

/** An identity, and its person if known. */
function named(identity: string, person: string | null): string {
  if (person === null) return `${identity} (not known to the organisation)`;
  return person === identity ? person : `${identity} (${person})`;
}

function saidLines(what: string, members: Readonly<Record<string, unknown>> = {}): string[] {
  return Object.entries(members).map(([name, value]) => `${what}: ${label(name)} = ${short(value)}`);
}

/** As JSON, so that the beginning and end of a text are visible. */
function short(value: unknown): string {
  const text = canonicalJson(value);
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}… (${text.length} characters)`;
}

/** A member's name, unquoted if it is plain. */
function label(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : short(name);
}

function policyLines({ policy, iss, engine }: DecisionRecord): string[] {
  return [
    `${policy.name}, revision ${policy.revision}`,
    policy.digest,
    `decided by ${iss} with Countersign ${engine.version}, OPA ${engine.opa}`,
  ];
}

function riskLines({ evaluation, builtin_errors }: DecisionRecord): string[] {
  const errors = builtin_errors.map(({ builtin, message }) => `${builtin} failed: ${short(message)}`);
  if (evaluation === null) return ['the highest tier, because the policy returned no usable result', ...errors];
  const byWeight = evaluation.factors.toSorted((a, b) => b.score - a.score);
  return [
    `score ${evaluation.score}${byWeight.length === 0 ? ', without any factor' : ', of'}`,
    ...byWeight.map(({ id, score, fact }) => `${score < 0 ? '' : '+'}${score} ${inWords(id)}: ${short(fact)}`),
    ...evaluation.facts.map(({ name, source }) => `looked at: ${name}, from ${source}`),
    ...errors,
  ];
}

function denialLines({ decision }: DecisionRecord, told: Tell): string[] {
  return decision.denials.map(({ code }) => told(code));
}

function approvalLines(
  approval: Approval,
  index: number,
  { decision, evaluation }: DecisionRecord,
  told: Tell,
): string[] {
  const { approver, verdict, at, comment, authenticated_at: proved, on_behalf_of: behalf, submitted_by: by } = approval;
  const who = named(approver.identity, approver.person);
  const through = by.principal === null ? by.client : `${by.client}, by ${named(by.principal, by.person)}`;
  const groups = evaluation?.eligible.filter((each) => each.approval === approval.id).map(({ group }) => group) ?? [];
  return [
    `${index + 1}. ${at} ${who}: ${verdict}`,
    `   ${placeOf(approval, decision, told)}`,
    ...(groups.length === 0 ? [] : [`   may approve as ${groups.join(', ')}`]),
    ...(comment === '' ? [] : [`   comment: ${short(comment)}`]),
    ...(behalf === null ? [] : [`   on behalf of ${named(behalf.identity, behalf.person)}`]),
    `   ${approver.assurance}${proved ? ` at ${proved}` : ''}, handed in through ${through}`,
  ];
}

/** Whether it counted, and for which requirement; or why not. */
function placeOf(
  { id, verdict, expires_at }: Approval,
  { counted, not_counted, outcome }: Decision,
  told: Tell,
): string {
  const refusal = not_counted.find(({ approval }) => approval === id);
  if (refusal !== undefined) return `does not count: ${told(refusal.code)}`;
  const place = counted.find(({ approval }) => approval === id);
  if (place === undefined) return 'does not count';
  if (place.requirement === null) return `counts: this ${verdict} ended the case`;
  const until = outcome === 'approval_required' ? `, until ${expires_at}` : '';
  return `counts for ${inWords(place.requirement)}${until}`;
}

function missingLines({ decision, evaluation }: DecisionRecord): string[] {
  if (decision.confirmation_needed) {
    return ['a confirmation: all approvals were given, but the policy has changed since'];
  }
  return decision.unmet.map(({ requirement, any_of, have, need }) => {
    const asked = evaluation?.requirements.find(({ id }) => id === requirement);
    const { min_assurance: least, max_authentication_age_seconds: age } = asked ?? {};
    const assurance = least === undefined ? '' : `, ${least} at least`;
    const recent = age === undefined ? '' : `, signed or signed in at most ${inUnits(age)} before`;
    const from = `${any_of.join(' or ')}${assurance}${recent}`;
    return `${inWords(requirement)}: ${need - have} of ${from} (${have} of ${need} given)`;
  });
}

/** For a case that ended without a decision. */
function endedLines({ decision, evaluated_at }: DecisionRecord, { statement, at }: Ending): string[] {
  const ended = statement === 'expiry' ? 'expired without approval' : 'withdrawn';
  return [`${ended} at ${at}`, `before that ${decision.outcome}, decided at ${evaluated_at}`];
}

function outcomeLines(record: DecisionRecord, now: string): string[] {
  const { decision, evaluation, evaluated_at } = record;
  const { outcome, expires_at } = decision;
  const decided = `${outcome}, decided at ${evaluated_at}`;
  if (outcome === 'deny') return [decided, 'the case accepts no more verdicts'];
  if (outcome === 'allow' && expires_at !== null) {
    const span = inUnits((Date.parse(expires_at) - Date.parse(evaluated_at)) / 1000);
    const lifetime = isOver(decision, now)
      ? `ended at ${expires_at}, after ${span}`
      : `ends at ${expires_at}, after ${span}`;
    const reviewBy = initialStanding(decision)?.review_by ?? null;
    return [decided, ...cutLines(record), lifetime, ...(reviewBy === null ? [] : [`review by ${reviewBy}`])];
  }
  const { max_ttl_seconds: lifetime, review_after_seconds: review } = evaluation ?? {};
  return [
    decided,
    ...cutLines(record),
    ...(lifetime === undefined ? [] : [`once allowed, it ends after ${inUnits(lifetime)}`]),
    ...(review === undefined ? [] : [`once allowed, it is reviewed within ${inUnits(review)}`]),
    ...(decision.closes_at === null ? [] : [`accepts verdicts until ${decision.closes_at}`]),
  ];
}

function cutLines(record: DecisionRecord): string[] {
  const cut = lifetimeCut(record);
  return cut === null
    ? []
    : [`requested ${aboutInUnits(cut.requested_seconds)}; the policy gives ${inUnits(cut.given_seconds)}`];
}

function obligationsHeading({ outcome }: Decision): string {
  return outcome === 'approval_required' ? 'Obligations, once allowed' : 'Obligations';
}

function obligationLine({ type, properties }: Decision['obligations'][number]): string {
  const members = Object.entries(properties).map(([name, value]) => `${label(name)} = ${short(value)}`);
  return [inWords(type), ...members].join('; ');
}

type Evaluated = Extract<GrantEvent, { statement: 'evaluation' }>;

function grantEventLines(record: GrantEvent, told: Tell): string[] {
  const { at, standing } = record;
  const next = standing.review_by === null ? [] : [`   the next review is due by ${standing.review_by}`];
  const due = standing.due === null ? [] : [`   a review is due: ${told(standing.due)}`];
  switch (record.statement) {
    case 'review': {
      const { verdict, comment } = record.review;
      const said = comment === '' ? [] : [`   comment: ${short(comment)}`];
      return [`${at} ${named(record.by.identity, record.by.person)} reviewed it: ${verdict}`, ...said, ...next];
    }
    case 'revocation':
      return [
        `${at} ${named(record.by.identity, record.by.person)} revoked it`,
        `   reason: ${short(record.revocation.reason)}`,
      ];
    case 'issuance': {
      const { issuer, credential_ref, expires_at } = record.issuance;
      return [`${at} ${issuer} issued ${credential_ref}, which ends at ${expires_at}`, ...due];
    }
    case 'evaluation':
      return [`${at} ${evaluationLine(record)}`, ...evaluationReasons(record, told), ...due];
  }
}

function endingLines(record: Ending): string[] {
  if (record.statement === 'expiry') return [`${record.at} it expired: it was not approved before ${record.closes_at}`];
  const { principal, person, client } = record.caller;
  const who = principal === null ? `the client ${client}` : named(principal, person);
  const { reason } = record.withdrawal;
  return [`${record.at} ${who} withdrew it`, ...(reason === '' ? [] : [`   reason: ${short(reason)}`])];
}

function evaluationLine({ policy: { name, revision }, decision }: Evaluated): string {
  const would = decision.outcome === 'allow' ? 'would allow it again' : 'would no longer allow it';
  return `the policy ${name}, revision ${revision}, ${would}`;
}

function evaluationReasons({ decision }: Evaluated, told: Tell): string[] {
  return [
    ...decision.denials.map(({ code }) => `   ${told(code)}`),
    ...decision.not_counted.map(({ code }) => `   an approval does not count: ${told(code)}`),
    ...decision.unmet.map(({ requirement, have, need }) => `   ${inWords(requirement)}: ${have} of ${need}`),
  ];
}

/** A case can outlive the policy under which it began. */
function recordLine(record: Statement, before?: Statement): string {
  const { seq, jti, policy } = record;
  const isOther = before !== undefined && before.policy.digest !== policy.digest;
  const changed = isOther ? `, under another policy: revision ${policy.revision}, ${policy.digest}` : '';
  const what = isDecision(record)
    ? `${record.evaluated_at} ${record.decision.outcome} (${record.decision.tier})`
    : `${record.at} ${record.statement}`;
  return `seq ${seq}: ${what}, record ${jti}${changed}`;
}

function inWords(id: string): string {
  return id.replaceAll('_', ' ');
}
