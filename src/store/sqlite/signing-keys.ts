import type { DatabaseSync } from 'node:sqlite';
import { kidOf } from '../../base/jws.ts';

/**
 * Notes the key of each record, so that a start can tell which keys the records need. To be called in the savepoint of a
 * record as its last step, since it remembers what it noted for as long as the connection lives.
 */
export function prepareSigningKeys(db: DatabaseSync): (jws: string) => void {
  const insert = db.prepare('INSERT INTO signing_keys (kid) VALUES (?) ON CONFLICT DO NOTHING');
  const noted = new Set<string>();
  return (jws) => {
    const header = jws.slice(0, jws.indexOf('.'));
    if (noted.has(header)) return;
    const kid = kidOf(jws);
    if (kid === null) return;
    insert.run(kid);
    noted.add(header);
  };
}
