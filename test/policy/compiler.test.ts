import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildBundle } from '../../src/authoring/build-bundle.ts';
import { checkPolicies } from '../../src/authoring/check-policies.ts';
import { CAPABILITIES_FILE } from '../../src/authoring/toolchain/capabilities.ts';
import { pinnedVersion } from '../../src/authoring/toolchain/tool.ts';
import { sha256 } from '../../src/base/canonical-json.ts';
import { policyFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

let opa: string;

beforeAll(async () => {
  opa = await realTool('opa');
});

/** What the shipped policies have of that name. */
const FINDING = [
  'package approval.lib.finding',
  'denial(code, rule) := {"code": code, "controls": rule.custom.controls}',
  'refusal(approval, code, rule) := {"approval": approval, "code": code, "controls": rule.custom.controls}',
].join('\n');

function build(policiesDir: string) {
  return buildBundle({ policiesDir, opa, name: 'default', entrypoints: ['approval/decision'] });
}

/** The lines of what is wrong with good policies after these changes, without their folder. */
async function faultsOf(changes: Record<string, string | null>): Promise<string[]> {
  const policiesDir = await policyFolder(changes);
  const error = await checkPolicies({ policiesDir, opa }).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'policy_invalid' });
  return error.message.replaceAll(`${policiesDir}/`, '').split('\n');
}

describe('checkPolicies', () => {
  it('accepts good policies', async () => {
    await checkPolicies({ policiesDir: await policyFolder(), opa });
  });

  it('refuses every builtin that the evaluator lacks or determinism forbids, and says which it is', async () => {
    const calls = [
      'package approval.bad\n',
      'a := http.send({"method": "get", "url": "https://example.org"})',
      'b := rand.intn("seed", 3)',
      'c := graphql.is_valid("a", "b")',
      'd := rego.parse_module("a", "b")',
      'e := no.such.thing(1)',
    ];
    expect(await faultsOf({ 'approval/bad/bad.rego': calls.join('\n') })).toEqual([
      'approval/bad/bad.rego:3:6: rego_type_error: undefined function http.send (refused: not deterministic)',
      'approval/bad/bad.rego:4:6: rego_type_error: undefined function rand.intn (refused: not deterministic)',
      'approval/bad/bad.rego:5:6: rego_type_error: undefined function graphql.is_valid (refused: it needs a parser that the evaluator does not have)',
      'approval/bad/bad.rego:6:6: rego_type_error: undefined function rego.parse_module (refused: it needs a parser that the evaluator does not have)',
      'approval/bad/bad.rego:7:6: rego_type_error: undefined function no.such.thing',
    ]);
  });

  it('refuses them in tests too, which WASM is to run as well', async () => {
    const test = 'package approval_test\n\ntest_a if graphql.is_valid("a", "b")\n';
    expect(await faultsOf({ 'approval/other_test.rego': test })).toEqual([
      expect.stringMatching(/^approval\/other_test\.rego:3:11: .*graphql/),
    ]);
  });

  it('says what does not parse, in every file', async () => {
    const changes = { 'a/a.rego': 'package a\n\nx = : 1\n', 'b/b.rego': 'package b\n\nx := {\n' };
    const files = (await faultsOf(changes)).map((line) => line.split(':').slice(0, 3).join(':'));
    expect(new Set(files)).toEqual(new Set(['a/a.rego:3:5', 'b/b.rego:4:1']));
  });

  it('is strict', async () => {
    const policy = 'package a\n\nimport data.config\n\nx if {\n\ty := 1\n\tinput.z\n}\n';
    expect(await faultsOf({ 'a/a.rego': policy })).toEqual([
      expect.stringMatching(/^a\/a\.rego:3:1: rego_compile_error: import data\.config unused/),
      expect.stringMatching(/^a\/a\.rego:6:2: rego_compile_error: assigned var y unused/),
    ]);
  });

  it('checks types by the schemas', async () => {
    const policy = '# METADATA\n# schemas:\n#   - data.config: schema.config\npackage a\n\nx := data.config.nope\n';
    expect(await faultsOf({ 'a/a.rego': policy })).toEqual([
      expect.stringMatching(/^a\/a\.rego:6:6: rego_type_error: undefined ref: data\.config\.nope/),
    ]);
  });

  it('refuses rules that conflict with data', async () => {
    const changes = { 'data.json': '{"approval": {"tier": 1}}', 'schemas/approval.json': '{}' };
    expect(await faultsOf(changes)).toEqual([
      expect.stringMatching(/^approval\/decision\.rego:\d+:1: .*conflicting rule for data path approval\/tier found/),
    ]);
  });

  it('refuses controls that are not in the catalogue, at the line that names them', async () => {
    const policy = [
      '# METADATA',
      '# custom:',
      '#   controls: [AC-6, NHI99:2025]',
      'package a',
      '',
      '# METADATA',
      '# title: X',
      '# custom:',
      '#   controls:',
      '#     - AC-6',
      '#     - XX-1',
      'x := 1',
    ];
    expect(await faultsOf({ 'a/a.rego': policy.join('\n') })).toEqual([
      'a/a.rego:3:22: control NHI99:2025 is not in controls.json',
      'a/a.rego:11:9: control XX-1 is not in controls.json',
    ]);
  });

  it('refuses denials and refusals that no control is named for, not even by a package above', async () => {
    const policy = [
      '# METADATA',
      '# scope: subpackages',
      '# custom:',
      '#   controls: [AC-6]',
      'package a',
      'import data.approval.lib.finding',
      '',
      '# METADATA',
      '# title: Late',
      'denials contains finding.denial("late", rego.metadata.rule()) if input.late',
      '',
      '# METADATA',
      '# title: Late',
      '# custom:',
      '#   controls: [AC-6]',
      'denials contains finding.denial("late", rego.metadata.rule()) if input.later',
      '',
      '# METADATA',
      '# title: Other',
      '# custom:',
      '#   controls: []',
      'refusals contains finding.refusal("a", "other", rego.metadata.rule()) if input.other',
    ];
    const how = 'name the controls that the rule supports in its METADATA, under custom.controls';
    expect(await faultsOf({ 'a/a.rego': policy.join('\n'), 'approval/lib/finding/finding.rego': FINDING })).toEqual([
      `a/a.rego:10:18: late is reported without a control: ${how}`,
      `a/a.rego:22:19: other is reported without a control: ${how}`,
    ]);
  });

  it('refuses a code with two titles, since people read one sentence for it', async () => {
    const rule = (title: string, when: string) =>
      `# METADATA\n# title: ${title}\n# custom:\n#   controls: [AC-6]\ndenials contains finding.denial("late", rego.metadata.rule()) if ${when}\n`;
    const policy = [
      'package a',
      'import data.approval.lib.finding',
      rule('Late', 'input.late'),
      rule('Later', 'input.later'),
    ];
    expect(await faultsOf({ 'a/a.rego': policy.join('\n\n'), 'approval/lib/finding/finding.rego': FINDING })).toEqual([
      'a/a.rego:16:18: late has another title at a/a.rego:9: a code has the same title everywhere',
    ]);
  });

  it('refuses controls that are no list', async () => {
    const policy = '# METADATA\n# custom:\n#   controls: AC-6\npackage a\n\nx := 1\n';
    expect(await faultsOf({ 'a/a.rego': policy })).toEqual([
      'a/a.rego:4:1: custom.controls is not a list of control ids',
    ]);
  });

  it.each([
    [null, 'is missing'],
    ['{', 'The body is not JSON.'],
    ['{}', 'The control catalogue is not valid: /version: Invalid input: expected string, received undefined'],
  ])('needs a catalogue, not %j', async (catalogue, message) => {
    expect(await faultsOf({ 'controls.json': catalogue })).toEqual([`controls.json:1:1: ${message}`]);
  });

  it.each([
    ['\tnot walk(input, [["kind"], "x"])', 4, 2],
    ['\tx := [1 |\n\t\tnot walk(input, [["kind"], "x"])]\n\tx == []', 5, 3],
    ['\tfalse\n} else if not data.b[input.kind].ok else := 3 if {\n\tinput.x', 5, 3],
  ])('refuses a negation that WASM would get wrong, and that cannot be repaired: %s', async (body, line, column) => {
    const changes = { 'a/a.rego': `package a\n\nr if {\n${body}\n}\n`, 'b/b.rego': 'package b\n\np.ok := false\n' };
    expect(await faultsOf(changes)).toEqual([
      `a/a.rego:${line}:${column}: OPA compiles this \`not\` to WASM with another result: move the negated expression into a rule and negate that rule`,
    ]);
  });

  it('refuses a reference that WASM cannot follow below a `with`, where it stands', async () => {
    const policy = 'package a\n\nr := y if {\n\tv := input.v\n\ty := data.b.found with data.c.f as v\n}\n';
    const changes = {
      'a/a.rego': policy,
      'b/b.rego': 'package b\n\nfound := data.c[input.kind]\n',
      'c/c.rego': 'package c\n\none := f(1)\n\nf(x) := x\n',
    };
    expect(await faultsOf(changes)).toEqual([
      expect.stringMatching(/^b\/b\.rego:3:\d+: WASM does not find a rule by a path .* a constant, a rule or another/),
    ]);
  });

  it('says what is wrong with Rego and with data at once', async () => {
    const changes = { 'a/a.rego': 'package a\n\nx := nope(1)\n', 'config/data.json': '{"limit": 0}' };
    expect(await faultsOf(changes)).toEqual([
      'a/a.rego:3:6: rego_type_error: undefined function nope',
      'config/data.json:1:11: /config/limit: must be >= 1',
    ]);
  });

  it('takes no notice of hidden files', async () => {
    const changes = {
      '.git/x.rego': 'nonsense',
      'approval/.x.rego': 'nonsense',
      '.manifest': '{"roots": ["nowhere"]}',
    };
    const policiesDir = await policyFolder(changes);
    expect(await checkPolicies({ policiesDir, opa }).catch(({ message }) => message)).toBeUndefined();
  });

  it.each(['nowhere', '.'])('needs policies', async (below) => {
    const policiesDir = join(await policyFolder({ 'approval/decision.rego': null }), below);
    await expect(checkPolicies({ policiesDir, opa })).rejects.toMatchObject({ code: 'policy_invalid' });
  });
});

describe('buildBundle', () => {
  it('puts the titles of denials and refusals, and the sentences of METADATA, into the manifest', async () => {
    const policy = `package a

import data.approval.lib.finding

# METADATA
# title: The tank is almost empty
# custom:
#   controls: [AC-6]
denials contains finding.denial("water_low", rego.metadata.rule()) if input.low

# METADATA
# title: Ask again. The tank is being filled!
# custom:
#   controls: [AC-6]
refusals contains finding.refusal("a", "too_early", rego.metadata.rule()) if input.early

# METADATA
# title: The policy may not say what a code of the engine means
# custom:
#   controls: [AC-6]
denials contains finding.denial("rejected", rego.metadata.rule()) if input.rejected

# METADATA
# custom:
#   sentences:
#     never_watered: Nobody ever watered it
dry contains {"code": "never_watered"} if input.dry
`;
    const { bundle } = await build(
      await policyFolder({ 'a/a.rego': policy, 'approval/lib/finding/finding.rego': FINDING }),
    );
    expect(bundle.manifest.metadata.sentences).toEqual({
      never_watered: 'Nobody ever watered it.',
      too_early: 'Ask again. The tank is being filled!',
      water_low: 'The tank is almost empty.',
    });
  });

  it('makes a bundle of sources, data, catalogue, module and manifest', async () => {
    const policiesDir = await policyFolder();
    const { bundle } = await build(policiesDir);
    expect([...bundle.members.keys()]).toEqual([
      '.manifest',
      'approval/decision.rego',
      'controls.json',
      'data.json',
      'policy.wasm',
    ]);
    expect(bundle.manifest).toEqual({
      revision: expect.stringMatching(/^[0-9a-f]{12}$/),
      roots: [''],
      rego_version: 1,
      metadata: {
        name: 'default',
        opa: await pinnedVersion('opa'),
        capabilities: sha256(await readFile(CAPABILITIES_FILE)),
        entrypoints: ['approval/decision'],
        sentences: {},
        files: [...bundle.members]
          .filter(([name]) => name !== '.manifest')
          .map(([name, bytes]) => ({ name, hash: sha256(bytes).slice('sha256:'.length), algorithm: 'SHA-256' })),
      },
    });
    expect(Buffer.from(bundle.dataBytes).toString()).toBe('{"config":{"limit":10,"owners":["payments","platform"]}}');
    const source = await readFile(join(policiesDir, 'approval/decision.rego'));
    expect(Buffer.from(bundle.members.get('approval/decision.rego') ?? [])).toEqual(source);
  });

  it('gives the same bytes from another folder', async () => {
    const [one, two] = [await build(await policyFolder()), await build(await policyFolder())];
    expect(two.bundle.digest).toBe(one.bundle.digest);
    expect(Buffer.from(two.bytes).equals(one.bytes)).toBe(true);
  });

  it('gives another revision for other sources or data', async () => {
    const builds = [
      await build(await policyFolder()),
      await build(await policyFolder({ 'config/data.json': '{"limit": 11}' })),
      await build(await policyFolder({ 'other/other.rego': 'package other\n\nx := 1\n' })),
    ];
    expect(new Set(builds.map(({ bundle }) => bundle.revision)).size).toBe(3);
  });

  it('is evaluated alike by its module and by plain opa', async () => {
    const policiesDir = await policyFolder();
    const { bytes, bundle } = await build(policiesDir);
    const policy = await loadPolicy(Uint8Array.from(bundle.wasm).buffer, undefined, {
      'time.parse_rfc3339_ns': (text: string) => Date.parse(text) * 1_000_000,
    });
    policy.setData(bundle.data as object);
    const [file, input] = [join(policiesDir, 'bundle.tar.gz'), join(policiesDir, 'input.json')];
    await writeFile(file, bytes);
    for (const amount of [3, 30]) {
      const request = { amount, now: '2026-11-22T12:00:00.000Z' };
      await writeFile(input, JSON.stringify(request));
      const args = ['eval', '--bundle', file, '--input', input, '--format', 'raw', 'data.approval.decision'];
      const { stdout } = await promisify(execFile)(opa, args);
      const expected = { controls: ['AC-6'], hour: 498_708, tier: amount === 3 ? 'low' : 'high' };
      expect(JSON.parse(stdout)).toEqual(expected);
      expect(policy.evaluate(request, 'approval/decision')).toEqual([{ result: expected }]);
    }
  });

  it('refuses an entry point that is no rule', async () => {
    const policiesDir = await policyFolder();
    const options = { policiesDir, opa, name: 'default', entrypoints: ['approval/nothing'] };
    await expect(buildBundle(options)).rejects.toMatchObject({
      code: 'policy_invalid',
      message: expect.stringContaining('"approval/nothing" does not refer to a rule'),
    });
  });

  it('checks first', async () => {
    const policiesDir = await policyFolder({ 'config/data.json': '{"limit": 0}' });
    await expect(build(policiesDir)).rejects.toMatchObject({ code: 'policy_invalid' });
  });
});
