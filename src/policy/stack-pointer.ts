const HEADER_BYTES = 8;
const GLOBAL_SECTION = 6;
const EXPORT_SECTION = 7;
/** How the binary format writes a mutable i32 in the global section, and a global in the export section. */
const MUTABLE_I32 = [0x7f, 0x01];
const GLOBAL_EXPORT = 0x03;
const FIRST_GLOBAL = 0;

/** The name under which a module from exportStackPointer exports it. */
export const STACK_POINTER = 'countersign_stack_pointer';

/**
 * The same module with its stack pointer exported: the first global of what wasm-ld links, as OPA's runtime is. An abort
 * leaves it where it was, so that after some hundred aborts the stack of 64 KiB is used up, and every evaluation fails.
 * Whoever starts the module can put it back. Throws Error for what is no such module.
 */
export function exportStackPointer(wasm: Uint8Array): Uint8Array {
  const sections = sectionsOf(wasm);
  const globals = sections.find(({ id }) => id === GLOBAL_SECTION)?.content ?? new Uint8Array();
  const [, first] = readNumber(globals, 0);
  if (MUTABLE_I32.some((byte, index) => globals[first + index] !== byte)) throw new Error('it has no stack pointer');
  const parts = sections.map(({ id, content }) => section(id, id === EXPORT_SECTION ? withExport(content) : content));
  return Buffer.concat([wasm.subarray(0, HEADER_BYTES), ...parts]);
}

interface Section {
  id: number;
  content: Uint8Array;
}

function sectionsOf(wasm: Uint8Array): Section[] {
  const sections: Section[] = [];
  let at = HEADER_BYTES;
  while (at < wasm.length) {
    const [length, start] = readNumber(wasm, at + 1);
    sections.push({ id: wasm[at] ?? 0, content: wasm.subarray(start, start + length) });
    at = start + length;
  }
  return sections;
}

function section(id: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(id, ...writeNumber(content.length)), content]);
}

/** A vector of exports with one more. */
function withExport(exports: Uint8Array): Uint8Array {
  const [count, start] = readNumber(exports, 0);
  const name = Buffer.from(STACK_POINTER);
  const added = [...writeNumber(name.length), ...name, GLOBAL_EXPORT, FIRST_GLOBAL];
  return Buffer.concat([Uint8Array.from(writeNumber(count + 1)), exports.subarray(start), Uint8Array.from(added)]);
}

/** LEB128, unsigned: seven bits a byte, the lowest first; the highest bit says that there are more. */
function readNumber(bytes: Uint8Array, at: number): [value: number, next: number] {
  const byte = bytes[at] ?? 0;
  if (byte < 0x80) return [byte, at + 1];
  const [rest, next] = readNumber(bytes, at + 1);
  return [byte - 0x80 + rest * 0x80, next];
}

function writeNumber(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...writeNumber(Math.floor(value / 0x80))];
}
