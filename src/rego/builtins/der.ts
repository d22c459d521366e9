/**
 * Reads DER (X.690) element by element. Every reader takes its element off the front, or takes nothing and returns
 * undefined if something else stands there.
 */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#bytes.length;
  }

  get rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  peek(tag: number): boolean {
    return this.#bytes[this.#at] === tag;
  }

  /** The next element of any tag, or of this one; `whole` is with tag and length. */
  element(tag?: number): { tag: number; content: Buffer; whole: Buffer } | undefined {
    const [found, first] = [this.#bytes[this.#at], this.#bytes[this.#at + 1]];
    if (found === undefined || first === undefined || (tag !== undefined && tag !== found)) return undefined;
    // Tags above 30 and lengths above four bytes do not occur in certificates; Go refuses them too.
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    if ((found & 0x1f) === 0x1f || first === 0x80 || lengthBytes > 4) return undefined;
    const start = this.#at + 2 + lengthBytes;
    if (start > this.#bytes.length) return undefined;
    const length = lengthBytes === 0 ? first : this.#bytes.readUIntBE(this.#at + 2, lengthBytes);
    const isMinimal = lengthBytes === 0 || (length >= 0x80 && length >= 256 ** (lengthBytes - 1));
    if (!isMinimal || start + length > this.#bytes.length) return undefined;
    const whole = this.#bytes.subarray(this.#at, start + length);
    this.#at = start + length;
    return { tag: found, content: this.#bytes.subarray(start, start + length), whole };
  }

  content(tag: number): Buffer | undefined {
    return this.element(tag)?.content;
  }

  /** A reader of what is inside of the next element. */
  inside(tag: number): DerReader | undefined {
    const content = this.content(tag);
    return content && new DerReader(content);
  }

  integer(tag: number = DER.INTEGER): bigint | undefined {
    const bytes = this.content(tag);
    const [first, second] = bytes ?? [];
    if (bytes === undefined || first === undefined) return undefined;
    const isPadded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    return isPadded ? undefined : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  }

  boolean(): boolean | undefined {
    const bytes = this.content(DER.BOOLEAN);
    if (bytes?.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 0xff)) return undefined;
    return bytes[0] === 0xff;
  }

  oid(): bigint[] | undefined {
    const bytes = this.content(DER.OID);
    return bytes && parseOid(bytes);
  }

  /** The bits, left-aligned, and how many of the last byte do not count. */
  bitString(): { bits: Buffer; unused: number } | undefined {
    const bytes = this.content(DER.BIT_STRING);
    const unused = bytes?.[0];
    if (bytes === undefined || unused === undefined || unused > 7) return undefined;
    const bits = bytes.subarray(1);
    const last = bits.at(-1) ?? 0;
    const isClean = bits.length === 0 ? unused === 0 : (last & ((1 << unused) - 1)) === 0;
    return isClean ? { bits, unused } : undefined;
  }
}

/** Tags, with the bit of constructed elements where these are always constructed. */
export const DER = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  UTF8_STRING: 0x0c,
  NUMERIC_STRING: 0x12,
  PRINTABLE_STRING: 0x13,
  T61_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
  /** Context-specific tag n: primitive and constructed. */
  context: (n: number) => 0x80 | n,
  constructed: (n: number) => 0xa0 | n,
} as const;

/** Real ones have a dozen. Numbers of any size take time that grows with the square of theirs. */
const MAX_OID_BYTES = 1024;

/** An object identifier's numbers; undefined unless each is written in as few bytes as it can be. */
function parseOid(bytes: Buffer): bigint[] | undefined {
  const last = bytes.at(-1);
  if (last === undefined || last >= 0x80 || bytes.length > MAX_OID_BYTES) return undefined;
  const arcs: bigint[] = [];
  let arc = 0n;
  let starts = true;
  for (const byte of bytes) {
    if (starts && byte === 0x80) return undefined;
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    starts = byte < 0x80;
    if (!starts) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [head = 0n, ...tail] = arcs;
  const root = head < 80n ? head / 40n : 2n;
  return [root, head - root * 40n, ...tail];
}
