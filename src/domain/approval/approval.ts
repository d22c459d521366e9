import { AppError } from '../../base/errors.ts';
import type { Approval, VerdictRequest } from '../../contract/approval.ts';
import type { Assurance } from '../../contract/evaluation.ts';
import type { Directory } from '../directory.ts';
import { differingMembers, readSignedVerdict } from './signed-verdict.ts';

/** Who gives a verdict, with what assurance, and when they authenticated. */
export interface Approver {
  identity: string;
  assurance: Assurance;
  authenticatedAt: string | null;
}

/**
 * Who gives a verdict, according to the token that submits it. A token with `approve` approves as its own principal
 * (`authenticated`); one with `approve:assert` may name any person (`asserted`); both may submit a signed verdict: null,
 * because the signature then identifies the approver. Throws AppError `forbidden` otherwise.
 */
export function resolveApprover(
  { approver, signature }: Pick<VerdictRequest, 'approver' | 'signature'>,
  { scopes, principal }: { scopes: readonly string[]; principal: string | null },
): Approver | null {
  if (signature !== undefined && (scopes.includes('approve') || scopes.includes('approve:assert'))) return null;
  if (principal !== null && scopes.includes('approve') && (approver === undefined || approver === principal)) {
    return { identity: principal, assurance: 'authenticated', authenticatedAt: null };
  }
  if (approver !== undefined && scopes.includes('approve:assert')) {
    return { identity: approver, assurance: 'asserted', authenticatedAt: null };
  }
  if (approver !== undefined) {
    throw new AppError('forbidden', 'Naming another approver needs the scope approve:assert.');
  }
  throw new AppError('forbidden', 'An approval needs the scope approve and a token that represents a person.');
}

/**
 * Persons and groups are looked up at the time of evaluation: a person who has left a group no longer counts for it, and a
 * person whose mapping was wrong counts under the corrected one.
 */
export function withFacts(approval: Approval, directory: Directory): Approval {
  const { approver, submitted_by, on_behalf_of } = approval;
  const person = personBehind(approval, directory);
  return {
    ...approval,
    approver: { ...approver, person, groups: person === null ? [] : directory.groupsOf(person) },
    submitted_by: { ...submitted_by, person: submitted_by.principal && directory.personOf(submitted_by.principal) },
    on_behalf_of: on_behalf_of && { ...on_behalf_of, person: directory.personOf(on_behalf_of.identity) },
  };
}

/** A signature belongs to the person whose key it is now; once the key is removed, it belongs to no one. */
function personBehind({ approver, signature }: Approval, directory: Directory): string | null {
  if (signature === undefined || signature === null) return directory.personOf(approver.identity);
  return directory.signerOf(readSignedVerdict(signature).kid)?.person ?? null;
}

/**
 * Whether an approval agrees with its signature, and is `signed` only if it has one. The owner of the key and the validity of
 * the signature need the data of the bundle.
 */
export function saysWhatWasSigned(approval: Approval): boolean {
  const { approver, signature, authenticated_at: at } = approval;
  if (signature === undefined || signature === null) return approver.assurance !== 'signed';
  try {
    const { said } = readSignedVerdict(signature);
    const isOfItsTime = typeof at === 'string' && Date.parse(at) === said.iat * 1000;
    return approver.assurance === 'signed' && isOfItsTime && differingMembers(said, approval).length === 0;
  } catch {
    return false;
  }
}
