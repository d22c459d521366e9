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
 * A module calls its host by number. The numbers of the builtins that its runtime lacks count from 0; these are ours. That of
 * a native is FIRST_NATIVE and its place in NATIVES together.
 */
export const ASKS = { nextKey: 2 ** 20, dataMember: 2 ** 20 + 1, item: 2 ** 20 + 2, hash: 2 ** 20 + 3 } as const;
export const FIRST_NATIVE = 2 ** 21;

/** The most that a builtin of the runtime has. */
const MAX_PARAMETERS = 4;

/** The functions of OPA's runtime that we know by name, but for builtins. */
const ITERATE = 'opa_value_iter';
const GET = 'opa_value_get';
const HASH = 'opa_value_hash';
const TYPE_OF = 'opa_value_type';
const NEW_ARRAY = 'opa_array_with_cap';
const APPEND = 'opa_array_append';

/** How OPA's compiler calls what it makes of a rule or a function, and of all entrypoints. */
const isRule = (name: string) => /^g\d+\./.test(name);
const ENTRYPOINTS = 'eval';

/** The builtin `walk`, and what it calls for each member. */
const isWalk = (name: string) => name.endsWith('opa_value_transitive_closure');

/**
 * The same module, but it asks its host where its runtime does not answer as OPA's interpreter: for builtins (NATIVES), for
 * the order of sets and objects, and for some look-ups. What the runtime calls within itself stays as it is, but for hashes.
 * Throws Error for what is not a module of OPA.
 */
export function hookModule(wasm: Uint8Array): Uint8Array {
  const module = editModule(wasm);
  const rules = [...module.functions.keys()].filter(isRule);
  const policies = [...rules, ENTRYPOINTS];
  const integerDigits = call(module.add(HASH, integerDigitsBody()));
  const hash = leadHashes(module, seedOf(wasm), integerDigits);
  leadNatives(module, policies, integerDigits);
  leadScans(module, policies);
  leadReads(module, rules, hash);
  return module.write();
}

/** The same for the same policy, so that the same input gives the same bytes; strangers do not know it. */
function seedOf(wasm: Uint8Array): number {
  return createHash('sha256').update(wasm).digest().readInt32LE();
}

function leadHashes(module: ModuleEditor, seed: number, integerDigits: Code): Code {
  const body = hashBody(seed, integerDigits, callLike(module, HASH), askLike(module, HASH, ASKS.hash));
  return call(leadAll(module, [...module.functions.keys()], HASH, body));
}

function leadNatives(module: ModuleEditor, policies: readonly string[], integerDigits: Code): void {
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
    // The compiler leaves out what policy does not call.
    if (native === undefined) continue;
    const answers = { own: callLike(module, name), ours: askLike(module, name, FIRST_NATIVE + place) };
    leadAll(module, policies, name, functionBody(1, mode({ ...shared, ...answers, operands: native.parameters })));
  }
}

function leadScans(module: ModuleEditor, policies: readonly string[]): void {
  const [own, ours] = [callLike(module, ITERATE), askLike(module, ITERATE, ASKS.nextKey)];
  const iterate = functionNamed(module.functions, ITERATE).index;
  const walks = [...module.functions.keys()].filter(isWalk);
  const ordered = leadAll(module, walks, ITERATE, iterateBody(own, ours));
  const [newArray, append] = [NEW_ARRAY, APPEND].map((name) => module.functions.get(name)?.index);
  for (const caller of policies) {
    const { body } = functionNamed(module.functions, caller);
    const sites = orderedScansIn(body ?? new Uint8Array(), { iterate, newArray, append });
    module.redirect(caller, iterate, ordered, sites);
  }
}

function leadReads(module: ModuleEditor, rules: readonly string[], hash: Code): void {
  const get = functionNamed(module.functions, GET).index;
  const typeOf = module.functions.get(TYPE_OF)?.index;
  const own = callLike(module, GET);
  const find = [...operands(2), ...call(module.add(GET, findBody(hash)))];
  const readData = module.add(GET, readDataBody(find, own, askLike(module, GET, ASKS.dataMember)));
  const readScanned = module.add(GET, readScannedBody(own));
  const read = module.add(GET, readBody(find, own, askLike(module, GET, ASKS.item)));
  for (const caller of rules) {
    const { body } = functionNamed(module.functions, caller);
    const { ofData, ofOthers, ofScans } = readsOf(body ?? new Uint8Array(), { get, typeOf });
    module.redirect(caller, get, readData, ofData);
    module.redirect(caller, get, read, ofOthers);
    module.redirect(caller, get, readScanned, ofScans);
  }
}

/** Leads all calls of a function that some callers make to a new one. */
function leadAll(module: ModuleEditor, callers: readonly string[], name: string, body: Uint8Array): number {
  const { index } = functionNamed(module.functions, name);
  const added = module.add(name, body);
  for (const caller of callers) module.redirect(caller, index, added);
  return added;
}

/** Calls a function with its caller's own operands. Throws Error for more parameters than any function of OPA has. */
function callLike(module: ModuleEditor, name: string): Code {
  const { index, parameters } = functionNamed(module.functions, name);
  if (parameters > MAX_PARAMETERS) throw new Error(`its function ${name} has ${parameters} parameters`);
  return [...operands(parameters), ...call(index)];
}

/** Asks the host with all operands of a function, as the compiler does for the builtins that the runtime lacks. */
function askLike(module: ModuleEditor, name: string, number: number): Code {
  const { parameters } = functionNamed(module.functions, name);
  const ask = functionNamed(module.functions, `opa_builtin${parameters}`);
  const noContext = i32(0);
  return [...i32(number), ...noContext, ...operands(parameters), ...call(ask.index)];
}

function operands(count: number): Code {
  return Array.from({ length: count }, (_, local) => getLocal(local)).flat();
}
