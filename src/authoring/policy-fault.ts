import { join } from 'node:path';
import { AppError } from '../base/errors.ts';
import type { Position } from './json-position.ts';

/** One fault in the policies: the file relative to their folder, the place in it, and what is wrong. */
export interface PolicyFault extends Position {
  file: string;
  message: string;
}

/** A fault of a whole file. */
export function faultOf(file: string, message: string): PolicyFault {
  return { file, line: 1, column: 1, message };
}

/** Faults because of which the policies cannot be processed further. withSnapshot turns it into an AppError `policy_invalid`. */
export class PolicyFaults extends Error {
  override readonly name = 'PolicyFaults';
  readonly faults: readonly PolicyFault[];

  constructor(faults: readonly PolicyFault[]) {
    super(faults.map((fault) => lineOf('', fault)).join('\n'));
    this.faults = faults;
  }
}

/** Formats a fault as one line `file:line:column: message`. Line breaks in the message become `; `. */
export function lineOf(policiesDir: string, { file, line, column, message }: PolicyFault): string {
  return `${join(policiesDir, file)}:${line}:${column}: ${message.trim().replace(/\s*\n\s*/g, '; ')}`;
}

/** Makes an AppError `policy_invalid` whose message has one line `file:line:column: message` per fault, then the details. */
export function policyInvalid(policiesDir: string, faults: readonly PolicyFault[], details = ''): AppError {
  const lines = faults.map((fault) => lineOf(policiesDir, fault));
  return new AppError('policy_invalid', [...lines, details].filter(Boolean).join('\n'));
}

/** Sorts faults by file, line and column. */
export function byPlace(one: PolicyFault, other: PolicyFault): number {
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  return one.line - other.line || one.column - other.column;
}
