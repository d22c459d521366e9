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

/** Some calls of a function, as offsets in the entry of their caller; undefined stands for all calls there. */
export type Sites = ReadonlySet<number> | undefined;

/** A module whose functions can be made to call others. It keeps those that it has, with their indices. */
export interface ModuleEditor {
  functions: WasmFunctions;
  /** Adds a function (an entry of the code section) of the type that the named one has, and returns its index. */
  add(like: string, body: Uint8Array): number;
  /** Leads calls of one function to another: those in the function `caller` at these sites. */
  redirect(caller: string, from: number, to: number, sites?: Sites): void;
  /** The module with what was added and led elsewhere. */
  write(): Uint8Array;
}

/** Throws Error for a module without names of functions, or with imports that OPA's modules don't have. */
export function editModule(wasm: Uint8Array): ModuleEditor {
  const sections = sectionsOf(wasm);
  const functions = functionsOf(wasm);
  const imported = importedFunctions(contentOf(sections, IMPORT_SECTION)).length;
  const types = vectorOf(contentOf(sections, FUNCTION_SECTION), readNumber);
  const bodies = vectorOf(contentOf(sections, CODE_SECTION), readBody);
  /** By caller: what is called in the place of what. */
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

/** The entry with other functions in the place of those that it calls. */
function withCalls(body: Uint8Array, targetOf: (at: number, called: number) => number | undefined): Uint8Array {
  const edits = instructionsOf(body).flatMap(({ opcode, operand, start, end }): Edit[] => {
    const target = opcode === OPCODE.call ? targetOf(start, operand) : undefined;
    return target === undefined ? [] : [{ start, end, code: [OPCODE.call, ...writeNumber(target)] }];
  });
  return edits.length === 0 ? body : editEntry(body, edits);
}
