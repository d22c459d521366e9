import type { DatabaseSync } from 'node:sqlite';

/**
 * Gives the number of a set of controls in the database, and makes one for a set that is new. To be called within a
 * transaction, outside of any savepoint that may be undone without it.
 */
export function prepareControlSets(db: DatabaseSync): (controls: readonly string[]) => number {
  const find = db.prepare('SELECT id FROM control_sets WHERE controls = ?');
  const insert = db.prepare('INSERT INTO control_sets (controls) VALUES (?)');
  const insertMember = db.prepare('INSERT INTO case_controls (control, control_set) VALUES (?, ?)');
  return (controls) => {
    const sorted = [...new Set(controls)].sort();
    const text = JSON.stringify(sorted);
    const known = find.get(text) as { id: number } | undefined;
    if (known !== undefined) return known.id;
    const id = Number(insert.run(text).lastInsertRowid);
    for (const control of sorted) insertMember.run(control, id);
    return id;
  };
}
