import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildBundle, type PolicyFolder } from '../authoring/compile/compiler.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { ENTRYPOINT } from '../evaluation/policy.ts';

export interface PolicyWatchParts extends PolicyFolder {
  /** Makes a bundle that was built the active one. What it throws is reported as what a build throws. */
  activate: (bytes: Uint8Array) => Promise<unknown>;
  report: (line: string) => void;
}

export interface PolicyWatch {
  /** Resolves when what was there at the beginning is active, or was reported not to be. */
  ready: Promise<void>;
  /** Lets a build that is under way finish. */
  close(): Promise<void>;
}

const LOOK_INTERVAL_MS = 100;
/** What records call a bundle that is built from a folder while it is edited. */
const NAME = 'development';

/**
 * Builds a folder of policies now and whenever a .rego or .json file in it changes, one build at a time, and activates what
 * was built. What changes during a build is built before anything is activated. Reports a line for each success, and for
 * policies that are wrong a line `file:line:column: message` per fault; the active bundle stays then.
 *
 * It looks at the files ten times a second instead of asking the system for events: editors replace files, mounted folders
 * give no events, and half a save is followed by another look.
 */
export function watchPolicies({ policiesDir, opa, activate, report }: PolicyWatchParts): PolicyWatch {
  const closing = new AbortController();
  let built: string | null = null;

  async function look(): Promise<void> {
    for (let seen = await stateOf(policiesDir); seen !== built; seen = await stateOf(policiesDir)) {
      built = seen;
      await buildAndActivate(seen);
    }
  }

  async function buildAndActivate(state: string): Promise<void> {
    const startedAt = performance.now();
    try {
      const { bytes, bundle } = await buildBundle({ policiesDir, opa, name: NAME, entrypoints: [ENTRYPOINT] });
      if ((await stateOf(policiesDir)) !== state) return;
      await activate(bytes);
      report(describe(bundle, policiesDir, performance.now() - startedAt));
    } catch (error) {
      if ((await stateOf(policiesDir)) === state) report(`The active policy stays.\n${(error as Error).message}`);
    }
  }

  async function lookOn(): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(LOOK_INTERVAL_MS, undefined, { signal: closing.signal }).catch(() => {}); // It was closed.
      if (!closing.signal.aborted) await look();
    }
  }

  const ready = look();
  const watching = ready.then(lookOn);
  return {
    ready,
    async close() {
      closing.abort();
      await watching;
    },
  };
}

function describe({ revision }: Bundle, policiesDir: string, ms: number): string {
  return `${policiesDir}: revision ${revision} is active, ${Math.round(ms)} ms after it was saved`;
}

/** The same text as long as no file of interest is another one. */
async function stateOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => /\.(rego|json)$/.test(entry.name));
  const states = files.map(async ({ parentPath, name }) => {
    const file = join(parentPath, name);
    const { mtimeMs, size, ino } = await stat(file).catch(() => ({ mtimeMs: 0, size: 0, ino: 0 })); // It is gone again.
    return `${file} ${mtimeMs} ${size} ${ino}`;
  });
  return (await Promise.all(states)).sort().join('\n');
}
