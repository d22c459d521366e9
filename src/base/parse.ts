import { z } from 'zod';
import { AppError, type ErrorCode } from './errors.ts';
import { escapePointer } from './json-text.ts';
import { onOneLine } from './text.ts';

const MAX_FAULTS = 20;
/** Of the members that are unknown, and of those that are known: a message stays short. */
const MAX_NAMES = 20;
const MAX_NAME_LENGTH = 60;

/** Parses a value with a schema. Throws AppError `code` with a fault and JSON pointer for each place that is wrong. */
export function parseWith<T extends z.ZodType>(schema: T, value: unknown, code: ErrorCode, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, MAX_FAULTS).map((issue) => ({
    pointer: issue.path.map((step) => `/${escapePointer(String(step))}`).join(''),
    code: issue.code,
    detail: issue.code === 'unrecognized_keys' ? unknownMembers(issue, schema) : issue.message,
  }));
  const first = faults[0];
  throw new AppError(code, `${what} is not valid: ${first?.pointer || '/'}: ${first?.detail}`, { faults });
}

/** Names the unknown members, which are untrusted text, and those that are known at that place. */
function unknownMembers({ keys, path }: { keys: string[]; path: PropertyKey[] }, schema: z.ZodType): string {
  const unknown = keys.slice(0, MAX_NAMES).map((key) => `"${onOneLine(shortened(key))}"`);
  const rest = keys.length > MAX_NAMES ? ` and ${keys.length - MAX_NAMES} more` : '';
  const wrong = `${unknown.join(', ')}${rest} ${keys.length === 1 ? 'is not known here' : 'are not known here'}`;
  const known = membersAt(schema, path);
  return known.length === 0 || known.length > MAX_NAMES ? `${wrong}.` : `${wrong}. Known are ${known.join(', ')}.`;
}

function shortened(text: string): string {
  return text.length <= MAX_NAME_LENGTH ? text : `${text.slice(0, MAX_NAME_LENGTH).toWellFormed()}…`;
}

/** The members that a schema knows at a path; none where it cannot be told, as in a union. */
function membersAt(schema: unknown, [step, ...rest]: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return membersAt(schema.unwrap(), step === undefined ? [] : [step, ...rest]);
  }
  if (schema instanceof z.ZodArray && step !== undefined) return membersAt(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  const shape: Record<string, unknown> = schema.shape;
  return step === undefined ? Object.keys(shape) : membersAt(shape[String(step)], rest);
}
