/** Other text in the place of some, by offsets. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/** The place in the text where `row` and `col` say that `text` stands. OPA counts columns in bytes, or in characters. */
export function offsetOf(source: string, row: number, col: number, text: string): number | undefined {
  const lines = source.split('\n');
  const line = lines[row - 1];
  if (line === undefined) return undefined;
  const before = lines.slice(0, row - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const columns = [
    Buffer.from(line)
      .subarray(0, col - 1)
      .toString().length,
    [...line].slice(0, col - 1).join('').length,
  ];
  return columns.map((column) => before + column).find((offset) => source.startsWith(text, offset));
}

/** The text after edits that do not overlap. */
export function edited(source: string, edits: readonly TextEdit[]): string {
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), source);
}
