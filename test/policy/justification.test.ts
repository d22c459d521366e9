import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import { openPolicy, preparePolicy } from '../../src/evaluation/policy.ts';
import { exampleRequest } from '../support/service.ts';

const NOW = '2026-11-22T12:00:00.000Z';
/** Characters that a justification needs. */
const LEAST = 20;
const policy = await openPolicy(
  await preparePolicy(await readBundle(readFileSync(new URL('../../bundles/default.tar.gz', import.meta.url)))),
);

/** Whether the policy accepts a justification, through WASM. */
function isGiven(justification: string): boolean {
  const request = { ...exampleRequest('issue-api-key/allow-sandbox-key') };
  request.context = { ...request.context, justification };
  const caller = { client: 'portal', scopes: [], claims: {}, principal: null, person: null };
  const input = { request, kind: 'issue/api_key', approvals: [], caller, history: [], now: NOW };
  const { evaluation } = policy.evaluate(canonicalJson(input), NOW);
  if ('fault' in evaluation) throw new Error(evaluation.fault);
  return evaluation.denials.length === 0;
}

/** All of Unicode that is blank to a reader: spaces and line ends, and what is neither seen nor wide. */
const UNSEEN = [
  ...Array.from({ length: 0x10000 }, (_, point) => String.fromCharCode(point)).filter((c) =>
    /^[\p{Zs}\p{Zl}\p{Zp}]$/u.test(c),
  ),
  ...'\t\n\v\f\r\u0085\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2800\u3164\uffa0',
  ...'\u202a\u202e\u2064\u2066\u2069\ufe0e\ufe0f\ufeff\u0000',
];

describe('a justification', () => {
  it.each([
    'Try the refund call.',
    'Проверить вызов возврата',
    '返金の呼び出しを試してみたいので鍵が必要です',
    'उपयोगकर्ताओं के भुगतान की जाँच करनी है',
  ])('is words of any script: %s', (text) =>
    expect(isGiven(text)).toBe([...text].filter((c) => c !== ' ' && c !== '.').length >= LEAST),
  );

  it('is not what nobody can see, alone, between blanks, or a thousand times', () => {
    const wrong = UNSEEN.filter((c) => [c.repeat(LEAST), `${c} `.repeat(LEAST), c.repeat(1000)].some(isGiven));
    expect(wrong.map((c) => c.codePointAt(0)?.toString(16))).toEqual([]);
  });

  it.each(['.', '-', '_', '!', '?', '...  ', '- - ', '"\' ', '({[]}) '])('is not %j alone', (text) => {
    expect(isGiven(text.repeat(LEAST))).toBe(false);
  });

  it('counts from twenty characters on, and reads a thousand', () => {
    expect([19, 20, 999].map((length) => isGiven('a'.repeat(length)))).toEqual([false, true, true]);
    expect([980, 981].map((blanks) => isGiven(`${' '.repeat(blanks)}${'a'.repeat(500)}`))).toEqual([true, false]);
  });
});
