import { formatRego, type RegoValue } from '../value.ts';
import { BOOLEAN, STRING, TYPE } from './layout.ts';
import type { GrowingMemory } from './values.ts';

const encoder = new TextEncoder();

export interface ValueWriter {
  /** Writes a value to the memory of the module and returns its address. Throws Error for a value that Rego does not have. */
  write(value: RegoValue): number;
}

/** `malloc` allocates bytes; `parse` gives the address of the value of a Rego text (see formatRego), 0 if it cannot parse it. */
export function createValueWriter(
  memory: GrowingMemory,
  malloc: (bytes: number) => number,
  parse: (text: number, bytes: number) => number,
): ValueWriter {
  /** Writes UTF-8; a lone surrogate becomes U+FFFD, as it does in Go. */
  function writeText(text: string): [address: number, bytes: number] {
    const bytes = Buffer.byteLength(text);
    const address = malloc(bytes);
    encoder.encodeInto(text, new Uint8Array(memory.buffer, address, bytes));
    return [address, bytes];
  }

  function writeString(text: string): number {
    const [start, length] = writeText(text);
    const address = malloc(STRING.bytes);
    const view = new DataView(memory.buffer, address);
    view.setUint8(0, TYPE.string);
    view.setUint8(STRING.isOwner, 0);
    view.setUint32(STRING.length, length, true);
    view.setUint32(STRING.text, start, true);
    return address;
  }

  function writeBoolean(value: boolean): number {
    const address = malloc(BOOLEAN.bytes);
    new Uint8Array(memory.buffer, address).set([TYPE.boolean, Number(value)]);
    return address;
  }

  return {
    write(value) {
      if (typeof value === 'string') return writeString(value);
      if (typeof value === 'boolean') return writeBoolean(value);
      const address = parse(...writeText(formatRego(value)));
      if (address === 0) throw new Error('the module cannot parse a value that it was given');
      return address;
    },
  };
}
