/** The patterns of glob.match as github.com/gobwas/glob v1.1.0 reads them. */
export type GlobNode =
  | { kind: 'text'; text: string }
  /** `?`, `*` and `**`. */
  | { kind: 'one' | 'any' | 'super' }
  /** `[abc]`: any of the code points of the text, or for `not` any other. */
  | { kind: 'set'; runes: ReadonlySet<number>; not: boolean }
  /** `[a-c]`, both ends included. */
  | { kind: 'range'; low: number; high: number; not: boolean }
  /** `{a,b*}`. */
  | { kind: 'group'; alternatives: GlobNode[][] };

/** Throws Error with the library's message for what is no pattern. */
export function parseGlobPattern(pattern: string): GlobNode[] {
  return new PatternReader(pattern).sequence();
}

const OUTSIDE = new Set('?*[{');
const IN_GROUP = new Set('?*[{},');
const IN_SET = new Set(']');

class PatternReader {
  readonly #runes: readonly string[];
  #at = 0;
  /** The sequence that is read now, and those of the groups around it with the alternatives before. */
  #nodes: GlobNode[] = [];
  readonly #open: { before: GlobNode[]; alternatives: GlobNode[][] }[] = [];

  constructor(pattern: string) {
    this.#runes = [...pattern];
  }

  sequence(): GlobNode[] {
    while (this.#at < this.#runes.length) this.#node();
    if (this.#open.length > 0) throw this.#fault('unclosed `{`');
    return this.#nodes;
  }

  #node(): void {
    const group = this.#open.at(-1);
    if (this.#skip('{')) {
      this.#open.push({ before: this.#nodes, alternatives: [] });
      this.#nodes = [];
    } else if (group !== undefined && this.#skip(',')) {
      group.alternatives.push(this.#nodes);
      this.#nodes = [];
    } else if (group !== undefined && this.#skip('}')) {
      const { before, alternatives } = group;
      this.#open.pop();
      before.push({ kind: 'group', alternatives: [...alternatives, this.#nodes] });
      this.#nodes = before;
    } else if (this.#skip('[')) this.#nodes.push(this.#class());
    else if (this.#skip('?')) this.#nodes.push({ kind: 'one' });
    else if (this.#skip('*')) this.#nodes.push({ kind: this.#skip('*') ? 'super' : 'any' });
    else this.#nodes.push({ kind: 'text', text: this.#text(group === undefined ? OUTSIDE : IN_GROUP) });
  }

  /** What follows `[`: one range, or else a set, in which `-` is a rune like others. */
  #class(): GlobNode {
    const not = this.#skip('!');
    if (this.#at < this.#runes.length && this.#runes[this.#at + 1] === '-') {
      const low = codeOf(this.#take());
      this.#at++;
      const high = codeOf(this.#take());
      this.#close();
      if (high < low) throw this.#fault('range hi character is less than lo');
      return { kind: 'range', low, high, not };
    }
    const text = this.#at < this.#runes.length ? this.#text(IN_SET, false) : '';
    this.#close();
    if (text === '') throw this.#fault('could not parse range');
    return { kind: 'set', runes: new Set(Array.from(text, codeOf)), not };
  }

  #close(): void {
    if (this.#take() !== ']') throw this.#fault('expected close range character');
  }

  /** The runes until one of those; `\` takes the meaning from the next. */
  #text(breakers: ReadonlySet<string>, mayFail = true): string {
    let text = '';
    for (let rune = this.#runes[this.#at]; rune !== undefined && !breakers.has(rune); rune = this.#runes[this.#at]) {
      if (rune === '\\') this.#at++;
      text += this.#runes[this.#at] ?? '';
      this.#at++;
    }
    const isCut = this.#at > this.#runes.length;
    this.#at = Math.min(this.#at, this.#runes.length);
    if (isCut && mayFail) throw this.#fault('trailing backslash');
    return text;
  }

  #take(): string {
    const rune = this.#runes[this.#at];
    if (rune === undefined) throw this.#fault('unexpected end of input');
    this.#at++;
    return rune;
  }

  #skip(expected: string): boolean {
    if (this.#runes[this.#at] !== expected) return false;
    this.#at++;
    return true;
  }

  #fault(reason: string): Error {
    const offset = Buffer.byteLength(this.#runes.slice(0, this.#at).join(''), 'utf8');
    return new Error(`glob: syntax error at ${offset}: ${reason}`);
  }
}

function codeOf(rune: string): number {
  return rune.codePointAt(0) ?? 0;
}
