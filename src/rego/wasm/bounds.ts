import { MEMORY_SECTION, readNumber, sectionsOf, TABLE_SECTION } from './sections.ts';

const FUNCTION_REFERENCES = 0x70;
const HAS_MAXIMUM = 0x01;
/** Functions that are called through the table. OPA's modules of the shipped policies have 314. */
const MAX_TABLE_ENTRIES = 100_000;

/**
 * Requires that what a module may take is ours to bound before any of it runs. OPA's modules have a start function, which
 * runs as soon as they are instantiated. They import their memory, so that its maximum is ours to set; a memory of their
 * own would have none, nor would further tables. Throws Error for a module that is not like that (untrusted bytes).
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
