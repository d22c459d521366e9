import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/authoring/toolchain/run.ts';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import { openPolicy, preparePolicy } from '../../src/evaluation/policy.ts';
import { exampleRequest } from '../support/service.ts';
import { realTool } from './real-opa.ts';

interface Group {
  from: string;
  to: string;
  ranges: [string, string][];
}

const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url));
const NOW = '2026-11-22T12:00:00.000Z';
/** Letters and digits that a justification needs. */
const LEAST = 20;
/** Code points of the categories L and N in Unicode 13.0, by its DerivedGeneralCategory.txt, less the Hangul fillers. */
const LETTERS_AND_NUMBERS = 133_018;

const groups = await readGroups();
const ranges = groups.flatMap((group) => group.ranges.map(([first, last]) => [pointOf(first), pointOf(last)] as const));
const policy = await openPolicy(
  await preparePolicy(await readBundle(readFileSync(new URL('../../bundles/default.tar.gz', import.meta.url)))),
);

async function readGroups(): Promise<Group[]> {
  const query = 'data.approval.lib.letters._groups';
  const { stdout } = await run(await realTool('opa'), ['eval', '--format', 'raw', '-b', POLICIES, query]);
  return JSON.parse(stdout) as Group[];
}

function pointOf(character: string): number {
  return character.codePointAt(0) ?? -1;
}

/** Whether the policy takes a justification for one, through WASM. */
function isGiven(justification: string): boolean {
  const request = { ...exampleRequest('issue-api-key/allow-sandbox-key') };
  request.context = { ...request.context, justification };
  const caller = { client: 'portal', scopes: [], claims: {}, principal: null, person: null };
  const input = { request, kind: 'issue/api_key', approvals: [], caller, history: [], now: NOW };
  const { evaluation } = policy.evaluate(canonicalJson(input), NOW);
  if ('fault' in evaluation) throw new Error(evaluation.fault);
  return evaluation.denials.length === 0;
}

describe('the letters and numbers of the policies', () => {
  it('are those of Unicode 13 but for the Hangul fillers', () => {
    const points = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
    // Later versions of Unicode only add: whatever Node's version, these stay letters and numbers.
    expect(points.filter((point) => !/^[\p{L}\p{N}]$/u.test(String.fromCodePoint(point)))).toEqual([]);
    expect(points).toHaveLength(LETTERS_AND_NUMBERS);
    expect(points.filter((point) => [0x115f, 0x1160, 0x3164, 0xffa0].includes(point))).toEqual([]);
  });

  it('stand in the order of their code points, each range once, and in the group that spans it', () => {
    const edges = ranges.flat();
    expect(edges).toEqual(edges.toSorted((a, b) => a - b));
    expect(new Set(ranges.map(([first]) => first)).size).toBe(ranges.length);
    expect(groups.map(({ from, to }) => [from, to])).toEqual(
      groups.map((group) => [group.ranges.at(0)?.[0], group.ranges.at(-1)?.[1]]),
    );
  });

  it('count in WASM from the first to the last of each range, and not beyond', () => {
    const inside = new Set(ranges.flat());
    const beside = ranges.flatMap(([first, last]) => [first - 1, last + 1]).filter((point) => !isInside(point));
    const judged = (points: Iterable<number>) =>
      [...points].filter(
        (point) => (point < 0xd800 || point > 0xdfff) && isGiven(String.fromCodePoint(point).repeat(LEAST)),
      );
    expect(judged(inside)).toEqual([...inside]);
    expect(judged(beside)).toEqual([]);
  });
});

function isInside(point: number): boolean {
  return ranges.some(([first, last]) => first <= point && point <= last);
}
