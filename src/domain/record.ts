import { type Canonical, canonicalJson, digestOf, type Sha256, sha256 } from '../base/canonical-json.ts';
import type { Approval } from '../contract/approval.ts';
import type { DecisionRecord } from '../contract/record.ts';
import { saysWhatWasSigned } from './approval/approval.ts';
import { kindOf } from './request.ts';

/** A record before it is signed: its history is text, and only the policy reads it. */
export type RecordDraft = Omit<DecisionRecord, 'history'> & { history: DecisionRecord['history'] | Canonical };

/** The members of a record that policy saw. */
type Seen = Pick<RecordDraft, 'request' | 'approvals' | 'caller' | 'history' | 'evaluated_at'>;

/** Members that stand as they are in the policy input and in the record, where they are serialised already. */
type Written = Partial<Record<'request' | 'caller', Canonical>>;

/**
 * The policy input as canonical JSON text: the exact bytes that WASM gets and `input_digest` covers. It is a function of
 * members of the record, so that anyone can rebuild it from a record alone.
 */
export function policyInputText(seen: Seen, written: Written = {}): string {
  return canonicalJson({
    request: seen.request,
    kind: kindOf(seen.request),
    approvals: seen.approvals.map(inputApproval),
    caller: seen.caller,
    history: seen.history,
    now: seen.evaluated_at,
    ...written,
  });
}

/** The payload that is signed. */
export function recordText(record: RecordDraft, written: Written & { evaluation?: Canonical | null } = {}): string {
  return canonicalJson({ ...record, ...written });
}

function inputApproval({ id, approver, verdict, at, expires_at, seen, submitted_by }: Approval): object {
  const { person, groups, assurance } = approver;
  const { client, person: submitter } = submitted_by;
  return {
    id,
    approver: { person, groups, assurance },
    verdict,
    at,
    expires_at,
    seen,
    submitted_by: { client, person: submitter },
  };
}

type Mismatch = 'request_digest' | 'input_digest' | 'kind' | 'case' | 'approval signatures';

/** Recomputes the digests that a record contains of its own members; an empty list means that it is consistent. */
export function findDigestMismatches(record: DecisionRecord): Mismatch[] {
  const found: Mismatch[] = [];
  if (digestOf(record.request) !== record.request_digest) found.push('request_digest');
  if (sha256(policyInputText(record)) !== record.input_digest) found.push('input_digest');
  if (kindOf(record.request) !== record.kind) found.push('kind');
  if ((record.seq === 0) !== (record.case === record.jti && record.previous === null)) found.push('case');
  if (!record.approvals.every(saysWhatWasSigned)) found.push('approval signatures');
  return found;
}

/** The digest by which the next record of a chain, and the log, name a record: over the ASCII of the compact JWS. */
export function recordDigest(jws: string): Sha256 {
  return sha256(jws);
}
