import { fdatasyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { entry, keep, STORE_OPTIONS } from '../src/store/entries.contract.ts';
import { type Head, openFileAnchor } from '../src/store/sqlite/head-anchor.ts';
import { createRowMacs } from '../src/store/sqlite/row-mac.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import { median } from './measure.ts';
import { say, sayTable } from './report.ts';
import { withTemporaryDir } from './temporary.ts';

const ROUNDS = 5;
const GROUP = 32;

/** What it costs to notice damage: MACs of rows, the head anchor after each group, and how far a slice of the check comes. */
export async function benchStore(count: number): Promise<void> {
  say(`## What noticing damage costs: ${count.toLocaleString('en')} times each, median of ${ROUNDS} rounds`);
  say();
  await withTemporaryDir(async (dir) => {
    const { caseHead } = entry('case', 0);
    const macs = createRowMacs(STORE_OPTIONS.rowSecret);
    const file = join(dir, 'alone.head');
    const anchor = openFileAnchor(file, STORE_OPTIONS.rowSecret);
    const head: Head = { position: 1, digest: entry('case', 0).record.digest };
    await anchor.write(head);
    const handle = openSync(file, 'r+');
    const rows = [
      ['MAC of a row of a case', micros(count, () => macs.ofCase(caseHead))],
      ['head anchor, not synced (as it is)', micros(count, () => anchor.write(head))],
      [
        'head anchor, synced each time',
        micros(count / 20, () => {
          anchor.write(head);
          fdatasyncSync(handle);
        }),
      ],
    ] as const;
    anchor.close();
    const commit = await microsPerGroup(join(dir, 'countersign.db'), count / GROUP);
    sayTable(
      ['what', 'µs'],
      [...rows, [`commit of a group of ${GROUP}, with all of it`, commit] as const].map(([what, each]) => [
        what,
        each.toFixed(1),
      ]),
    );
  });
  say();
}

function micros(count: number, act: () => unknown): number {
  const round = () => {
    const startedAt = performance.now();
    for (let left = count; left > 0; left--) act();
    return ((performance.now() - startedAt) * 1000) / count;
  };
  return median(Array.from({ length: ROUNDS }, round));
}

async function microsPerGroup(file: string, groups: number): Promise<number> {
  const store = await openSqliteStore(file, STORE_OPTIONS);
  const times: number[] = [];
  for (let group = 0; group < groups; group++) {
    const entries = Array.from({ length: GROUP }, (_, index) => {
      const name = `${group}-${index}`;
      return entry(name, 0, { subject: name, resource: name });
    });
    const startedAt = performance.now();
    await Promise.all(entries.map((each) => keep(store, each)));
    times.push((performance.now() - startedAt) * 1000);
  }
  const startedAt = performance.now();
  let slices = 0;
  for (; slices < 50; slices++) await store.check();
  say(`A slice of the check takes ${((performance.now() - startedAt) / slices).toFixed(1)} ms of the reader thread.`);
  say();
  await store.close();
  return median(times);
}
