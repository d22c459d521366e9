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

/** Compiles a module that is given as bytes. Rejects with RegoError `module_invalid`, also for what is neither. */
export async function moduleOf(wasm: Uint8Array | CompiledModule): Promise<CompiledModule> {
  if (wasm instanceof Uint8Array) return compileModule(wasm);
  if (Object.prototype.toString.call(wasm) === '[object WebAssembly.Module]') return wasm;
  throw new RegoError(
    'module_invalid',
    `The module has to be given as bytes (a Uint8Array) or compiled, not as ${typeof wasm}: read its file first.`,
  );
}

/**
 * Opens a policy module, as bytes or compiled. Rejects with RegoError: `module_invalid`, `builtin_missing`,
 * `builtin_reserved`, `data_invalid` or `out_of_memory`.
 */
export async function openModule(wasm: Uint8Array | CompiledModule, options: RegoOptions = {}): Promise<RegoEvaluator> {
  return createEvaluator(await moduleOf(wasm), options);
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
  const { wasm, data, entrypoints } = isRead(bundle) ? bundle : await readBundle(bundle);
  const evaluator = await openModule(wasm, { ...options, data });
  const missing = entrypoints.find((entrypoint) => !evaluator.entrypoints.includes(entrypoint));
  if (missing === undefined) return evaluator;
  throw new RegoError(
    'bundle_invalid',
    `The bundle cannot be used: its manifest names the entrypoint ${missing}, which its module does not have.`,
  );
}

function isRead(bundle: Uint8Array | RegoBundle): bundle is RegoBundle {
  return typeof bundle === 'object' && bundle !== null && 'wasm' in bundle;
}
