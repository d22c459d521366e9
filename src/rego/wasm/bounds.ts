import { MEMORY_SECTION, readNumber, sectionsOf, TABLE_SECTION } from './sections.ts';

const FUNCTION_REFERENCES = 0x70;
const HAS_MAXIMUM = 0x01;
/** Functions that are called indirectly. Large policies have some hundreds. */
const MAX_TABLE_ENTRIES = 100_000;

/**
 * Requires that the host can bound the memory of a module (untrusted bytes) before any of its code runs: modules have a start
 * function, which runs when they are instantiated. OPA's modules import their memory, so that the host sets its maximum. A
 * memory of their own, or further tables, would be unbounded. Throws Error for a module that has them.
 */
export function requireBounds(wasm: Uint8Array): void {
  const sections = sectionsOf(wasm);
  if (sections.some(({ id }) => id === MEMORY_SECTION)) {
    throw new Error('it has a memory of its own, where the modules of OPA import theirs');
  }
  for (const { content } of sections.filter(({ id }) => id === TABLE_SECTION)) {
    const [tables, at] = readNumber(content, 0);
    const [, next] = readNumber(content, at + 2);
    const [most] = readNumber(content, next);
    const isOfOpa = tables === 1 && content[at] === FUNCTION_REFERENCES && content[at + 1] === HAS_MAXIMUM;
    if (!isOfOpa || most > MAX_TABLE_ENTRIES) {
      throw new Error(`it has tables other than one of at most ${MAX_TABLE_ENTRIES} functions`);
    }
  }
}
