import { describe, expect, it } from 'vitest';
import { buildBundle } from '../../src/authoring/build-bundle.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import { ENTRYPOINT, openPolicy, preparePolicy } from '../../src/evaluation/policy.ts';
import { openModule } from '../../src/rego/rego.ts';

import { copyPolicies } from '../support/bundles.ts';
import { realTool } from './real-opa.ts';

const NOW = '2026-11-22T12:00:00.000Z';

/** Three entrypoints whose rules go wrong as the input says. */
const POLICY = `package approval

# METADATA
# entrypoint: true
decision := {"tier": "low"} if input.how == "short"

decision := {"a": 1} if input.how == "conflict"

decision := {"b": 2} if input.how == "conflict"

decision := {"c": time.parse_rfc3339_ns(input.text)} if input.how == "builtin"

decision := {"tier": "critical"} if {
	input.how == "caught"
	not _parsed
}

_parsed if time.parse_rfc3339_ns(input.text) > 0

# METADATA
# entrypoint: true
lenient := {"not_parsed": not_parsed, "not_divided": not_divided}

not_parsed if not _parsed

not_divided if not _divided

_divided if 1 / input.zero > 0
`;

async function build() {
  const policiesDir = await copyPolicies('test/policy/fixtures/good', {
    'approval/decision.rego': POLICY,
    'approval/decision_test.rego': null,
  });
  const opa = await realTool('opa');
  const entrypoints = [ENTRYPOINT, 'approval/lenient'];
  return readBundle((await buildBundle({ policiesDir, opa, name: 'errors', entrypoints })).bytes);
}
const bundle = await build();
const policy = await openPolicy(await preparePolicy(bundle));
const rego = await openModule(bundle.wasm, { data: bundle.dataBytes, builtinErrors: 'undefined' });

const evaluate = (input: object) => policy.evaluate(JSON.stringify(input), NOW);

describe('the strict entrypoint', () => {
  it('says in the record which Rego lines conflict, and tells the caller a code', () => {
    const { evaluation, builtinErrors, detail } = evaluate({ how: 'conflict' });
    expect(evaluation).toEqual({ fault: 'evaluation_failed' });
    expect(detail).toMatch(/approval\/decision\.rego:\d+:\d+: .*conflict/);
    expect(builtinErrors).toEqual([{ builtin: 'evaluation_failed', message: detail }]);
  });

  it.each(['builtin', 'caught'])('is a fault where a builtin fails, even where policy goes on: %s', (how) => {
    const { evaluation, builtinErrors } = evaluate({ how, text: 'yesterday' });
    expect(evaluation).toEqual({ fault: 'builtin_error' });
    expect(builtinErrors[0]).toMatchObject({ builtin: 'time.parse_rfc3339_ns' });
    expect(builtinErrors[0]?.message).toContain('yesterday');
  });

  it('is a fault where it is undefined, or has another shape', () => {
    expect(evaluate({ how: 'unknown' }).evaluation).toEqual({ fault: 'evaluation_undefined' });
    const { evaluation, detail } = evaluate({ how: 'short' });
    expect(evaluation).toEqual({ fault: 'evaluation_invalid' });
    expect(detail).toContain('factors');
  });
});

describe('any other entrypoint', () => {
  it('takes a failed builtin for undefined and lists it, also one that the runtime of the module has itself', () => {
    expect(rego.evaluate('approval/lenient', { text: 'yesterday', zero: 0 }, { now: 0n })).toMatchObject({
      status: 'defined',
      value: { not_parsed: true, not_divided: true },
      builtinErrors: [
        { builtin: 'div', rule: 'data.approval._divided' },
        { builtin: 'time.parse_rfc3339_ns', rule: 'data.approval._parsed' },
      ],
    });
  });
});
