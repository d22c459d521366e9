import type { z } from 'zod';
import { AppError, type ErrorCode } from './errors.ts';
import { escapePointer } from './json-text.ts';

const MAX_FAULTS = 20;

/** Parses a value with a schema. Throws AppError `code` with a fault and JSON pointer for each place that is wrong. */
export function parseWith<T extends z.ZodType>(schema: T, value: unknown, code: ErrorCode, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, MAX_FAULTS).map((issue) => ({
    pointer: issue.path.map((step) => `/${escapePointer(String(step))}`).join(''),
    code: issue.code,
    detail: issue.message,
  }));
  const first = faults[0];
  throw new AppError(code, `${what} is not valid: ${first?.pointer || '/'}: ${first?.detail}`, { faults });
}
