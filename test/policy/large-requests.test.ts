import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import type { AccessRequest } from '../../src/client/client.ts';
import { openPolicy, preparePolicy } from '../../src/evaluation/policy.ts';

/** About as large as a body that the service takes. */
const LENGTH = 250_000;
const NOW = '2026-11-22T12:00:00.000Z';

const TEXTS = [' ', '\t', '-', ':', '.', 'T', 'a', 'a ', 'a:', '"', '\u0301', '\u3164', '字', '👍'].map((part) => {
  const times = Math.floor(LENGTH / Buffer.byteLength(JSON.stringify(part).slice(1, -1)));
  return [JSON.stringify(part), part.repeat(times)] as const;
});
const VALUES = [
  ...TEXTS,
  ['a long list', Array(LENGTH / 2).fill(0)],
  ['a long list of names', Array(LENGTH / 4).fill('a')],
  ['a large object', Object.fromEntries(Array.from({ length: LENGTH / 10 }, (_, index) => [`k${index}`, 0]))],
] as const;

const policy = await openPolicy(
  await preparePolicy(await readBundle(readFileSync(new URL('../../bundles/default.tar.gz', import.meta.url)))),
);
const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const requests = globSync('*/{allow,approval}-*/request.json', { cwd: examples }).map((file) =>
  readFileSync(`${examples}/${file}`, 'utf8'),
);
const byKind = Map.groupBy(requests, (request) => {
  const { action, resource } = JSON.parse(request) as AccessRequest;
  return `${action.name}/${resource.type}`;
});

/** The request with something else in place of its value number `place`, in the order of JSON.parse; null where there are fewer. */
function withValue(request: string, place: number, value: unknown): unknown {
  let seen = 0;
  const changed = JSON.parse(request, (key, found) => (key !== '' && seen++ === place ? value : found)) as unknown;
  return seen > place ? changed : null;
}

it.each([...byKind])('%s judges values of any size within its bounds', (kind, [request = '']) => {
  const rest = { approvals: [], caller: { client: 'portal', scopes: [], claims: {}, principal: null, person: null } };
  const faults: string[] = [];
  for (let place = 0; withValue(request, place, null) !== null; place += 1) {
    for (const [name, value] of VALUES) {
      const input = { ...rest, kind, history: [], now: NOW, request: withValue(request, place, value) };
      const { evaluation, detail } = policy.evaluate(canonicalJson(input), NOW);
      if ('fault' in evaluation) faults.push(`${name} as value ${place}: ${evaluation.fault} ${detail}`);
    }
  }
  expect(faults).toEqual([]);
});
