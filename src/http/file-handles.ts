import { closeSync, openSync, readdirSync } from 'node:fs';
import { devNull } from 'node:os';
import { isOutOfHandles } from './problems.ts';

/** Reserved for the database, tokens, bundles and threads, independently of connections. */
const RESERVE = 128;
/** Even with few handles, some connections are accepted. */
const MIN_CONNECTIONS = 8;
const STREAMS = 3;

interface Report {
  userLimits?: { open_files?: { soft: number | 'unlimited' } };
}

/**
 * How many connections the file handles of this process allow beside those that are open, and those that the service may
 * need. Infinity where the system sets no limit.
 */
export function connectionsAllowed(limit = openFileLimit(), open = countOpenHandles()): number {
  // A small limit is shared: half for what is beside the connections.
  const reserve = Math.min(RESERVE, Math.floor((limit - open) / 2));
  return Math.max(MIN_CONNECTIONS, limit - open - reserve);
}

/** The soft limit, which Node raises to the hard one at its start. */
function openFileLimit(): number {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // Else names would be looked up.
  const { userLimits } = report.getReport() as Report;
  report.excludeNetwork = excludeNetwork;
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
}

function countOpenHandles(): number {
  try {
    return readdirSync('/dev/fd').length;
  } catch {
    return STREAMS;
  }
}

/** Whether a file could be opened now. */
export function hasFileHandles(): boolean {
  try {
    closeSync(openSync(devNull, 'r'));
    return true;
  } catch (error) {
    return !isOutOfHandles(error);
  }
}
