import { writeSync } from 'node:fs';
import { DURABLE_WRITES } from '../durable-writes.contract.ts';
import { STORE_OPTIONS } from '../entries.contract.ts';
import { openSqliteStore } from './store.ts';

/*
 * A process that writes until it is killed: node writing-process.contract.ts FILE ROW. It says each number that it wrote, on
 * a line of its own, once the store has answered.
 */
const [file = '', row = ''] = process.argv.slice(2);
const write = DURABLE_WRITES[Number(row)];
if (write === undefined) throw new Error(`There is no write ${row}.`);
const store = await openSqliteStore(file, STORE_OPTIONS);
for (let n = 0; ; n++) {
  await write.write(store, n);
  writeSync(1, `${n}\n`);
}
