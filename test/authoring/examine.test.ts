import { beforeAll, describe, expect, it } from 'vitest';
import { realTool } from '../policy/real-opa.ts';
import { examine } from './examine.ts';

let opa: string;

beforeAll(async () => {
  opa = await realTool('opa');
});

const unit = (rules: string) => ({ name: 'a unit', files: new Map([['a/a.rego', `package a\n\n${rules}\n`]]) });

describe('examining a unit', () => {
  it('accepts what the tools take', async () => {
    expect(await examine(unit('x := time.now_ns()'), opa)).toMatchObject({ outcome: 'accepted', lines: [] });
  });

  it('tells of what they refuse, with its place', async () => {
    const { outcome, lines } = await examine(unit('x := opa.runtime()'), opa);
    expect(outcome).toBe('refused');
    expect(lines).toEqual([
      'a/a.rego:3:6: rego_type_error: undefined function opa.runtime (refused: not deterministic)',
    ]);
  });

  // Node takes another `check` for the name of a script.
  it('fails where a tool does not do what it is for', async () => {
    const { outcome, lines } = await examine(unit('x := 1'), process.execPath);
    expect(outcome).toBe('failed');
    expect(lines.join()).toContain('opa check failed');
  });
});
