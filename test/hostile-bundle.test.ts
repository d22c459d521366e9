import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../src/authoring/toolchain/run.ts';
import { BUNDLE_FILE } from '../src/base/installation.ts';
import { packMembers, bundleOf as readMembers, unpackMembers } from '../src/bundle/bundle.ts';
import { DATA_MEMBER, type Members, WASM_MEMBER } from '../src/bundle/manifest.ts';
import { loadPolicy } from '../src/evaluation/loader.ts';
import { preparePolicy } from '../src/evaluation/policy.ts';
import { realTool } from './policy/real-opa.ts';
import { redescribed } from './support/bundles.ts';
import { temporaryDir } from './support/service.ts';
import { FILL_MEMORY, LOOP, LOOP_OVER_DATA, type ModuleParts, policyModule } from './support/wasm.ts';

const MIB = 2 ** 20;

let shipped: Members;
beforeAll(async () => {
  shipped = await unpackMembers(readFileSync(BUNDLE_FILE));
});

/** The shipped bundle with other members, packed by somebody who wants them to be loaded. */
function bundleOf(changes: Record<string, Uint8Array>): Promise<Uint8Array> {
  return packMembers(redescribed(new Map([...shipped, ...Object.entries(changes)])));
}

const bundleOfModule = (parts: ModuleParts) => bundleOf({ [WASM_MEMBER]: policyModule(parts) });

async function refusal(bundle: Uint8Array, stepMs?: number): Promise<string> {
  const error = await loadPolicy(bundle, stepMs === undefined ? {} : { stepMs }).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'bundle_invalid' });
  return error.message;
}

it('a module in the form of those below is loaded, where it does nothing that it should not', async () => {
  expect((await loadPolicy(await bundleOfModule({}))).ref.entrypoint).toBe('approval/decision');
});

describe('a module whose functions have other names', () => {
  it.each([
    ['none', {}, /it has no function opa_value_hash/],
    ['of functions that it does not have', { opa_value_iter: 9, opa_value_get: 9, opa_value_hash: 99 }, /./],
    ['of functions with other parameters', { opa_value_iter: 10, opa_value_get: 10, opa_value_hash: 9 }, /./],
  ])('is refused: %s', async (_, names, why) => {
    expect(await refusal(await bundleOfModule({ names }))).toMatch(why);
  });
});

it('a module that does not open is refused with what to do about it', async () => {
  const folder = temporaryDir('policies');
  writeFileSync(join(folder, 'decision.rego'), 'package approval\n\ndecision := data.checks[input.kind].strict.ok\n');
  writeFileSync(
    join(folder, 'checks.rego'),
    'package checks\n\npods.strict.ok if positive(1)\n\npositive(x) if x > 0\n',
  );
  const args = [
    'build',
    '--target',
    'wasm',
    '--entrypoint',
    'approval/decision',
    '--output',
    'b.tar.gz',
    '--bundle',
    '.',
  ];
  expect(await run(await realTool('opa'), args, { cwd: folder })).toMatchObject({ code: 0 });
  const made = await unpackMembers(readFileSync(join(folder, 'b.tar.gz')));
  expect(await refusal(await bundleOf({ [WASM_MEMBER]: made.get(WASM_MEMBER) ?? new Uint8Array() }))).toMatch(
    /The module of the bundle is not valid: .*g0\.data\.approval\.decision.*\. Build the bundle with `countersign policy build`/,
  );
});

describe('a module that loops', () => {
  it.each<[string, ModuleParts, RegExp]>([
    ['where it is instantiated', { start: LOOP }, /starting its module took longer than 2000 ms/],
    ['in builtins()', { builtins: LOOP }, /starting its module took longer than 2000 ms/],
    ['in entrypoints()', { entrypoints: LOOP }, /starting its module took longer than 2000 ms/],
    ['over its data', { parse: LOOP_OVER_DATA }, /its module, which reads the data, took longer than 20\d\d ms/],
  ])('%s is given up', async (_, parts, why) => {
    expect(await refusal(await bundleOfModule(parts), 2000)).toMatch(why);
  });

  it('is given up after five seconds where nobody says otherwise', async () => {
    expect(await refusal(await bundleOfModule({ builtins: LOOP }))).toMatch(/took longer than 5000 ms/);
  });
});

describe('a module that takes memory', () => {
  it('where it is instantiated gets little more than those of OPA', async () => {
    const bundle = await bundleOfModule({ start: FILL_MEMORY });
    await loadPolicy(await bundleOfModule({}));
    const before = process.resourceUsage().maxRSS;
    const { memoryBytes } = await loadPolicy(bundle);
    expect(memoryBytes).toBeLessThan(40 * MIB);
    expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(400 * MIB);
  });

  it.each<[string, ModuleParts, RegExp]>([
    ['of its own', { memory: [1, 0x00, 0x02] }, /it has a memory of its own/],
    ['by many tables', { table: [2, 0x70, 0x01, 0x01, 0x01, 0x70, 0x01, 0x01, 0x01] }, /tables other than one/],
    ['by a large table', { table: [1, 0x70, 0x01, 0x01, 0xc0, 0x84, 0x3d] }, /at most 100000 functions/],
    ['by a table without end', { table: [1, 0x70, 0x00, 0x01] }, /tables other than one/],
    ['by a table of other things', { table: [1, 0x6f, 0x01, 0x01, 0x01] }, /tables other than one/],
  ])('%s is refused before it runs', async (_, parts, why) => {
    expect(await refusal(await bundleOfModule(parts))).toMatch(why);
  });

  it.each([
    ['zeros', '0', 300_000],
    ['numbers', '1.2345678901234567', 300_000],
    ['objects', '{}', 400_000],
    ['empty texts', '""', 400_000],
    ['objects with a number', '{"a":1.2345678901234567}', 200_000],
    ['long texts', `"${'é'.repeat(5000)}"`, 3000],
  ])('that it needs for its data gets it: %s', async (_, item, count) => {
    const data = Buffer.from(`{"a":[${`${item},`.repeat(count)}0]}`);
    const members = redescribed(new Map(shipped).set(DATA_MEMBER, data));
    const { memoryBytes } = await preparePolicy(readMembers(members));
    expect(memoryBytes).toBeGreaterThan(36 * MIB);
  });
});

describe('a bundle in which a bit of the module is another one', () => {
  it('is refused, whichever bit it is', () => {
    const wasm = shipped.get(WASM_MEMBER) ?? new Uint8Array();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: wasm.length * 8 - 1 }), (bit) => {
        const flipped = Uint8Array.from(wasm);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const members = new Map(shipped).set(WASM_MEMBER, flipped);
        expect(() => readMembers(members)).toThrow(/policy\.wasm does not match its digest in the manifest/);
      }),
      { numRuns: 200 },
    );
  });
});
