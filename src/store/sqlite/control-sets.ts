import type { DatabaseSync } from 'node:sqlite';

/** A set of controls by its number in the database, sorted. */
export interface ControlSet {
  id: number;
  controls: readonly string[];
}

/** Gives the number of a set of controls in the database, and makes one for a set that is new, within a transaction. */
export function prepareControlSets(db: DatabaseSync): (controls: readonly string[]) => ControlSet {
  const find = db.prepare('SELECT id FROM control_sets WHERE controls = ?');
  const insert = db.prepare('INSERT INTO control_sets (controls) VALUES (?)');
  const insertMember = db.prepare('INSERT INTO case_controls (control, control_set) VALUES (?, ?)');
  return (controls) => {
    const sorted = [...new Set(controls)].sort();
    const text = JSON.stringify(sorted);
    const known = find.get(text) as { id: number } | undefined;
    if (known !== undefined) return { id: known.id, controls: sorted };
    const id = Number(insert.run(text).lastInsertRowid);
    for (const control of sorted) insertMember.run(control, id);
    return { id, controls: sorted };
  };
}
