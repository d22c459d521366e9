import { isObject } from '../../base/json-object.ts';
import { escapePointer } from '../../base/json-text.ts';
import type { DataFault } from '../data-values.ts';

/**
 * Finds groups (`data.organisation.groups`) that contain themselves: everybody in one group of a cycle would be in all of
 * them. Returns one fault for each cycle, at the `within` that closes it.
 */
export function findGroupCycles(data: unknown): DataFault[] {
  const within = parentsIn(data);
  const finished = new Set<string>();
  const faults: DataFault[] = [];
  for (const start of within.keys()) {
    // No recursion: groups nested a hundred thousand deep must not overflow the stack.
    const path: { group: string; next: number }[] = [{ group: start, next: 0 }];
    const onPath = new Set([start]);
    while (path.length > 0) {
      const last = path.at(-1) as { group: string; next: number };
      const parent = finished.has(last.group) ? undefined : within.get(last.group)?.[last.next++];
      if (parent === undefined) {
        finished.add(last.group);
        onPath.delete(last.group);
        path.pop();
      } else if (onPath.has(parent)) {
        faults.push(
          faultOf(
            path.map(({ group }) => group),
            parent,
            last.next - 1,
          ),
        );
      } else if (!finished.has(parent)) {
        onPath.add(parent);
        path.push({ group: parent, next: 0 });
      }
    }
  }
  return faults;
}

function faultOf(path: readonly string[], parent: string, index: number): DataFault {
  const cycle = [...path.slice(path.indexOf(parent)), parent];
  const pointer = `/organisation/groups/${escapePointer(path.at(-1) ?? '')}/within/${index}`;
  const shown = cycle.length > 8 ? [...cycle.slice(0, 4), '…', ...cycle.slice(-3)] : cycle;
  return { pointer, message: `a group must not contain itself: ${shown.join(' is within ')}` };
}

function parentsIn(data: unknown): Map<string, string[]> {
  const organisation = isObject(data) ? data['organisation'] : undefined;
  const groups = isObject(organisation) && isObject(organisation['groups']) ? organisation['groups'] : {};
  return new Map(
    Object.entries(groups).map(([group, entry]) => {
      const parents = isObject(entry) && Array.isArray(entry['within']) ? entry['within'] : [];
      return [group, parents.map(String)];
    }),
  );
}
