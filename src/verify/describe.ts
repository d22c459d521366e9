import { onOneLine } from '../base/text.ts';
import type { Standing } from '../contract/grant.ts';
import type { DecisionRecord } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { instantOf, isDecision, isGrantEvent } from '../domain/statement.ts';
import type { CaseReport } from './report.ts';

/**
 * One line for a person: what was decided, by which policy, when, until when, and which part of the case was seen. Whether
 * the case went on after the newest record given, no record can tell.
 */
export function describeVerification({
  records,
  fromBeginning,
}: Pick<CaseReport, 'records' | 'fromBeginning'>): string {
  const last = records.at(-1);
  if (last === undefined) throw new TypeError('There is no record to describe.');
  const decided = records.findLast(isDecision);
  const { policy } = decided ?? last;
  const chain = `seq ${records[0]?.seq} to ${last.seq}${fromBeginning ? '' : ', beginning not seen'}`;
  const parts = [
    ...(decided === undefined ? [last.kind] : [decisionLine(decided)]),
    ...(isDecision(last)
      ? []
      : [`${last.statement} at ${last.at}${isGrantEvent(last) ? standingLine(last.standing) : ''}`]),
    `policy ${policy.name} ${policy.revision} ${policy.digest}`,
    `${decided === undefined ? 'stated' : 'decided'} ${instantOf(decided ?? last)} by ${last.iss}`,
    `record ${last.jti}`,
    `case ${last.case}, ${chain}`,
  ];
  return onOneLine(parts.join('; '));
}

function decisionLine({ decision, request, kind }: DecisionRecord): string {
  const until = decision.expires_at === null ? '' : ` until ${decision.expires_at}`;
  return `${decision.outcome} (${decision.tier})${until}: ${kind} on ${request.resource.id} for ${request.subject.id}`;
}

function standingLine({ revoked_at, due }: Standing): string {
  if (revoked_at !== null) return ', revoked';
  return due === null ? '' : `, due for review: ${due}`;
}

/** What each signed record of a case says, one a line; then what is missing, and what around them is not signed. */
export function describeRecords(report: CaseReport): string[] {
  const { records, ignored, asOf } = report;
  return [
    ...records.map(recordLine),
    ...missingLines(report),
    ...(ignored.length === 0 ? [] : [`not signed, ignored: ${ignored.join(', ')}`]),
    ...asOf.map((instant) => `not signed, taken as the time of the call: as_of ${instant}`),
  ].map(onOneLine);
}

function recordLine(record: Statement): string {
  const { seq, statement, policy, jti } = record;
  return `seq ${seq}: ${statement}, ${sayingOf(record)}; at ${instantOf(record)}; policy revision ${policy.revision}; record ${jti}`;
}

/** What a statement says, in a few words. */
function sayingOf(record: Statement): string {
  switch (record.statement) {
    case 'decision':
    case 'evaluation': {
      const { outcome, tier, confirmation_needed } = record.decision;
      return `${outcome} (${tier})${confirmation_needed ? ', needs confirmation' : ''}`;
    }
    case 'review':
      return `${record.review.verdict} by ${record.by.person}`;
    case 'revocation':
      return `revoked by ${record.by.person}`;
    case 'issuance':
      return `${record.issuance.issuer} issued ${record.issuance.credential_ref} until ${record.issuance.expires_at}`;
    case 'withdrawal':
      return `withdrawn through ${record.caller.client}`;
    case 'expiry':
      return `not approved before ${record.closes_at}`;
  }
}

function missingLines({ records, saidToGoOn }: CaseReport): string[] {
  const first = records[0]?.seq ?? 0;
  const last = records.at(-1)?.seq ?? 0;
  return [
    ...(first === 0 ? [] : [`begins at seq ${first}: ${notGiven(0, first - 1)}`]),
    ...saidToGoOn.map(
      ({ place, seq }) => `${place} says that the case goes on to seq ${seq}: ${notGiven(last + 1, seq)}`,
    ),
  ];
}

function notGiven(first: number, last: number): string {
  return first === last ? `record ${first} was not given` : `records ${first} to ${last} were not given`;
}
