const HEADER_BYTES = 8;

/** A section of a WASM binary, see https://webassembly.github.io/spec/core/binary/modules.html#sections. */
export interface Section {
  id: number;
  content: Uint8Array;
}

export const CUSTOM_SECTION = 0;
export const TYPE_SECTION = 1;
export const IMPORT_SECTION = 2;
export const FUNCTION_SECTION = 3;
export const TABLE_SECTION = 4;
export const MEMORY_SECTION = 5;
export const GLOBAL_SECTION = 6;
export const EXPORT_SECTION = 7;
export const ELEMENT_SECTION = 9;
export const CODE_SECTION = 10;
export const DATA_SECTION = 11;

/** The sections of a binary in their order; the contents are not copied. The result for other bytes is arbitrary. */
export function sectionsOf(wasm: Uint8Array): Section[] {
  const sections: Section[] = [];
  let at = HEADER_BYTES;
  while (at < wasm.length) {
    const [length, start] = readNumber(wasm, at + 1);
    sections.push({ id: wasm[at] ?? 0, content: wasm.subarray(start, start + length) });
    at = start + length;
  }
  return sections;
}

/** The binary with its sections replaced. */
export function withSections(wasm: Uint8Array, sections: readonly Section[]): Uint8Array {
  const parts = sections.map(({ id, content }) =>
    Buffer.concat([Uint8Array.of(id, ...writeNumber(content.length)), content]),
  );
  return Buffer.concat([wasm.subarray(0, HEADER_BYTES), ...parts]);
}

/** Reads unsigned LEB128. Throws Error for more bytes than a 32-bit number takes. */
export function readNumber(bytes: Uint8Array, at: number, left = 5): [value: number, next: number] {
  const byte = bytes[at] ?? 0;
  if (byte < 0x80) return [byte, at + 1];
  if (left === 1) throw new Error('it holds a number of more than 32 bits');
  const [rest, next] = readNumber(bytes, at + 1, left - 1);
  return [byte - 0x80 + rest * 0x80, next];
}

export function writeNumber(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...writeNumber(Math.floor(value / 0x80))];
}
