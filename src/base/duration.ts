const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** From this amount of a unit, a larger unit is easier to read. */
const LARGE_AMOUNT = 100;

/** As inUnits where that reads well, else about so many of a larger unit: 64 days and some seconds are "about 64 days". */
export function aboutInUnits(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? UNITS[3];
  const exact = inUnits(seconds);
  const isReadable = Number.parseInt(exact, 10) < LARGE_AMOUNT || seconds % size === 0;
  return isReadable ? exact : `about ${Math.round(seconds / size)} ${unit}s`;
}

/** Seconds in the largest unit that holds them without a rest: 90 days, 25 hours, 1 second. */
export function inUnits(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each && seconds % each === 0) ?? UNITS[3];
  const amount = seconds / size;
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}
