import { canonicalJson } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import type { Standing } from '../contract/grant.ts';
import { recordDigest } from '../domain/record.ts';
import { isDecision, isEnding, outcomeAfter, standingAfter } from '../domain/statement.ts';
import { standingAt } from '../store/case-head.ts';
import type { CaseHead, Store } from '../store/store.ts';
import type { RecordReader, SignedDecision, SignedStatement } from './record-reader.ts';

/** A case, read from its signed records. */
export interface VerifiedCase {
  head: CaseHead;
  /** The newest decision. */
  decision: SignedDecision;
  /** The newest record, whatever it states; the same as `decision` where that is one. */
  last: SignedStatement;
  /** The status of the grant; null if there is none. */
  standing: Standing | null;
}

/** Rejects with AppError `not_found`, and `record_invalid` where the store says something else of a case than its records. */
export type CaseReader = (recordId: string) => Promise<VerifiedCase>;

/**
 * Rows of the database are not signed: content that an attacker wrote to the file must be neither signed nor returned. So
 * whatever is built or answered on a case starts from its newest records, which verify, are of this case, and say what the
 * row says.
 */
export function createCaseReader(store: Pick<Store, 'caseHead'>, records: RecordReader): CaseReader {
  return async (recordId) => {
    const head = await store.caseHead(recordId);
    if (head === null) throw new AppError('not_found', 'There is no such case or record.');
    const decision = await records.readDecision(head.decision);
    const last = head.record === head.decision ? decision : await records.read(head.record);
    const standing = standingAfter([last.record]);
    if (!isTrue(head, decision, last, standing)) {
      throw new AppError(
        'record_invalid',
        `The row of case ${head.case} in the store does not agree with its records.`,
      );
    }
    return { head, decision, last, standing };
  };
}

function isTrue(head: CaseHead, decision: SignedDecision, last: SignedStatement, standing: Standing | null): boolean {
  const { record } = decision;
  return (
    record.case === head.case &&
    last.record.case === head.case &&
    last.record.seq === head.seq &&
    record.caller.client === head.client &&
    record.kind === head.kind &&
    outcomeAfter(last.record) === head.outcome &&
    canonicalJson(standing) === canonicalJson(standingAt(head)) &&
    followsOn(last, decision)
  );
}

/** A statement that is no decision names the one that it is about. */
function followsOn({ record }: SignedStatement, decision: SignedDecision): boolean {
  if (isDecision(record)) return record.jti === decision.record.jti;
  const named = isEnding(record) ? record.decision : record.grant;
  return named.jti === decision.record.jti && named.digest === recordDigest(decision.jws);
}
