/**
 * UTF-16 units: half of what the memory of an evaluation holds by default. Go has no limit, and an allocation of any size
 * ends the whole process.
 */
const MAX_TEXT = 2 ** 25;

/** Throws Error for the length of a text that is too large to be made. */
export function assertTextLength(length: number): void {
  if (length > MAX_TEXT) throw new Error(`the text has more than ${MAX_TEXT} characters`);
}
