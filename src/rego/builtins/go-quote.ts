import { isPrintable } from './go-unicode.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** Printable ASCII without quotes and the backslash. */
const PLAIN = /^[ !#-&(-[\]-~]*$/;

/** Go's strconv.Quote; `delimiter` is `'` for a rune. */
export function goQuote(text: string, asciiOnly = false, delimiter = '"'): string {
  if (PLAIN.test(text)) return delimiter + text + delimiter;
  const escaped = Array.from(text, (char) => {
    if (char === delimiter) return `\\${char}`;
    const known = ESCAPES[char];
    if (known !== undefined) return known;
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
    if (code < 0x7f || (!asciiOnly && isPrintable(char))) return char;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `${delimiter}${escaped.join('')}${delimiter}`;
}
