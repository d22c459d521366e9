/** A number of places, each to be filled by a different person of the pool. */
export interface Places {
  pool: ReadonlySet<string>;
  count: number;
}

/** With more places the check would take too long, and no policy asks for so many approvals. */
export const MOST_PLACES = 200;

/** Whether all places can be filled at once, each by another person. Assumed to be true for more than MOST_PLACES. */
export function canFillAll(all: readonly Places[]): boolean {
  if (all.some(({ pool, count }) => pool.size < count)) return false;
  const scarce = scarcePlaces(all);
  if (countOf(scarce) > MOST_PLACES) return true;
  const seats = scarce.flatMap(({ pool, count }) => Array<typeof pool>(count).fill(pool));
  const seatOf = new Map<string, number>();
  return seats.every((_, seat) => fill(seat, seats, seatOf, new Set()));
}

/** The places that may stay empty. A pool with at least as many persons as there are places always has somebody left. */
export function scarcePlaces<Some extends Places>(all: readonly Some[]): readonly Some[] {
  const total = countOf(all);
  const scarce = all.filter(({ pool }) => pool.size < total);
  return scarce.length === all.length ? all : scarcePlaces(scarce);
}

/** The number of persons that are needed. */
export function countOf(all: readonly Places[]): number {
  return all.reduce((sum, { count }) => sum + count, 0);
}

/** Finds a person for a seat, if necessary by moving others (Kuhn's augmenting paths). */
function fill(
  seat: number,
  seats: readonly ReadonlySet<string>[],
  seatOf: Map<string, number>,
  tried: Set<string>,
): boolean {
  for (const person of seats[seat] ?? []) {
    if (tried.has(person)) continue;
    tried.add(person);
    const taken = seatOf.get(person);
    if (taken !== undefined && !fill(taken, seats, seatOf, tried)) continue;
    seatOf.set(person, seat);
    return true;
  }
  return false;
}
