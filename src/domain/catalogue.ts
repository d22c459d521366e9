/**
 * The one place where codes become prose. Policy returns codes only, so that wording can change without changing what a
 * digest covers, and a code that is not listed (a policy of your own) still reads as words.
 */
const SENTENCES: Readonly<Record<string, string>> = {
  evaluation_undefined: 'The policy gave no answer.',
};

/** A sentence for a denial, refusal or requirement code. */
export function describeCode(code: string): string {
  return SENTENCES[code] ?? `${code.charAt(0).toUpperCase()}${code.slice(1).replaceAll('_', ' ')}.`;
}
