/** Variables by their names, of which the last declared hides those before: a template may have a hundred thousand. */
export class Scope<T> {
  readonly #cells = new Map<string, { value: T }[]>();
  readonly #names: string[] = [];

  get size(): number {
    return this.#names.length;
  }

  declare(name: string, value: T): void {
    const cells = this.#cells.get(name) ?? [];
    cells.push({ value });
    this.#cells.set(name, cells);
    this.#names.push(name);
  }

  find(name: string): { value: T } | undefined {
    return this.#cells.get(name)?.at(-1);
  }

  /** Forgets all variables but the first so many. */
  shrinkTo(size: number): void {
    for (const name of this.#names.splice(size)) this.#cells.get(name)?.pop();
  }
}
