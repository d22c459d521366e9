import { inUnits } from '../../base/duration.ts';

/** A limit among the settings of a kind: a length of time, if its name says so. */
export function writeLimit(name: string, limit: number): string {
  return name.endsWith('_seconds') ? inUnits(limit) : String(limit);
}
