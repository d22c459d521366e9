import type { Approval } from '../../contract/approval.ts';
import type { DecisionRecord } from '../../contract/record.ts';
import { verifyApprovalSignature } from '../../domain/approval/approval-signature.ts';
import { readSignedVerdict } from '../../domain/approval/signed-verdict.ts';
import type { Directory } from '../../domain/directory.ts';

/** What became of the approvals in a record that persons signed. */
export interface SignedApprovals {
  /** Ids of those that verify. */
  verified: string[];
  /** What is wrong, as ends of sentences about the record. */
  faults: string[];
}

/**
 * `approval_signatures`: verifies what approvers signed, by the keys that `directory` has registered for persons. It is that of
 * the bundle which decided the (genuine) record.
 */
export function checkApprovalSignatures(record: DecisionRecord, directory: Directory): SignedApprovals {
  const checked = record.approvals.map((approval) => ({ approval, ...check(approval, record, directory) }));
  return {
    verified: checked.flatMap(({ approval, isVerified }) => (isVerified ? [approval.id] : [])),
    faults: checked.flatMap(({ why }) => (why === null ? [] : [why])),
  };
}

/** An approval that nobody signed, or whose key nobody has any more, is not verified, but is no fault unless it counts. */
function check(
  { id, signature, approver }: Approval,
  record: DecisionRecord,
  directory: Directory,
): { isVerified: boolean; why: string | null } {
  if (typeof signature !== 'string') return { isVerified: false, why: null };
  const signer = directory.signerOf(readSignedVerdict(signature).kid);
  if (approver.person !== (signer?.person ?? null)) {
    return { isVerified: false, why: `names another person than signed approval ${id}` };
  }
  const counts = record.decision.counted.some(({ approval }) => approval === id);
  if (signer === null && !counts) return { isVerified: false, why: null };
  try {
    verifyApprovalSignature(signature, directory);
    return { isVerified: true, why: null };
  } catch (cause) {
    return { isVerified: false, why: `contains approval ${id}, which does not verify: ${(cause as Error).message}` };
  }
}
