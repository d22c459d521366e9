import { EXPORT_SECTION, GLOBAL_SECTION, readNumber, sectionsOf, withSections, writeNumber } from './sections.ts';

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
  return withSections(
    wasm,
    sections.map(({ id, content }) => ({ id, content: id === EXPORT_SECTION ? withExport(content) : content })),
  );
}

/** A vector of exports with one more. */
function withExport(exports: Uint8Array): Uint8Array {
  const [count, start] = readNumber(exports, 0);
  const name = Buffer.from(STACK_POINTER);
  const added = [...writeNumber(name.length), ...name, GLOBAL_EXPORT, FIRST_GLOBAL];
  return Buffer.concat([Uint8Array.from(writeNumber(count + 1)), exports.subarray(start), Uint8Array.from(added)]);
}
