import { AppError } from '../../base/errors.ts';
import type { Approval, VerdictRequest } from '../../contract/approval.ts';
import type { Assurance } from '../../contract/evaluation.ts';
import type { Directory } from '../directory.ts';
import { differingMembers, readSignedVerdict } from './signed-verdict.ts';

/** Who gives a verdict, how sure we are of it, and since when. */
export interface Approver {
  identity: string;
  assurance: Assurance;
  authenticatedAt: string | null;
}

/**
 * Who gives a verdict, by the token that hands it in. A token with `approve` speaks for its own principal
 * (`authenticated`); one with `approve:assert` may name anybody (`asserted`); both may hand in what somebody signed: null,
 * for then the signature says who. Throws AppError `forbidden` for everything else.
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
 * Persons and groups are facts of the moment of evaluation: who has since left a group no longer counts for it, and who
 * was mapped wrongly counts as who they are.
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

/** A signature belongs to the person who has its key registered now; once a key is removed, it belongs to nobody. */
function personBehind({ approver, signature }: Approval, directory: Directory): string | null {
  if (signature === undefined || signature === null) return directory.personOf(approver.identity);
  return directory.signerOf(readSignedVerdict(signature).kid)?.person ?? null;
}

/**
 * Whether an approval says what its signature says, and is `signed` only where it has one. Whose the key is, and whether
 * the signature verifies, takes the data of the bundle.
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
