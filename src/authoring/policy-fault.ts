import { join } from 'node:path';
import { AppError } from '../base/errors.ts';
import type { Position } from './json-position.ts';

/** One thing that is wrong with the policies: in which file below their folder, where, and what. */
export interface PolicyFault extends Position {
  file: string;
  message: string;
}

/** A fault that no line is to blame for. */
export function faultOf(file: string, message: string): PolicyFault {
  return { file, line: 1, column: 1, message };
}

/** Policies that cannot be followed any further, and why; withSnapshot makes an AppError `policy_invalid` of it. */
export class PolicyFaults extends Error {
  override readonly name = 'PolicyFaults';
  readonly faults: readonly PolicyFault[];

  constructor(faults: readonly PolicyFault[]) {
    super(faults.map((fault) => lineOf('', fault)).join('\n'));
    this.faults = faults;
  }
}

/** A line `file:line:column: message`. What tools say in several lines is put in one. */
export function lineOf(policiesDir: string, { file, line, column, message }: PolicyFault): string {
  return `${join(policiesDir, file)}:${line}:${column}: ${message.trim().replace(/\s*\n\s*/g, '; ')}`;
}

/** An AppError `policy_invalid` whose message is a line `file:line:column: message` for each fault. */
export function policyInvalid(policiesDir: string, faults: readonly PolicyFault[], details = ''): AppError {
  const lines = faults.map((fault) => lineOf(policiesDir, fault));
  return new AppError('policy_invalid', [...lines, details].filter(Boolean).join('\n'));
}

/** Sorts faults by file, line and column. */
export function byPlace(one: PolicyFault, other: PolicyFault): number {
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  return one.line - other.line || one.column - other.column;
}
