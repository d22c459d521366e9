/** The order n of P-256 (FIPS 186-5, SP 800-186 §3.2.1.3), and its half, rounded down. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF_ORDER = Buffer.from((ORDER / 2n).toString(16).padStart(64, '0'), 'hex');
const S_AT = 32;

/** Whether an ES256 signature (r and s of 32 bytes each) has the higher of the two values of s that verify, s and n - s. */
export function hasHighS(signature: Buffer): boolean {
  return signature.subarray(S_AT).compare(HALF_ORDER) > 0;
}

/** Of a signature and its equally valid counterpart, the one with the lower s. */
export function withLowS(signature: Buffer): Buffer {
  if (!hasHighS(signature)) return signature;
  const s = BigInt(`0x${signature.toString('hex', S_AT)}`);
  return Buffer.concat([signature.subarray(0, S_AT), Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex')]);
}
