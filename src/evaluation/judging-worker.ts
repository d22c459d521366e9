import { runWorker } from './worker.ts';

/* A worker that only judges: it needs no key. */

await runWorker();
