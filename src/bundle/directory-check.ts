import type { DataFault } from './data-values.ts';
import { findGroupCycles } from './group-check.ts';
import { findIdentityFaults } from './identity-check.ts';
import { findKeyFaults } from './registered-keys.ts';

/**
 * What would let data tell wrongly who is who: keys and identities that do not lead to one person, and groups that lie
 * within themselves. `policy check` looks for it, and the service does before it lets a bundle decide. Data of another shape
 * are passed over.
 */
export function findDirectoryFaults(data: unknown): DataFault[] {
  return [...findKeyFaults(data), ...findIdentityFaults(data), ...findGroupCycles(data)];
}
