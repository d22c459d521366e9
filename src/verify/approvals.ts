import { AppError } from '../base/errors.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { Approval } from '../contract/approval.ts';
import type { DecisionRecord } from '../contract/record.ts';
import { verifyApprovalSignature } from '../domain/approval/approval-signature.ts';
import { readSignedVerdict } from '../domain/approval/signed-verdict.ts';
import { createDirectory, type Directory, readDirectoryData } from '../domain/directory.ts';
import { faultOf } from './chain.ts';

/** What became of the approvals that persons signed. */
export interface SignedApprovals {
  /** How many verify. */
  verified: number;
  /** What is wrong, each with the case that it is of. */
  faults: { case: string; fault: string }[];
}

/**
 * Verifies what approvers signed, in those of the (verified) records that a bundle decided, by the keys of persons in its
 * data. Throws AppError `bundle_invalid` where it decided none of the records.
 */
export function checkApprovals(records: readonly DecisionRecord[], { digest, data }: Bundle): SignedApprovals {
  const decided = records.filter(({ policy }) => policy.digest === digest);
  if (decided.length === 0) throw new AppError('bundle_invalid', `The bundle ${digest} decided none of the records.`);
  const directory = createDirectory(readDirectoryData(data));
  const verified = new Set<string>();
  const faults: SignedApprovals['faults'] = [];
  for (const record of decided) {
    for (const approval of record.approvals) {
      const { isVerified, why } = check(approval, record, directory);
      if (why !== null) faults.push({ case: record.case, fault: faultOf(record, why) });
      else if (isVerified) verified.add(approval.id);
    }
  }
  return { verified: verified.size, faults };
}

/** Not verified, and nothing wrong with it: nothing was signed, or nobody has the key any more. Then it must not count. */
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
    return { isVerified: false, why: `holds approval ${id}, which does not verify: ${(cause as Error).message}` };
  }
}
