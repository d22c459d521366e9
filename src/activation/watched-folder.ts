import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildBundle } from '../authoring/build-bundle.ts';
import type { PolicyFolder } from '../authoring/policy-folder.ts';
import { ENTRYPOINT } from '../evaluation/policy.ts';
import type { ActivationQueue } from './activation-queue.ts';

/** A folder of policies that is built and activated as it is edited. */
export interface WatchedFolderParts extends PolicyFolder {
  /** Gets the lines that the author of the policies reads: what was activated, and why something was not. */
  report: (line: string) => void;
  activate: ActivationQueue['activate'];
}

export interface WatchedFolder {
  /** Resolves when what the folder held at the beginning is active, or was reported to be refused. */
  ready: Promise<void>;
  /** Resolves when a build that is under way has ended. */
  close(): Promise<void>;
}

const LOOK_INTERVAL_MS = 100;
/** The name in records of a bundle that is built from a folder while it is edited. */
const NAME = 'development';

/**
 * Builds the folder now and whenever a .rego or .json file in it changes, and activates what was built. What changes during a
 * build is built before anything is activated. Reports one line for each activation, and for policies that are refused one
 * line `file:line:column: message` per fault.
 *
 * It looks at the files ten times a second instead of asking the system for events: editors replace files, mounted folders
 * give no events, and half a save is followed by another look.
 */
export function watchFolder({ policiesDir, opa, report, activate }: WatchedFolderParts): WatchedFolder {
  const closing = new AbortController();
  /** The state of the files at the beginning of the last build. */
  let builtState: string | null = null;

  async function look(): Promise<void> {
    if ((await stateOf(policiesDir)) === builtState) return;
    const startedAt = performance.now();
    let isTried = false;
    const read = () => {
      isTried = true;
      return buildUntilStable();
    };
    const origin = { source: resolve(policiesDir), by: null };
    try {
      const { ref } = await activate({ origin, read });
      const tookMs = Math.round(performance.now() - startedAt);
      report(`${policiesDir}: revision ${ref.revision} is active, ${tookMs} ms after it was saved`);
    } catch (error) {
      if (!isTried || closing.signal.aborted) return; // Other bundles are waiting: the next look tries again.
      report(`The active policy has not changed.\n${(error as Error).message}`);
    }
  }

  async function buildUntilStable(): Promise<Uint8Array> {
    for (;;) {
      const state = await stateOf(policiesDir);
      const building = buildBundle({ policiesDir, opa, name: NAME, entrypoints: [ENTRYPOINT] });
      const [built] = await Promise.allSettled([building]);
      builtState = state;
      if ((await stateOf(policiesDir)) !== state && !closing.signal.aborted) continue;
      if (built.status === 'rejected') throw built.reason;
      return built.value.bytes;
    }
  }

  async function lookRepeatedly(): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(LOOK_INTERVAL_MS, undefined, { signal: closing.signal }).catch(() => {}); // It was closed.
      if (!closing.signal.aborted) await look();
    }
  }

  const ready = look();
  const watching = ready.then(lookRepeatedly);
  return {
    ready,
    async close() {
      closing.abort();
      await watching;
    },
  };
}

/** Differs whenever a file of interest was written, replaced, added or removed. */
async function stateOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => /\.(rego|json)$/.test(entry.name));
  const states = files.map(async ({ parentPath, name }) => {
    const file = join(parentPath, name);
    const { mtimeMs, size, ino } = await stat(file).catch(() => ({ mtimeMs: 0, size: 0, ino: 0 })); // It was removed since.
    return `${file} ${mtimeMs} ${size} ${ino}`;
  });
  return (await Promise.all(states)).sort().join('\n');
}
