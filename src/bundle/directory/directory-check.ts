import type { DataFault } from '../data-values.ts';
import { findGroupCycles } from './group-cycles.ts';
import { findKeyFaults } from './registered-keys.ts';
import { findIdentityFaults } from './similar-identities.ts';

/**
 * Finds data by which the service would take one person for another: keys and identities that do not lead to exactly one
 * person, and groups that contain themselves. `policy check` looks for these faults, and so does the service before it
 * activates a bundle. Data of another shape are skipped, because the schemas check the shape.
 */
export function findDirectoryFaults(data: unknown): DataFault[] {
  return [...findKeyFaults(data), ...findIdentityFaults(data), ...findGroupCycles(data)];
}
