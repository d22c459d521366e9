import { parseNumber, type RegoValue } from '../value.ts';

/** The value of a JSON text, with its numbers exact. Throws SyntaxError for what is not JSON. */
export function readJson(text: string): RegoValue {
  return JSON.parse(text, (_key, member, context?: { source?: string }) => {
    return typeof member === 'number' ? parseNumber(context?.source ?? String(member)) : member;
  });
}
