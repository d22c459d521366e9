import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Bundle } from '../src/bundle/bundle.ts';
import { WASM_MEMBER } from '../src/bundle/manifest.ts';
import { type Child, startChild } from './child.ts';

export interface OpaServer extends Child {
  url: string;
  /** How much it has written to its log. */
  logBytes(): number;
}

export interface OpaOptions {
  /** The executable. */
  opa: string;
  bundle: Bundle;
  /** A folder for its sources and its log. */
  dir: string;
  /** Whether it writes a decision log, to a file. */
  decisionLog: boolean;
}

/** Starts `opa run --server` on the Rego and data that the WASM module of the bundle was compiled from. */
export async function startOpa({ opa, bundle, dir, decisionLog }: OpaOptions): Promise<OpaServer> {
  const sources = join(dir, 'bundle');
  writeSources(bundle, sources);
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const args = [
    'run',
    '--server',
    '--addr',
    address,
    '--log-level',
    'error',
    '--disable-telemetry',
    '--bundle',
    sources,
  ];
  const logFile = join(dir, 'opa.log');
  const child = await startChild(opa, decisionLog ? [...args, '--set', 'decision_logs.console=true'] : args, {
    logFile,
    ready: async () => (await fetch(`${url}/health?bundles`)).ok,
  });
  return { ...child, url, logBytes: () => statSync(logFile).size };
}

function writeSources({ members }: Bundle, dir: string): void {
  for (const [path, bytes] of members) {
    if (path === WASM_MEMBER) continue;
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
}

/** OPA cannot say which port it took, so one that was free a moment ago has to do. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
