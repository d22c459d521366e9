import type { RegoNumber } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { integerNumber } from './integer-bound.ts';
import { bigIntegerOperand } from './operands.ts';

/** A result with more members would not fit into the memory that a policy has; OPA ends it by its time limit. */
const MAX_RANGE = 10_000_000n;

export const rangeBuiltins: BuiltinTable = {
  'numbers.range': (from, to) => range('numbers.range', bigIntegerOperand(from, 1), bigIntegerOperand(to, 2), 1n),
  'numbers.range_step': (from, to, by) => {
    const [start, end, step] = [bigIntegerOperand(from, 1), bigIntegerOperand(to, 2), bigIntegerOperand(by, 3)];
    if (step <= 0n) throw new Error('numbers.range_step: step must be a positive integer');
    return range('numbers.range_step', start, end, step);
  },
};

/** Up or down, whichever leads from one to the other, with both ends. */
function range(name: string, from: bigint, to: bigint, step: bigint): RegoNumber[] {
  const distance = from <= to ? to - from : from - to;
  const count = distance / step + 1n;
  if (count > MAX_RANGE) throw new Error(`${name}: more than ${MAX_RANGE} numbers`);
  const direction = from <= to ? step : -step;
  return Array.from({ length: Number(count) }, (_, index) => integerNumber(from + direction * BigInt(index)));
}
