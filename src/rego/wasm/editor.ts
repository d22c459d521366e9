import {
  contentOf,
  functionNamed,
  functionsOf,
  importedFunctions,
  readBody,
  vector,
  vectorOf,
  type WasmFunctions,
} from './functions.ts';
import { type Edit, editEntry, instructionsOf, OPCODE } from './instructions.ts';
import {
  CODE_SECTION,
  FUNCTION_SECTION,
  IMPORT_SECTION,
  readNumber,
  sectionsOf,
  withSections,
  writeNumber,
} from './sections.ts';

/** Calls in a function, as offsets in its entry of the code section; undefined means all calls. */
export type Sites = ReadonlySet<number> | undefined;

/** A module to which functions are added and in which calls are redirected. Existing functions keep their indices. */
export interface ModuleEditor {
  functions: WasmFunctions;
  /** Adds a function (an entry of the code section) with the type of the named one, and returns its index. */
  add(like: string, body: Uint8Array): number;
  /** Redirects calls of one function to another, at these sites of the function `caller`. */
  redirect(caller: string, from: number, to: number, sites?: Sites): void;
  /** The edited module. */
  write(): Uint8Array;
}

/** Throws Error for a module without function names, or with imports that OPA's modules do not have. */
export function editModule(wasm: Uint8Array): ModuleEditor {
  const sections = sectionsOf(wasm);
  const functions = functionsOf(wasm);
  const imported = importedFunctions(contentOf(sections, IMPORT_SECTION)).length;
  const types = vectorOf(contentOf(sections, FUNCTION_SECTION), readNumber);
  const bodies = vectorOf(contentOf(sections, CODE_SECTION), readBody);
  /** Redirected calls, by caller. */
  const redirects = new Map<string, { from: number; to: number; sites: Sites }[]>();

  return {
    functions,
    add(like, body) {
      types.push(functionNamed(functions, like).type);
      return imported + bodies.push(body) - 1;
    },
    redirect(caller, from, to, sites) {
      redirects.set(caller, [...(redirects.get(caller) ?? []), { from, to, sites }]);
    },
    write() {
      const written = [...bodies];
      for (const [caller, calls] of redirects) {
        const { index, body } = functionNamed(functions, caller);
        if (body === undefined) continue;
        const targetOf = (at: number, called: number) =>
          calls.find(({ from, sites }) => from === called && (sites?.has(at) ?? true))?.to;
        written[index - imported] = withCalls(body, targetOf);
      }
      const contents = new Map([
        [FUNCTION_SECTION, vector(types.map((type) => Uint8Array.from(writeNumber(type))))],
        [CODE_SECTION, vector(written)],
      ]);
      return withSections(
        wasm,
        sections.map(({ id, content }) => ({ id, content: contents.get(id) ?? content })),
      );
    },
  };
}

/** The entry with redirected calls. */
function withCalls(body: Uint8Array, targetOf: (at: number, called: number) => number | undefined): Uint8Array {
  const edits = instructionsOf(body).flatMap(({ opcode, operand, start, end }): Edit[] => {
    const target = opcode === OPCODE.call ? targetOf(start, operand) : undefined;
    return target === undefined ? [] : [{ start, end, code: [OPCODE.call, ...writeNumber(target)] }];
  });
  return edits.length === 0 ? body : editEntry(body, edits);
}
