import { parentPort, workerData } from 'node:worker_threads';
import { ATTACKS, type AttackName, type Target } from './attacks.ts';

/** Attacks in a thread of its own, so that what is measured beside it waits for the service alone. A message ends it. */
const { name, target } = workerData as { name: AttackName; target: Target };
const ending = new AbortController();
parentPort?.once('message', () => ending.abort());
parentPort?.postMessage(await ATTACKS[name](target, ending.signal));
