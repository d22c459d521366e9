import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { STORE_OPTIONS } from '../entries.contract.ts';
import { describeFaults, type FaultHarness } from '../faults.contract.ts';
import { openSqliteStore } from './store.ts';

const WRITING_PROCESS = fileURLToPath(new URL('./writing-process.contract.ts', import.meta.url));

function freshHarness(): FaultHarness {
  const file = join(mkdtempSync(join(tmpdir(), 'countersign-faults-')), 'countersign.db');
  let writer: Worker | undefined;

  return {
    async open() {
      const workers: Worker[] = [];
      const remember = (worker: Worker) => workers.push(worker);
      process.on('worker', remember);
      const store = await openSqliteStore(file, STORE_OPTIONS);
      process.off('worker', remember);
      writer = workers[0]; // The reader thread is started after it.
      return store;
    },

    /** Another connection holds the lock for longer than a write waits for it. */
    async whileFailing(write) {
      const foreign = new DatabaseSync(file);
      foreign.exec('BEGIN IMMEDIATE');
      try {
        return await write();
      } finally {
        foreign.exec('ROLLBACK');
        foreign.close();
      }
    },

    /** The thread that writes ends after its commit, and nobody hears of it. */
    async losingTheAnswer(write) {
      const other = new DatabaseSync(file, { readOnly: true });
      const version = () => (other.prepare('PRAGMA data_version').get() as { data_version: number }).data_version;
      const before = version();
      writer?.removeAllListeners('message');
      const writing = write();
      writing.catch(() => {});
      while (version() === before) await setTimeout(1);
      other.close();
      await writer?.terminate();
      return writing;
    },

    async kill(row, answers) {
      const child = spawn(process.execPath, [WRITING_PROCESS, file, String(row)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.split('\n').length > answers) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'close');
      if (signal !== 'SIGKILL') throw new Error(`The process ended by itself: ${said}`);
      return said.split('\n').length - 1;
    },
  };
}

describeFaults('the SQLite store', freshHarness);
