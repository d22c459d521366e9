import { toAnswer } from './domain/answer.ts';
import { type Approval, instantSchema } from './domain/approval.ts';
import { approvalStandings } from './domain/approval-standing.ts';
import { canonicalJson } from './domain/canonical-json.ts';
import { createDirectory, type Directory, readDirectoryData } from './domain/directory.ts';
import { type Ending, toEndingAnswer } from './domain/ending.ts';
import { AppError } from './domain/errors.ts';
import type { FollowUp } from './domain/follow-up.ts';
import { toFollowUpAnswer } from './domain/follow-up-answer.ts';
import { type Standing, stateOf } from './domain/grant.ts';
import { parseJsonText } from './domain/json-text.ts';
import { type DecisionRecord, findDigestMismatches, RECORD_TYPE, recordDigest } from './domain/record.ts';
import { readSignedVerdict } from './domain/signed-verdict.ts';
import {
  instantOf,
  isDecision,
  isEnding,
  isFollowUp,
  outcomeAfter,
  type Statement,
  standingAfter,
  statementSchema,
} from './domain/statement.ts';
import { onOneLine } from './domain/text.ts';
import { verifyApprovalSignature } from './evidence/approval-signature.ts';
import { type VerificationKey, verifyCompact } from './evidence/jws.ts';
import type { Bundle } from './policy/bundle.ts';

/** What offline verification established. */
export interface Verification {
  /** The records in the order of the case. */
  records: Statement[];
  /** Those that are decisions. */
  decisions: DecisionRecord[];
  /** False where records before the first one given are missing: each one is genuine, the beginning was not seen. */
  fromBeginning: boolean;
  /** The record that a compact JWS holds. */
  byJws: ReadonlyMap<string, Statement>;
}

/**
 * Verifies records of one case (untrusted compact JWS) offline: signature over the bytes as they came, shape, the digests
 * that a record carries of its own members, and the chain. Throws AppError `record_invalid` with what is wrong.
 */
export function verifyRecords(jwsList: readonly string[], keys: readonly VerificationKey[]): Verification {
  const links = jwsList
    .map((jws) => ({ jws, record: verifyRecord(jws, keys) }))
    .sort((a, b) => a.record.seq - b.record.seq);
  for (const [index, { record }] of links.entries()) {
    const before = links[index - 1];
    if (before === undefined) continue;
    if (record.case !== before.record.case) throw invalid(record, 'belongs to another case than the record before it');
    if (record.seq !== before.record.seq + 1) throw invalid(record, `does not follow on seq ${before.record.seq}`);
    if (record.previous?.jti !== before.record.jti || record.previous.digest !== recordDigest(before.jws)) {
      throw invalid(record, 'does not name the record before it by its digest');
    }
    requireGrant(links, index);
  }
  const first = links[0];
  if (first === undefined) throw new AppError('record_invalid', 'No record was given.');
  const records = links.map(({ record }) => record);
  return {
    records,
    decisions: records.filter(isDecision),
    fromBeginning: first.record.seq === 0,
    byJws: new Map(links.map(({ jws, record }) => [jws, record])),
  };
}

interface Link {
  jws: string;
  record: Statement;
}

/**
 * A decision follows on one that waits for approval. What follows on a grant names it, and says no other end than it; what was
 * taken back by a revocation or a review stays so, and takes a review that was owed at most.
 */
function requireGrant(links: readonly Link[], index: number): void {
  const record = links[index]?.record;
  const before = links.slice(0, index).map((link) => link.record);
  const last = before.at(-1);
  if (record === undefined || last === undefined) return;
  if (isEnding(last)) throw invalid(record, `follows on the end of the case, a ${last.statement}`);
  if (isDecision(record)) {
    if (isDecision(last) && last.decision.outcome === 'approval_required') return;
    throw invalid(record, 'decides what was decided');
  }
  if (isEnding(record)) {
    requireEnding(record, last, links[index - 1]?.jws ?? '');
    return;
  }
  const granting = links.slice(0, index).findLast((link) => isDecision(link.record));
  if (granting !== undefined) requireGrantOf(record, granting);
  requireRevocation(record, standingAfter(before)?.revoked_at ?? null);
}

/** A case ends without a decision only while it waits for approval, and the end names the decision that waited. */
function requireEnding(record: Ending, last: Statement, lastJws: string): void {
  if (!isDecision(last) || last.decision.outcome !== 'approval_required') throw invalid(record, 'ends what had ended');
  if (record.decision.jti !== last.jti || record.decision.digest !== recordDigest(lastJws)) {
    throw invalid(record, 'does not name the decision that waited for approval by its digest');
  }
}

function requireRevocation(record: FollowUp, revokedAt: string | null): void {
  const { statement, standing, at } = record;
  if (revokedAt !== null) {
    if (statement === 'review' && standing.revoked_at === revokedAt) return;
    throw invalid(record, 'follows on a grant that was taken back');
  }
  const revokes = statement === 'revocation' || (statement === 'review' && record.review.verdict === 'revoke');
  if (standing.revoked_at !== (revokes ? at : null)) {
    throw invalid(record, 'says that the grant was taken back, or not, against what it states');
  }
}

function requireGrantOf(record: FollowUp, granting: Link): void {
  const { jti, digest } = record.grant;
  if (granting.record.jti !== jti || recordDigest(granting.jws) !== digest) {
    throw invalid(record, 'does not name the decision that it follows on by its digest');
  }
  const begun = standingAfter([granting.record]);
  if (begun === null) throw invalid(record, 'follows on a decision that grants nothing');
  if (begun.expires_at !== record.standing.expires_at) throw invalid(record, 'says another end than its grant');
}

/**
 * Reads records of one case without verifying anything: what they say may be made up. In the order of the case. Throws
 * AppError `record_invalid` for what is no record, or of several cases.
 */
export function readUnverified(jwsList: readonly string[]): Statement[] {
  const records = jwsList.map(payloadOf).sort((a, b) => a.seq - b.seq);
  const first = records[0];
  if (first === undefined) throw new AppError('record_invalid', 'No record was given.');
  const stranger = records.find((record) => record.case !== first.case);
  if (stranger !== undefined) throw invalid(stranger, 'belongs to another case than the record before it');
  return records;
}

function payloadOf(jws: string): Statement {
  const bytes = Buffer.from(jws.split('.')[1] ?? '', 'base64url');
  const parsed = statementSchema.safeParse(parseJson(bytes.toString()));
  if (parsed.success) return parsed.data;
  throw new AppError('record_invalid', 'The payload is not that of a record.', { cause: parsed.error });
}

function verifyRecord(jws: string, keys: readonly VerificationKey[]): Statement {
  const { payload } = verifyCompact(jws, keys, RECORD_TYPE);
  const parsed = statementSchema.safeParse(payload);
  if (!parsed.success)
    throw new AppError('record_invalid', 'The payload is not that of a record.', { cause: parsed.error });
  const mismatches = isDecision(parsed.data) ? findDigestMismatches(parsed.data) : [];
  if (mismatches.length > 0) throw invalid(parsed.data, `does not fit its own ${mismatches.join(', ')}`);
  return parsed.data;
}

function invalid({ jti, seq }: Statement, why: string): AppError {
  return new AppError('record_invalid', `Record ${jti} (seq ${seq}) ${why}.`);
}

/**
 * Verifies what approvers signed, in those of the (verified) records that a bundle decided, by the keys of persons in its
 * data. Answers how many approvals that are. Throws AppError `record_invalid` with what is wrong, and `bundle_invalid`
 * where it decided none of the records.
 */
export function verifyApprovals(records: readonly DecisionRecord[], { digest, data }: Bundle): number {
  const decided = records.filter(({ policy }) => policy.digest === digest);
  if (decided.length === 0) throw new AppError('bundle_invalid', `The bundle ${digest} decided none of the records.`);
  const directory = createDirectory(readDirectoryData(data));
  const verified = decided.flatMap((record) =>
    record.approvals.filter((approval) => isSignatureVerified(approval, record, directory)),
  );
  return new Set(verified.map(({ id }) => id)).size;
}

/** False where nothing was signed, or nobody has the key any more: then it must not count. */
function isSignatureVerified(
  { id, signature, approver }: Approval,
  record: DecisionRecord,
  directory: Directory,
): boolean {
  if (typeof signature !== 'string') return false;
  const signer = directory.signerOf(readSignedVerdict(signature).kid);
  if (approver.person !== (signer?.person ?? null))
    throw invalid(record, `names another person than signed approval ${id}`);
  const counts = record.decision.counted.some(({ approval }) => approval === id);
  if (signer === null && !counts) return false;
  try {
    verifyApprovalSignature(signature, directory);
  } catch (cause) {
    throw invalid(record, `holds approval ${id}, which does not verify: ${(cause as Error).message}`);
  }
  return true;
}

/**
 * One line for a person: what was decided, by which policy, when, until when, and which part of the case was seen. Whether
 * the case went on after the newest record given, no record can tell.
 */
export function describeVerification({ records, fromBeginning }: Verification): string {
  const last = records.at(-1);
  if (last === undefined) throw new AppError('record_invalid', 'No record was given.');
  const decided = records.findLast(isDecision);
  const { policy } = decided ?? last;
  const chain = `seq ${records[0]?.seq} to ${last.seq}${fromBeginning ? '' : ', beginning not seen'}`;
  const parts = [
    ...(decided === undefined ? [last.kind] : [decisionLine(decided)]),
    ...(isDecision(last)
      ? []
      : [`${last.statement} at ${last.at}${isFollowUp(last) ? standingLine(last.standing) : ''}`]),
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
  if (revoked_at !== null) return ', taken back';
  return due === null ? '' : `, due for review: ${due}`;
}

/** Records, and what the JSON around them says of them, which is not signed. */
export interface FoundRecords {
  jwsList: string[];
  /** Throws AppError `record_invalid` where the JSON says something else than the records. */
  compare(verification: Verification): void;
}

/**
 * Finds the records in a file: compact JWS by line, answers of the service, or a case with its chain. The summary of an
 * answer is not compared, since wording may change while records stay.
 */
export function findRecords(text: string): FoundRecords {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') && !trimmed.startsWith('[')) {
    return { jwsList: trimmed.split(/\s+/).filter((line) => line !== ''), compare: () => {} };
  }
  const value = parseJson(trimmed) as Holder | Holder[];
  if (!Array.isArray(value) && Array.isArray(value['chain'])) {
    const chain = value['chain'] as Holder[];
    return { jwsList: chain.map(recordOf), compare: (verification) => compareCase(value, chain, verification) };
  }
  const answers = Array.isArray(value) ? value : [value];
  return {
    jwsList: answers.map(recordOf),
    compare(verification) {
      for (const answer of answers) compareAnswer(answer, verification);
    },
  };
}

type Holder = Record<string, unknown>;

function recordOf(holder: Holder | null): string {
  const record = holder?.['record'];
  if (typeof record !== 'string') throw new AppError('record_invalid', 'The JSON holds no member "record".');
  return record;
}

function verifiedRecord(holder: Holder, { byJws }: Verification): Statement {
  const record = byJws.get(recordOf(holder));
  if (record === undefined) throw new AppError('record_invalid', 'The JSON holds a record that was not verified.');
  return record;
}

function compareAnswer(answer: Holder, verification: Verification): void {
  const jws = recordOf(answer);
  const record = verifiedRecord(answer, verification);
  if (isEnding(record)) {
    refuseDifferences('answer', { ...toEndingAnswer(record, jws) }, answer, []);
    return;
  }
  if (!isDecision(record)) {
    const signed: Holder = { ...toFollowUpAnswer(record, jws, stateOf(record.standing, record.at)) };
    refuseDifferences('answer', signed, answer, ['state']);
    return;
  }
  const signed: Holder = { ...toAnswer(record, jws, asOfIn(answer, record.evaluated_at)) };
  const latest = answer['latest'] as Holder | undefined;
  if (latest?.['id'] === record.jti) {
    const { seq, jti: id } = record;
    // How a grant stands depends on when it was asked.
    const grant = standingAfter([record]) === null ? null : latest['grant'];
    signed['latest'] = { id, seq, outcome: record.decision.outcome, grant };
  }
  refuseDifferences('answer', signed, answer, ['summary']);
}

/** When somebody says that they asked; before the record was made nobody can have. */
function asOfIn({ as_of: asOf }: Holder, madeAt: string): string {
  if (asOf === undefined) return madeAt;
  const parsed = instantSchema.safeParse(asOf);
  if (parsed.success && parsed.data >= madeAt) return parsed.data;
  throw new AppError('record_invalid', 'The member as_of is no instant at or after the record.');
}

function compareCase(value: Holder, chain: readonly Holder[], verification: Verification): void {
  for (const [index, link] of chain.entries()) {
    const { jti, seq } = verifiedRecord(link, verification);
    refuseDifferences(`chain link ${index}`, { id: jti, seq }, link, []);
  }
  const { records } = verification;
  const last = records.at(-1);
  const decided = records.findLast(isDecision);
  if (last === undefined) return;
  const { case: caseId, kind, seq, jti } = last;
  const isPage = value['next_after'] === seq && typeof value['seq'] === 'number' && value['seq'] > seq;
  const head: Holder = isPage
    ? {}
    : { seq, latest: jti, next_after: null, ...(decided && headOf(decided, last, asOfIn(value, instantOf(last)))) };
  refuseDifferences('case', { case: caseId, kind, ...head }, value, []);
  if (!isPage && 'grant' in value) compareStanding(standingAfter(records), value['grant'] as Holder | null);
}

/** The state depends on when it was asked, but for what was taken back. */
function compareStanding(signed: Standing | null, said: Holder | null): void {
  if (signed === null || said === null) {
    refuseDifferences('case', { grant: signed }, { grant: said }, []);
    return;
  }
  const isRevoked = signed.revoked_at !== null;
  refuseDifferences('grant', { ...signed }, said, []);
  refuseDifferences('grant', { state: isRevoked }, { state: said['state'] === 'revoked' }, []);
}

function headOf(record: DecisionRecord, last: Statement, asOf: string): Holder {
  const { evaluated_at, decision } = record;
  const { tier, expires_at } = decision;
  const approvals = approvalStandings(record, asOf);
  return { outcome: outcomeAfter(last), tier, at: evaluated_at, expires_at, approvals };
}

/** Members that the JSON leaves out say nothing; those that it has must say what is signed. */
function refuseDifferences(what: string, signed: Holder, said: Holder, ignored: readonly string[]): void {
  const names = Object.keys(signed).filter((name) => name in said && !ignored.includes(name));
  const differing = names.filter((name) => canonicalJson(said[name]) !== canonicalJson(signed[name]));
  if (differing.length > 0) {
    throw new AppError('record_invalid', `The ${what} says something else than its record: ${differing.join(', ')}.`);
  }
}

function parseJson(text: string): unknown {
  try {
    return parseJsonText(Buffer.from(text));
  } catch (cause) {
    throw new AppError('record_invalid', `The file is neither a record nor JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}
