import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle } from '../src/bundle/bundle.ts';
import type { Child } from './child.ts';
import { type CountersignServer, startCountersign } from './countersign-server.ts';
import { type OpaServer, startOpa } from './opa-server.ts';

export interface Servers {
  countersign: CountersignServer;
  opaPlain: OpaServer;
  opaLogging: OpaServer;
}

interface ServerParts {
  /** A folder for what they write. */
  dir: string;
  /** The executable. */
  opa: string;
  bundle: Bundle;
}

/** Starts all servers on the same policy, each in a folder of its own, and stops them afterwards. */
export async function withServers(
  { dir, opa, bundle }: ServerParts,
  act: (servers: Servers) => Promise<void>,
): Promise<void> {
  const started: Child[] = [];
  const start = async <S extends Child>(name: string, how: (dir: string) => Promise<S>): Promise<S> => {
    mkdirSync(join(dir, name));
    const server = await how(join(dir, name));
    started.push(server);
    return server;
  };
  const opaServer = (decisionLog: boolean) => (folder: string) => startOpa({ opa, bundle, dir: folder, decisionLog });
  try {
    await act({
      countersign: await start('countersign', startCountersign),
      opaPlain: await start('opa-plain', opaServer(false)),
      opaLogging: await start('opa-logging', opaServer(true)),
    });
  } finally {
    await Promise.all(started.map((server) => server.stop()));
  }
}
