import { describe, expect, it } from 'vitest';
import { instructionsOf } from './instructions.ts';
import { writeNumber } from './sections.ts';

function entry(...body: number[]): Uint8Array {
  return Uint8Array.from([...writeNumber(body.length), ...body]);
}

describe('instructionsOf', () => {
  it('tells opcodes, operands and where they stand', () => {
    // No locals; local.get 1, i32.const -1, br_table 2 0 1 3, call 300, end
    const bytes = entry(0, 0x20, 1, 0x41, 0x7f, 0x0e, 2, 0, 1, 3, 0x10, 0xac, 0x02, 0x0b);
    expect(instructionsOf(bytes).map(({ opcode, operand, start, end }) => [opcode, operand, start, end])).toEqual([
      [0x20, 1, 2, 4],
      [0x41, 0x7f, 4, 6],
      [0x0e, 0, 6, 11],
      [0x10, 300, 11, 14],
      [0x0b, 0, 14, 15],
    ]);
  });

  it('ends with a function that says that it has more than it has', () => {
    const most = [0xff, 0xff, 0xff, 0xff, 0x0f];
    expect(instructionsOf(entry(...most, 0x7f, 0x0b))).toEqual([]);
    expect(instructionsOf(entry(0, 0x0e, ...most, 0x0b))).toHaveLength(1);
    const endless = entry(0, 0x41, ...Array<number>(100_000).fill(0x80));
    expect(() => instructionsOf(endless)).toThrow('it holds a number of more than 32 bits');
  });

  it('refuses what OPA does not write', () => {
    expect(() => instructionsOf(entry(0, 0xfd, 0))).toThrow('it has an instruction 0xfd, which OPA does not write');
    expect(() => instructionsOf(new Uint8Array(5_000_000))).toThrow('it has a function of more than 4194304 bytes');
  });
});
