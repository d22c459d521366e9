import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import { unpackMembers } from '../../bundle/bundle.ts';
import { WASM_MEMBER } from '../../bundle/manifest.ts';
import { openModule, PROVIDED_BUILTINS } from '../../rego/rego.ts';
import { run } from './run.ts';

/** The builtins and features that policies may use, in OPA's format. Written by deriveCapabilities, and committed. */
export const CAPABILITIES_FILE = fileURLToPath(new URL('../../../tools/capabilities.json', import.meta.url));

/** Their results depend on the network, the machine, the environment or chance. */
const NOT_DETERMINISTIC: ReadonlySet<string> = new Set([
  'http.send',
  'io.jwt.encode_sign',
  'io.jwt.encode_sign_raw',
  'net.lookup_ip_addr',
  'opa.runtime',
  'rand.intn',
  'uuid.rfc4122',
]);

/** They write debugging output and yield no value. */
const WRITES: ReadonlySet<string> = new Set(['print', 'trace']);

/** They need parsers of other languages, which OPA has in Go only. */
const NEEDS_PARSER = /^(?:graphql\.|rego\.parse_module$)/;

const capabilitiesSchema = z.looseObject({
  builtins: z.array(
    z.looseObject({
      name: z.string(),
      decl: z.looseObject({ args: z.array(z.unknown()).optional(), result: z.unknown().optional() }),
      relation: z.boolean().optional(),
      deprecated: z.boolean().optional(),
    }),
  ),
});
type Builtin = z.output<typeof capabilitiesSchema>['builtins'][number];

/**
 * The JSON text of tools/capabilities.json for an `opa`: its own capabilities without network, and of its builtins those
 * that either its WASM runtime or our evaluator has and that determinism allows. Left out too are the deprecated, which
 * Rego v1 refuses, and those without a result (`print`), which act but do not answer.
 */
export async function deriveCapabilities(opa: string): Promise<string> {
  const current = await currentCapabilities(opa);
  const callable = current.builtins.filter(({ deprecated, decl }) => !deprecated && decl.result !== undefined);
  const missing = await missingInWasm(opa, callable);
  const builtins = callable.filter(({ name }) => {
    const isThere = !missing.has(name) || PROVIDED_BUILTINS.includes(name);
    return isThere && !NOT_DETERMINISTIC.has(name);
  });
  return `${JSON.stringify({ ...current, builtins, allow_net: [] }, withoutProse, 2)}\n`;
}

/** Why a builtin is not in the capabilities; undefined if OPA has no builtin of that name. */
export async function whyRefused(opa: string, builtin: string): Promise<string | undefined> {
  if (NOT_DETERMINISTIC.has(builtin)) return 'refused: not deterministic';
  if (WRITES.has(builtin)) return 'refused: it only writes debugging output; remove it';
  const { builtins } = await currentCapabilities(opa);
  if (!builtins.some(({ name }) => name === builtin)) return undefined;
  if (NEEDS_PARSER.test(builtin)) return 'refused: it needs a parser that the evaluator does not have';
  return 'refused: the evaluator does not provide it';
}

type Capabilities = z.output<typeof capabilitiesSchema>;
/** By the path of an `opa`. Cached, because a policy may have thousands of faults that all need them. */
const asked = new Map<string, Promise<Capabilities>>();

function currentCapabilities(opa: string): Promise<Capabilities> {
  const before = asked.get(opa);
  if (before) return before;
  const capabilities = askForCapabilities(opa);
  asked.set(opa, capabilities);
  capabilities.catch(() => asked.delete(opa)); // The next policy asks again.
  return capabilities;
}

async function askForCapabilities(opa: string): Promise<Capabilities> {
  const { stdout } = await run(opa, ['capabilities', '--current']);
  return capabilitiesSchema.parse(JSON.parse(stdout));
}

/** The builtins that OPA's WASM runtime lacks. A module that calls every builtin lists those that its host has to have. */
export async function missingInWasm(opa: string, builtins: readonly Builtin[]): Promise<ReadonlySet<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-capabilities-'));
  try {
    const [policy, bundle] = [join(folder, 'every.rego'), join(folder, 'every.tar.gz')];
    await writeFile(policy, `package every\n\n${builtins.map(ruleThatCalls).join('\n')}\n`);
    const { code, stdout } = await run(opa, ['build', '-t', 'wasm', '-e', 'every', '-o', bundle, policy]);
    if (code !== 0) throw new AppError('internal', `opa cannot compile a call of every builtin: ${stdout}`);
    const module = (await unpackMembers(await readFile(bundle))).get(WASM_MEMBER);
    const { requiredBuiltins } = await openModule(module ?? new Uint8Array(), { missingBuiltins: 'abort' });
    return new Set(requiredBuiltins);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `input` is of any type, so that each call passes the type checker. */
function ruleThatCalls({ name, decl, relation }: Builtin, index: number): string {
  const args = (decl.args ?? []).map((_, position) => `input.arg${position}`);
  if (name === 'assign') return `rule${index} if x := input.arg0`;
  if (name === 'eq') return `rule${index} if input.arg0 = input.arg1`;
  if (relation) return `rule${index} contains x if ${name}(${[...args, 'x'].join(', ')})`;
  return `rule${index} := ${name}(${args.join(', ')})`;
}

function withoutProse(key: string, value: unknown): unknown {
  return key === 'description' || key === 'categories' ? undefined : value;
}
