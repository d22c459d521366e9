import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CAPABILITIES_FILE, missingInWasm } from '../../src/authoring/toolchain/capabilities.ts';
import { run } from '../../src/authoring/toolchain/run.ts';
import {
  type BuiltinTable,
  formatRego,
  openBundle,
  PROVIDED_BUILTINS,
  type RegoBundle,
  type RegoEvaluator,
  type RegoResult,
  type RegoValue,
  readBundle,
} from '../../src/rego/rego.ts';
import { realTool } from '../policy/real-opa.ts';
import { buildPlainBundle } from './build.ts';

// What src/rego/README.md says of @open-policy-agent/opa-wasm, on one module that plain opa built, beside what we answer.

/** Rules that answer otherwise in the stock package than in OPA's interpreter: what `opa eval` prints, and what the package says. */
const ANSWERS: [rule: string, opa: string, stock: unknown][] = [
  ['sprintf("%v", [null])', '"null"', 'TypeError'],
  ['sprintf("%v", [{"b": {2, 1}}])', '"{\\"b\\": {1, 2}}"', '[object Object]'],
  ['regex.split("(a)", "xay")', '["x","y"]', ['x', 'a', 'y']],
  ['glob.match("build(eu)*", ["/"], "buildeu-admin")', 'false', true],
  ['net.cidr_contains("10.0.0.0/8", "::ffff:10.1.2.3")', 'true', false],
  ['json.is_valid("[1,]")', 'false', true],
  ['format_int(4294967296, 2)', '"100000000000000000000000000000000"', 'strings: get uint failed'],
  ['100000000000000000000 / 3', '33333333333333333334', 33333333333333330000],
  ['9007199254740993 + input.zero', '9007199254740993', 9007199254740992],
  ['data.levels[1]', '"one"', undefined],
  ['concat(",", {n | some n in ["pear", "fig", "apple", "kiwi"]})', '"apple,fig,kiwi,pear"', 'fig,kiwi,pear,apple'],
];

const POLICY = `package stock

# METADATA
# entrypoint: true
names := {n | some n in input.names}

# METADATA
# entrypoint: true
big := 9007199254740993

# METADATA
# entrypoint: true
score := acme.score({9007199254740993})

# METADATA
# entrypoint: true
divided := 1 / input.zero

# METADATA
# entrypoint: true
undivided if not 1 / input.zero

# METADATA
# entrypoint: true
clock := time.now_ns()

# METADATA
# entrypoint: true
given := input

# METADATA
# entrypoint: true
conflicting := 1 if input.names

conflicting := 2 if input.names

# METADATA
# entrypoint: true
owner := data.owner

# METADATA
# entrypoint: true
large := [n | some n in numbers.range(1, 1000000)]
`;
const DATA = { owner: 'ann', levels: { '1': 'one' } };
const INPUT = { names: ['pear', 'fig', 'apple', 'kiwi'], zero: 0 };

interface StockPolicy {
  evaluate(input: unknown, entrypoint: string): { result: unknown }[];
  setData(data: object): void;
}

const stockModule = createRequire(import.meta.url).resolve('@open-policy-agent/opa-wasm');
const { loadPolicy } = createRequire(import.meta.url)(stockModule) as {
  loadPolicy(wasm: ArrayBuffer, memory?: object, builtins?: object): Promise<StockPolicy>;
};

let opa: string;
let bundle: RegoBundle;
let ours: RegoEvaluator;
let theirs: Record<string, unknown>;
/** The operands that acme.score was called with. */
const seen: { ours: RegoValue[]; stock: unknown[] } = { ours: [], stock: [] };

const builtins: BuiltinTable = { 'acme.score': (operand) => void seen.ours.push(operand) };

beforeAll(async () => {
  opa = await realTool('opa');
  const folder = await mkdtemp(join(tmpdir(), 'countersign-stock-'));
  try {
    const rules = ANSWERS.map(([rule], index) => `# METADATA\n# entrypoint: true\nr${index} := ${rule}\n`);
    await writeFile(join(folder, 'stock.rego'), [POLICY, ...rules].join('\n'));
    await writeFile(join(folder, 'data.json'), JSON.stringify(DATA));
    bundle = await readBundle(await buildPlainBundle(folder));
    const inputFile = join(folder, 'input');
    await writeFile(inputFile, JSON.stringify(INPUT));
    const query = `{${ANSWERS.map((_, index) => `"r${index}": data.stock.r${index}`).join(', ')}}`;
    await writeFile(join(folder, 'stock.rego'), ['package stock', ...rules].join('\n'));
    const args = ['eval', '--format', 'raw', '--bundle', folder, '--input', inputFile, query];
    const asked = await run(opa, args);
    expect(asked.stderr).toBe('');
    theirs = JSON.parse(asked.stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
  ours = await openBundle(bundle, { builtins });
}, 120_000);

async function openStock(memory: object = {}): Promise<StockPolicy> {
  const own = { 'acme.score': (operand: unknown) => void seen.stock.push(operand) };
  const policy = await loadPolicy(Uint8Array.from(bundle.wasm).buffer, memory, own);
  policy.setData(DATA);
  return policy;
}

/** The result, undefined, or what is thrown. */
function askStock(policy: StockPolicy, entrypoint: string, input: unknown = INPUT): unknown {
  try {
    return policy.evaluate(input, entrypoint)[0]?.result;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.name : thrown;
  }
}

function textOf(result: RegoResult<RegoValue>): string {
  return result.status === 'defined' ? formatRego(result.value) : result.status;
}

describe('the stock package', () => {
  it.each(ANSWERS.map((answer, index) => [...answer, index] as const))(
    'answers otherwise than OPA: %s',
    async (_rule, wanted, said, index) => {
      expect(JSON.stringify(theirs[`r${index}`])).toBe(JSON.stringify(JSON.parse(wanted)));
      expect(askStock(await openStock(), `stock/r${index}`)).toEqual(said);
      expect(textOf(ours.evaluateExact(`stock/r${index}`, INPUT))).toBe(wanted);
    },
  );

  it('lacks builtins', async () => {
    const { builtins: all } = JSON.parse(await readFile(CAPABILITIES_FILE, 'utf8'));
    const missing = [...(await missingInWasm(opa, all))];
    const table = createRequire(import.meta.url)(join(stockModule, '..', 'builtins', 'index.js'));
    const inStock = missing.filter((name) => Object.hasOwn(table, name));
    expect({
      policyMayCall: all.length,
      notInTheRuntime: missing.length,
      inStock: inStock.sort(),
      inOurs: missing.filter((name) => PROVIDED_BUILTINS.includes(name)).length,
    }).toEqual({
      policyMayCall: 177,
      notInTheRuntime: 82,
      inStock: ['regex.split', 'sprintf', 'yaml.is_valid', 'yaml.marshal', 'yaml.unmarshal'],
      inOurs: 82,
    });
  });

  it('takes an error of a builtin for undefined, which makes `not` true', async () => {
    const stock = await openStock();
    expect([askStock(stock, 'stock/divided'), askStock(stock, 'stock/undivided')]).toEqual([undefined, true]);
    const failure = { code: 'builtin_error', rule: 'data.stock.undivided' };
    expect(ours.evaluate('stock/undivided', INPUT)).toMatchObject({ status: 'failed', failure });
  });

  it('has no clock', async () => {
    const message = expect.stringContaining('not implemented: built-in function');
    expect(askStock(await openStock(), 'stock/clock')).toMatchObject({ message });
    expect(ours.evaluate('stock/clock', INPUT, { now: 5n })).toMatchObject({ value: 5 });
  });

  it('gives sets in the order of their hashes, and numbers as doubles', async () => {
    const stock = await openStock();
    expect(askStock(stock, 'stock/names')).toEqual(['fig', 'kiwi', 'pear', 'apple']);
    expect(ours.evaluate('stock/names', INPUT)).toMatchObject({ value: ['apple', 'fig', 'kiwi', 'pear'] });
    expect(askStock(stock, 'stock/big')).toBe(9007199254740992);
    expect(textOf(ours.evaluateExact('stock/big', INPUT))).toBe('9007199254740993');
  });

  it('hands sets to builtins as arrays, and numbers as doubles', async () => {
    askStock(await openStock(), 'stock/score');
    ours.evaluate('stock/score', INPUT);
    expect(seen).toEqual({ stock: [[9007199254740992]], ours: [new Set([9007199254740993n])] });
  });

  it.each([[null], [false], [0], ['']])('takes the input %j for none', async (input) => {
    expect(askStock(await openStock(), 'stock/given', input)).toBeUndefined();
    expect(ours.evaluate('stock/given', input)).toMatchObject({ value: input });
  });

  it('takes input text that is not JSON for none', async () => {
    const text = new TextEncoder().encode('{"names":');
    expect(askStock(await openStock(), 'stock/given', text.buffer)).toBeUndefined();
    expect(ours.evaluate('stock/given', text)).toMatchObject({ failure: { code: 'input_invalid' } });
  });

  it('throws texts and plain objects in place of errors', async () => {
    const stock = await openStock();
    expect(askStock(stock, 'stock/conflicting')).toMatch(/^stock\.rego:\d+:1: var assignment conflict$/);
    expect(askStock(stock, 'stock/none')).toBe('entrypoint stock/none is not valid in this instance');
    const failure = { code: 'aborted', rule: 'data.stock.conflicting', location: { file: 'stock.rego' } };
    expect(ours.evaluate('stock/conflicting', INPUT)).toMatchObject({ failure });
  });

  it('is used up by some hundred failed evaluations', async () => {
    const stock = await openStock();
    for (let times = 0; times < 1000; times++) {
      askStock(stock, 'stock/conflicting');
      ours.evaluate('stock/conflicting', INPUT);
    }
    expect(askStock(stock, 'stock/owner')).toBe('RuntimeError');
    expect(ours.evaluate('stock/owner', INPUT)).toMatchObject({ value: 'ann' });
  });

  it('can bound memory, in pages', async () => {
    expect(askStock(await openStock({ initial: 5, maximum: 256 }), 'stock/large')).toBe('opa_malloc: failed');
    const bounded = await openBundle(bundle, { builtins, maxMemoryBytes: 256 * 65_536 });
    expect(bounded.evaluate('stock/large', INPUT)).toMatchObject({ failure: { code: 'out_of_memory' } });
  });
});
