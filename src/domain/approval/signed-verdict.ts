import { AppError } from '../../base/errors.ts';
import { parseJsonText } from '../../base/json-text.ts';
import { decodeCompact } from '../../base/jws.ts';
import { parseWith } from '../../base/parse.ts';
import { type SignedVerdict, signedVerdictHeaderSchema, signedVerdictSchema } from '../../contract/signed-verdict.ts';

/** The members that the submitted verdict and the recorded approval have to share with the signature. */
export type Signable = Omit<SignedVerdict, 'iat'>;

/** Of ES256 and of EdDSA alike. */
const SIGNATURE_BYTES = 64;

/**
 * Reads what an untrusted compact JWS says, and by which key, without verifying it. Throws AppError `signature_invalid`
 * for what is no well-formed signed verdict.
 */
export function readSignedVerdict(jws: string): { kid: string; said: SignedVerdict } {
  const { header, payload, signature } = asVerdict(() => decodeCompact(jws));
  if (signature.length !== SIGNATURE_BYTES) throw invalid(`Its signature is not ${SIGNATURE_BYTES} bytes long.`);
  const { kid } = parseWith(signedVerdictHeaderSchema, parseJson(header), 'signature_invalid', 'The header of the JWS');
  const said = parseWith(signedVerdictSchema, parseJson(payload), 'signature_invalid', 'The payload of the JWS');
  return { kid, said };
}

/** The members in which the signed content differs from the members sent with it. */
export function differingMembers(said: SignedVerdict, other: Signable): string[] {
  const members = ['case', 'seen', 'request_digest', 'verdict', 'comment'] as const;
  return members.filter((member) => said[member] !== other[member]);
}

/** Names a signed verdict whatever its signature: of one ES256 signature anybody can make a second that verifies too. */
export function signedPart(jws: string): string {
  return jws.slice(0, jws.lastIndexOf('.'));
}

function parseJson(bytes: Buffer): unknown {
  return asVerdict(() => parseJsonText(bytes), 'A part of the JWS is not JSON: ');
}

/** A fault in the JWS of a verdict is a fault of the verdict, not of a record. */
function asVerdict<T>(read: () => T, prefix = ''): T {
  try {
    return read();
  } catch (cause) {
    throw new AppError('signature_invalid', `${prefix}${(cause as Error).message}`, { cause });
  }
}

function invalid(message: string): AppError {
  return new AppError('signature_invalid', message);
}
