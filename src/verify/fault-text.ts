import type { AppError } from '../base/errors.ts';
import type { Statement } from '../contract/statement.ts';

/** A sentence about a record; `why` is its end. */
export function faultOf({ jti, seq }: Pick<Statement, 'jti' | 'seq'>, why: string): string {
  return `Record ${jti} (seq ${seq}) ${why}.`;
}

/** Ends the sentence that something is not JSON: says more only where it is JSON that two readers could read differently. */
export function reasonOf({ faults, message }: AppError): string {
  return faults[0]?.code === 'syntax' ? '.' : `: ${message}`;
}
