/** The middle value; the mean of the two in the middle where there is no one. Throws RangeError for none at all. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('no values');
  return (lower + upper) / 2;
}

/** Microseconds that one call of `act` takes, on average over one walk through the inputs. */
export function microsPerCall<T>(inputs: readonly T[], act: (input: T, index: number) => unknown): number {
  const startedAt = performance.now();
  for (const [index, input] of inputs.entries()) act(input, index);
  return ((performance.now() - startedAt) * 1000) / inputs.length;
}

/**
 * Results of each contestant over several rounds, in which they take turns: whatever else the machine does meanwhile
 * meets them all alike. The order is turned around at every other round.
 */
export async function alternate<N extends string, R>(
  contestants: Readonly<Record<N, () => R | Promise<R>>>,
  rounds: number,
): Promise<Record<N, R[]>> {
  const names = Object.keys(contestants) as N[];
  const results = Object.fromEntries(names.map((name) => [name, [] as R[]])) as Record<N, R[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) results[name].push(await contestants[name]());
  }
  return results;
}

/** The median over the rounds of one contestant's figure against another's in the same round. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/** The value below which so large a share of sorted values lies; NaN for none at all. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
