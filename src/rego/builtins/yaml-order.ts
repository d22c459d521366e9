/** How Go's writer sorts the keys of a map: letters behind what is none, and numbers in texts by their worth. */
export function compareYamlKeys(a: string, b: string): number {
  if (a === b) return 0;
  return isBefore([...a], [...b]) ? -1 : 1;
}

const LETTER = /^\p{L}$/u;
const DIGIT = /^\p{Nd}$/u;

function isBefore(a: readonly string[], b: readonly string[]): boolean {
  let afterDigit = false;
  for (let index = 0; index < a.length && index < b.length; index++) {
    const [x, y] = [a[index] as string, b[index] as string];
    if (x === y) {
      afterDigit = DIGIT.test(x);
      continue;
    }
    const [isLetterX, isLetterY] = [LETTER.test(x), LETTER.test(y)];
    if (isLetterX && isLetterY) return codeOf(x) < codeOf(y);
    if (isLetterX || isLetterY) return afterDigit ? isLetterX : isLetterY;
    return isNumberBefore(a, b, index);
  }
  return a.length < b.length;
}

function isNumberBefore(a: readonly string[], b: readonly string[], index: number): boolean {
  // A zero counts where a digit other than zero stands before it.
  const lead = a[index] === '0' || b[index] === '0' ? leadOf(a, index) : 0n;
  const [first, second] = [numberAt(a, index, lead), numberAt(b, index, lead)];
  if (first.value !== second.value) return first.value < second.value;
  if (first.end !== second.end) return first.end < second.end;
  return codeOf(a[index] as string) < codeOf(b[index] as string);
}

function leadOf(text: readonly string[], index: number): bigint {
  for (let at = index - 1; at >= 0 && DIGIT.test(text[at] as string); at--) if (text[at] !== '0') return 1n;
  return 0n;
}

/** Go counts in 64 bits, with any digits of Unicode as if they stood behind the zero of ASCII. */
function numberAt(text: readonly string[], start: number, lead: bigint): { value: bigint; end: number } {
  let [value, end] = [lead, start];
  while (end < text.length && DIGIT.test(text[end] as string)) {
    value = BigInt.asIntN(64, value * 10n + BigInt(codeOf(text[end] as string) - 48));
    end++;
  }
  return { value, end };
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
