import { AppError } from '../../base/errors.ts';
import { parseJwks } from '../../base/jwks.ts';
import { verifyCompact } from '../../base/jws.ts';
import { APPROVAL_TYPE, type SignedVerdict } from '../../contract/signed-verdict.ts';
import type { Directory } from '../directory.ts';
import type { Approver } from './approval.ts';
import { differingMembers, readSignedVerdict, type Signable } from './signed-verdict.ts';

/** The time within which a signed verdict has to be submitted. */
const MAX_AGE_MS = 15 * 60 * 1000;
/** How far the clock of an approver may be ahead of the service's clock. */
const LEEWAY_MS = 60 * 1000;

/**
 * Verifies a signed verdict (untrusted compact JWS) by the key that is registered for a person. Throws AppError
 * `signature_invalid`, also if the key is not registered.
 */
export function verifyApprovalSignature(jws: string, directory: Directory): { person: string; said: SignedVerdict } {
  const { kid, said } = readSignedVerdict(jws);
  const signer = directory.signerOf(kid);
  if (signer === null) throw new AppError('signature_invalid', 'The key of the signature is not registered.');
  try {
    // Half of the signatures that common libraries make have a high s. signedPart makes sure that a verdict counts once.
    verifyCompact(jws, parseJwks({ keys: [signer.jwk] }), APPROVAL_TYPE, { acceptHighS: true });
  } catch (cause) {
    throw new AppError('signature_invalid', (cause as Error).message, { cause });
  }
  return { person: signer.person, said };
}

/**
 * Who signed the verdict received at `now`. Throws AppError `signature_invalid` if it does not verify, differs from the
 * members sent with it, or is too old or too new.
 */
export function identifySigner(jws: string, verdict: Signable, directory: Directory, now: Date): Approver {
  const { person, said } = verifyApprovalSignature(jws, directory);
  const different = differingMembers(said, verdict);
  if (different.length > 0) {
    throw new AppError('signature_invalid', `The signed content differs in ${different.join(', ')}.`);
  }
  const ageMs = now.getTime() - said.iat * 1000;
  if (ageMs > MAX_AGE_MS)
    throw new AppError('signature_invalid', 'It was signed more than 15 minutes ago: sign again.');
  if (ageMs < -LEEWAY_MS) throw new AppError('signature_invalid', 'Its signing time is in the future.');
  return { identity: person, assurance: 'signed', authenticatedAt: new Date(said.iat * 1000).toISOString() };
}
