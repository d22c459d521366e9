const SECOND = ['second', 1] as const;
const UNITS = [['day', 86_400], ['hour', 3600], ['minute', 60], SECOND] as const;

/** A length of time in the largest unit in which it is whole: `90 days`, `1 hour`, `61 seconds`. */
export function writeSeconds(seconds: number): string {
  const [unit, length] = UNITS.find(([, each]) => seconds % each === 0) ?? SECOND;
  const number = seconds / length;
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}

/** A limit among the settings of a kind: a length of time, if its name says so. */
export function writeLimit(name: string, limit: number): string {
  return name.endsWith('_seconds') ? writeSeconds(limit) : String(limit);
}
