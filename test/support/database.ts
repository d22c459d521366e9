import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openRowSecret } from '../../src/evidence/keys.ts';
import { CASE_BY_ID, readCaseRow } from '../../src/store/sqlite/case-rows.ts';
import { createRowMacs } from '../../src/store/sqlite/row-mac.ts';
import type { CaseHead } from '../../src/store/store.ts';

const BUSY_TIMEOUT_MS = 10_000;

/** Opens the database of a data folder beside the service, as somebody with the file can; waits while the service writes. */
export function openDatabase(dataDir: string): DatabaseSync {
  return new DatabaseSync(join(dataDir, 'countersign.db'), { timeout: BUSY_TIMEOUT_MS });
}

/** Changes the row of a case as the service would: with the secret of the installation. */
export function changeCase(
  dataDir: string,
  caseId: string,
  changes: Partial<Omit<CaseHead, 'case' | 'controls'>>,
): void {
  const macs = createRowMacs(openRowSecret(join(dataDir, 'keys')));
  const db = openDatabase(dataDir);
  try {
    const head = readCaseRow(db.prepare(CASE_BY_ID).get(caseId), macs);
    if (head === null) throw new Error(`There is no case ${caseId}.`);
    const columns = Object.keys(changes).map((name) => `${name} = :${name}`);
    const mac = macs.ofCase({ ...head, ...changes });
    db.prepare(`UPDATE cases SET ${[...columns, 'mac = :mac'].join(', ')} WHERE id = :id`).run({
      ...changes,
      mac,
      id: caseId,
    });
  } finally {
    db.close();
  }
}
