import { formatRegoSorted, type RegoValue, regoTypeOf } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { arrayOperand } from './operands.ts';
import { assertTextLength } from './text-bound.ts';

/** What the compiler makes of `$"…{x}…"`: an array of literal parts and, for each `{x}`, the set of its values. */
export const templateStringBuiltins: BuiltinTable = {
  'internal.template_string': (parts) => templateString(arrayOperand(parts, 1)),
};

function templateString(parts: readonly RegoValue[]): string {
  const texts = parts.map(partText);
  if (parts.some((part) => part instanceof Set && part.size > 1)) {
    throw new Error('template-strings must not produce multiple outputs');
  }
  assertTextLength(texts.reduce((length, text) => length + text.length, 0));
  return texts.join('');
}

function partText(part: RegoValue): string {
  if (!(part instanceof Set)) {
    if (Array.isArray(part) || regoTypeOf(part) === 'object') {
      throw new Error(`illegal argument type: ${regoTypeOf(part)}`);
    }
    return valueText(part);
  }
  const [value] = part;
  return value === undefined ? '<undefined>' : valueText(value);
}

function valueText(value: RegoValue): string {
  return typeof value === 'string' ? value : formatRegoSorted(value);
}
