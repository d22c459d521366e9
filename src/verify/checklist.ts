import { AppError } from '../base/errors.ts';
import type { CheckName, CheckResult } from './report.ts';

/** Notes which checks ran on something, and how they went. */
export interface Checklist {
  results: CheckResult[];
  /**
   * Runs a check that throws AppError `record_invalid` with what is wrong, notes how it went, and throws again: nothing after
   * it makes sense. `describe` makes the sentence that is noted.
   */
  require<T>(check: CheckName, run: () => T, describe: (message: string) => string): T;
  /** Notes what a check found; an empty list means that it passed. */
  note(check: CheckName, faults: string[]): void;
  skip(check: CheckName, why: string): void;
  hasFailed(): boolean;
}

export function createChecklist(): Checklist {
  const results: CheckResult[] = [];
  return {
    results,
    require(check, run, describe) {
      try {
        const value = run();
        results.push({ check, result: 'passed', why: [] });
        return value;
      } catch (error) {
        if (isFault(error)) results.push({ check, result: 'failed', why: [describe(error.message)] });
        throw error;
      }
    },
    note: (check, faults) =>
      void results.push({ check, result: faults.length === 0 ? 'passed' : 'failed', why: faults }),
    skip: (check, why) => void results.push({ check, result: 'skipped', why: [why] }),
    hasFailed: () => results.some(({ result }) => result === 'failed'),
  };
}

/** Whether an error says that a record is not valid; every other one is a fault of the program or of what it trusts. */
export function isFault(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'record_invalid';
}

/** The sentences of the checks that failed. */
export function faultsIn(results: readonly CheckResult[]): string[] {
  return results.flatMap(({ result, why }) => (result === 'failed' ? why : []));
}

/** Why checks were skipped. */
export function skippedIn(results: readonly CheckResult[]): string[] {
  return results.flatMap(({ result, why }) => (result === 'skipped' ? why : []));
}
