/** An element of DER. */
export function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const short = content.length < 0x80 ? length.subarray(3) : length.subarray(length.findIndex((byte) => byte !== 0));
  const prefix = content.length < 0x80 ? [] : [0x80 + short.length];
  return Buffer.concat([Buffer.from([tag, ...prefix]), short, content]);
}
