import { createHash } from 'node:crypto';
import { type Code, call, functionBody, getLocal, i32 } from './code.ts';
import { editModule, type ModuleEditor } from './editor.ts';
import { functionNamed } from './functions.ts';
import { NATIVES } from './natives.ts';
import { readsOf } from './reads.ts';
import {
  findBody,
  hashBody,
  integerDigitsBody,
  isArrayOfBody,
  isAsciiBody,
  isString,
  iterateBody,
  readBody,
  readDataBody,
  readScannedBody,
  textDigitsBody,
} from './runtime.ts';
import { orderedScansIn } from './scans.ts';

/**
 * A module identifies what it calls in its host by number. OPA's compiler numbers the builtins that the runtime lacks from 0;
 * these numbers are added here. The number of a native is FIRST_NATIVE plus its index in NATIVES.
 */
export const HOST_CALLS = { nextKey: 2 ** 20, dataMember: 2 ** 20 + 1, item: 2 ** 20 + 2, hash: 2 ** 20 + 3 } as const;
export const FIRST_NATIVE = 2 ** 21;

/** No builtin of the runtime has more. */
const MAX_PARAMETERS = 4;

/** Functions of OPA's runtime, other than builtins. */
const ITERATE = 'opa_value_iter';
const GET = 'opa_value_get';
const HASH = 'opa_value_hash';
const TYPE_OF = 'opa_value_type';
const NEW_ARRAY = 'opa_array_with_cap';
const APPEND = 'opa_array_append';

/** The names that OPA's compiler gives to the functions of rules, and to the one that runs the entrypoints. */
const isRule = (name: string) => /^g\d+\./.test(name);
const ENTRYPOINTS = 'eval';

/** The builtin `walk`, and the function that it calls for each member. */
const isWalk = (name: string) => name.endsWith('opa_value_transitive_closure');

/**
 * Rewrites a module so that it calls its host where its runtime does not answer as OPA's interpreter does: for builtins
 * (NATIVES), for the order of sets and objects, and for some look-ups. Calls within the runtime stay as they are, except for
 * those that hash a value. Throws Error for bytes that are not a module of OPA.
 */
export function hookModule(wasm: Uint8Array): Uint8Array {
  const module = editModule(wasm);
  const rules = [...module.functions.keys()].filter(isRule);
  const policies = [...rules, ENTRYPOINTS];
  const integerDigits = call(module.add(HASH, integerDigitsBody()));
  const hash = redirectHashes(module, seedOf(wasm), integerDigits);
  redirectNatives(module, policies, integerDigits);
  redirectScans(module, policies);
  redirectReads(module, rules, hash);
  return module.write();
}

/** Depends on the policy alone, so that the same input gives the same bytes; callers of the policy do not know it. */
function seedOf(wasm: Uint8Array): number {
  return createHash('sha256').update(wasm).digest().readInt32LE();
}

function redirectHashes(module: ModuleEditor, seed: number, integerDigits: Code): Code {
  const body = hashBody(seed, integerDigits, callLike(module, HASH), callHostLike(module, HASH, HOST_CALLS.hash));
  return call(redirectAll(module, [...module.functions.keys()], HASH, body));
}

function redirectNatives(module: ModuleEditor, policies: readonly string[], integerDigits: Code): void {
  const ofIntegers = (member: number) => [...getLocal(member), ...integerDigits];
  const shared = {
    integerDigits,
    textDigits: call(module.add(HASH, textDigitsBody())),
    areIntegers: call(module.add(HASH, isArrayOfBody(ofIntegers))),
    areTexts: call(module.add(HASH, isArrayOfBody(isString))),
    isAscii: call(module.add(HASH, isAsciiBody())),
    callOf(name: string) {
      const found = module.functions.get(name);
      return found && call(found.index);
    },
  };
  for (const [place, { function: name, mode }] of NATIVES.entries()) {
    const native = module.functions.get(name);
    // The compiler leaves out functions that the policy does not call.
    if (native === undefined) continue;
    const answers = { own: callLike(module, name), ours: callHostLike(module, name, FIRST_NATIVE + place) };
    redirectAll(module, policies, name, functionBody(1, mode({ ...shared, ...answers, operands: native.parameters })));
  }
}

function redirectScans(module: ModuleEditor, policies: readonly string[]): void {
  const [own, ours] = [callLike(module, ITERATE), callHostLike(module, ITERATE, HOST_CALLS.nextKey)];
  const iterate = functionNamed(module.functions, ITERATE).index;
  const walks = [...module.functions.keys()].filter(isWalk);
  const ordered = redirectAll(module, walks, ITERATE, iterateBody(own, ours));
  const [newArray, append] = [NEW_ARRAY, APPEND].map((name) => module.functions.get(name)?.index);
  for (const caller of policies) {
    const { body } = functionNamed(module.functions, caller);
    const sites = orderedScansIn(body ?? new Uint8Array(), { iterate, newArray, append });
    module.redirect(caller, iterate, ordered, sites);
  }
}

function redirectReads(module: ModuleEditor, rules: readonly string[], hash: Code): void {
  const get = functionNamed(module.functions, GET).index;
  const typeOf = module.functions.get(TYPE_OF)?.index;
  const own = callLike(module, GET);
  const find = [...operands(2), ...call(module.add(GET, findBody(hash)))];
  const readData = module.add(GET, readDataBody(find, own, callHostLike(module, GET, HOST_CALLS.dataMember)));
  const readScanned = module.add(GET, readScannedBody(own));
  const read = module.add(GET, readBody(find, own, callHostLike(module, GET, HOST_CALLS.item)));
  for (const caller of rules) {
    const { body } = functionNamed(module.functions, caller);
    const { ofData, ofOthers, ofScans } = readsOf(body ?? new Uint8Array(), { get, typeOf });
    module.redirect(caller, get, readData, ofData);
    module.redirect(caller, get, read, ofOthers);
    module.redirect(caller, get, readScanned, ofScans);
  }
}

/** Redirects all calls of a function, in some callers, to a new function. */
function redirectAll(module: ModuleEditor, callers: readonly string[], name: string, body: Uint8Array): number {
  const { index } = functionNamed(module.functions, name);
  const added = module.add(name, body);
  for (const caller of callers) module.redirect(caller, index, added);
  return added;
}

/** Code that calls a function with the operands of its caller. Throws Error for more than MAX_PARAMETERS. */
function callLike(module: ModuleEditor, name: string): Code {
  const { index, parameters } = functionNamed(module.functions, name);
  if (parameters > MAX_PARAMETERS) throw new Error(`its function ${name} has ${parameters} parameters`);
  return [...operands(parameters), ...call(index)];
}

/** Code that calls the host with all operands of a function, as the compiler does for builtins that the runtime lacks. */
function callHostLike(module: ModuleEditor, name: string, number: number): Code {
  const { parameters } = functionNamed(module.functions, name);
  const host = functionNamed(module.functions, `opa_builtin${parameters}`);
  const noContext = i32(0);
  return [...i32(number), ...noContext, ...operands(parameters), ...call(host.index)];
}

function operands(count: number): Code {
  return Array.from({ length: count }, (_, local) => getLocal(local)).flat();
}
