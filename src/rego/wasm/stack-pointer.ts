import { EXPORT_SECTION, GLOBAL_SECTION, readNumber, sectionsOf, withSections, writeNumber } from './sections.ts';

/** A mutable i32 in the global section, and a global in the export section, as the binary format encodes them. */
const MUTABLE_I32 = [0x7f, 0x01];
const GLOBAL_EXPORT = 0x03;
const FIRST_GLOBAL = 0;

/** The name under which a module from exportStackPointer exports it. */
export const STACK_POINTER = 'countersign_stack_pointer';

/**
 * Exports the stack pointer of a module: the first global in modules linked by wasm-ld, such as OPA's. An abort does not reset
 * it, so that some hundred aborts use up the stack of 64 KiB, and every evaluation after that fails. With the export, the host
 * resets it. Throws Error for a module without one.
 */
export function exportStackPointer(wasm: Uint8Array): Uint8Array {
  const sections = sectionsOf(wasm);
  const globals = sections.find(({ id }) => id === GLOBAL_SECTION)?.content ?? new Uint8Array();
  const [, first] = readNumber(globals, 0);
  if (MUTABLE_I32.some((byte, index) => globals[first + index] !== byte)) throw new Error('it has no stack pointer');
  return withSections(
    wasm,
    sections.map(({ id, content }) => ({ id, content: id === EXPORT_SECTION ? withExport(content) : content })),
  );
}

/** The export section with the stack pointer added. */
function withExport(exports: Uint8Array): Uint8Array {
  const [count, start] = readNumber(exports, 0);
  const name = Buffer.from(STACK_POINTER);
  const added = [...writeNumber(name.length), ...name, GLOBAL_EXPORT, FIRST_GLOBAL];
  return Buffer.concat([Uint8Array.from(writeNumber(count + 1)), exports.subarray(start), Uint8Array.from(added)]);
}
