import { type RegoBundle, readBundle } from './bundle.ts';
import { RegoError } from './errors.ts';
import { createEvaluator, type RegoEvaluator, type RegoOptions } from './evaluator.ts';
import { type CompiledModule, compileModule as compileWasm } from './wasm/module.ts';

/**
 * Compiles a module that `opa build -t wasm` made, to open it several times or to post it to other threads. Rejects with
 * RegoError `module_invalid` for anything else; nothing of the module runs yet.
 */
export async function compileModule(wasm: Uint8Array): Promise<CompiledModule> {
  try {
    return await compileWasm(wasm);
  } catch (cause) {
    throw new RegoError('module_invalid', `The module cannot be compiled: ${(cause as Error).message}.`, { cause });
  }
}

/**
 * Opens a policy module, as bytes or compiled. Rejects with RegoError: `module_invalid`, `builtin_missing`,
 * `builtin_reserved`, `data_invalid` or `out_of_memory`.
 */
export async function openModule(wasm: Uint8Array | CompiledModule, options: RegoOptions = {}): Promise<RegoEvaluator> {
  return createEvaluator(wasm instanceof Uint8Array ? await compileModule(wasm) : wasm, options);
}

/**
 * Opens the module of a bundle with the data of the bundle. Rejects as readBundle and openModule do, and with
 * `bundle_invalid` for a manifest with an entrypoint that the module does not have.
 *
 *     const policy = await openBundle(await readFile('bundle.tar.gz'));
 *     const result = policy.evaluate('authz/allow', { user: 'ann' });
 */
export async function openBundle(
  bundle: Uint8Array | RegoBundle,
  options: Omit<RegoOptions, 'data'> = {},
): Promise<RegoEvaluator> {
  const { wasm, data, entrypoints } = bundle instanceof Uint8Array ? await readBundle(bundle) : bundle;
  const evaluator = await openModule(wasm, { ...options, data });
  const missing = entrypoints.find((entrypoint) => !evaluator.entrypoints.includes(entrypoint));
  if (missing === undefined) return evaluator;
  throw new RegoError(
    'bundle_invalid',
    `The bundle cannot be used: its manifest names the entrypoint ${missing}, which its module does not have.`,
  );
}
