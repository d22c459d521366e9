/** Policies use few patterns, and input must not fill the memory with them. */
const MAX_CACHED = 100;

/** Compiled patterns by their texts; the one that was not asked for longest is forgotten first. */
export class PatternCache<T> {
  /** The latest last. */
  readonly #compiled = new Map<string, T>();

  /** What `compile` throws is not kept. */
  get(key: string, compile: () => T): T {
    const pattern = this.#compiled.get(key) ?? compile();
    this.#compiled.delete(key);
    this.#compiled.set(key, pattern);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > MAX_CACHED && oldest !== undefined) this.#compiled.delete(oldest);
    return pattern;
  }
}
