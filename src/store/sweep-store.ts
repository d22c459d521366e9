import type { Sha256 } from '../base/canonical-json.ts';

/** The progress of a sweep of the open cases and the grants in force. Instants are UTC, milliseconds, Z. */
export interface SweepProgress {
  /** The digest of the bundle that evaluates. */
  policy: Sha256;
  started_at: string;
  /** Null while it is running. */
  finished_at: string | null;
  /** Cases that were evaluated. */
  examined: number;
  /** The number of cases that the policy decides differently; each has a new record. */
  changed: number;
  /** Cases that could not be evaluated. */
  failed: number;
}

/** The store of the progress of sweeps, which survives a restart. Which policy evaluated a case is stored with the case. */
export interface SweepStore {
  /** Replaces the progress of the last sweep by this policy. Rejects with AppError `store_unavailable`. */
  keepSweep(progress: SweepProgress): Promise<void>;
  /** The last sweep by a policy; null for none. Rejects with AppError `record_invalid` for a row that the store did not write. */
  sweep(policy: Sha256): Promise<SweepProgress | null>;
}
