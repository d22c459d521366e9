import { contentOf, functionsOf, importedFunctions, readBody, vector, vectorOf } from '../../rego/wasm/functions.ts';
import { type Edit, editEntry, type Instruction, instructionsOf, OPCODE } from '../../rego/wasm/instructions.ts';
import { CODE_SECTION, DATA_SECTION, IMPORT_SECTION, sectionsOf, withSections } from '../../rego/wasm/sections.ts';
import { PARAMETERS_OF_RULE } from '../plan/planned-rules.ts';
import { type PathPattern, readDispatchTable } from './dispatch-table.ts';

/** What OPA's compiler names a rule or function: its generation, of which `with` makes a new one, and its path. */
const RULE = /^(g\d+)\./;
const ENTRYPOINTS = 'eval';
/** What a dynamic reference calls to put its path together, and to find the rule at that path. */
const [NEW_PATH, ADD_STEP, FIND_RULE] = ['opa_array_with_cap', 'opa_array_append', 'opa_mapping_lookup'];
const UNDEFINED = [OPCODE.constant, 0];

/** A planned rule or function. */
interface Rule {
  generation: string;
  parameters: number;
}

/**
 * Repairs what OPA's compiler makes of a dynamic reference into a package that also has functions
 * (`data.checks[input.which].ok`, `data.checks[name]`). A function is no part of the document, so that such a reference to it
 * is undefined. But the compiler calls the function as if it were a rule, with too few arguments, which is no valid module; or
 * it enters the function among the rules that are found at run time, and the module traps where it finds it. Here the call
 * becomes undefined, and the entry is not there. Answers the very module where there is nothing to repair. Throws Error for a
 * module that OPA's compiler did not make.
 */
export function repairModule(wasm: Uint8Array): Uint8Array {
  const sections = sectionsOf(wasm);
  const functions = functionsOf(wasm);
  const rules = new Map<number, Rule>();
  for (const [name, { index, parameters }] of functions) {
    const generation = RULE.exec(name)?.[1];
    if (generation !== undefined) rules.set(index, { generation, parameters });
  }
  const imported = importedFunctions(contentOf(sections, IMPORT_SECTION)).length;
  const bodies = vectorOf(contentOf(sections, CODE_SECTION), readBody);
  const indexOf = (name: string) => functions.get(name)?.index;
  const table = readDispatchTable(sections);
  const patterns: PathPattern[] = [];
  let isCodeEdited = false;

  for (const index of [...rules.keys(), indexOf(ENTRYPOINTS) ?? imported]) {
    const body = bodies[index - imported];
    if (body === undefined) throw new Error('it refers to functions that it does not have');
    const instructions = instructionsOf(body);
    patterns.push(...pathsIn(instructions, indexOf, table.stringAt));
    const edits = callsWithTooFewArguments(instructions, rules);
    if (edits.length === 0) continue;
    bodies[index - imported] = editEntry(body, edits);
    isCodeEdited = true;
  }

  const isFunction = functionsAmong(rules);
  const removed = patterns.map((pattern) => table.remove(pattern, isFunction));
  if (!isCodeEdited && !removed.includes(true)) return wasm;
  const contents = new Map([
    [CODE_SECTION, vector(bodies)],
    [DATA_SECTION, table.dataSection()],
  ]);
  return withSections(
    wasm,
    sections.map(({ id, content }) => ({ id, content: contents.get(id) ?? content })),
  );
}

/** Statements leave nothing on the stack, so that what is pushed right before a call are its arguments. */
function callsWithTooFewArguments(instructions: readonly Instruction[], rules: ReadonlyMap<number, Rule>): Edit[] {
  const edits: Edit[] = [];
  let pushed = 0;
  for (const [at, { opcode, operand, end }] of instructions.entries()) {
    const callee = opcode === OPCODE.call ? rules.get(operand) : undefined;
    if (callee !== undefined && pushed < callee.parameters) {
      edits.push({ start: instructions[at - pushed]?.start ?? end, end, code: UNDEFINED });
    }
    pushed = isRead(opcode) ? pushed + 1 : 0;
  }
  return edits;
}

/** The paths of the dynamic references, where they are constant. */
function pathsIn(
  instructions: readonly Instruction[],
  indexOf: (name: string) => number | undefined,
  stringAt: (address: number) => string | undefined,
): PathPattern[] {
  const [newPath, addStep, findRule] = [NEW_PATH, ADD_STEP, FIND_RULE].map(indexOf);
  const patterns: PathPattern[] = [];
  let steps: (string | undefined)[] = [];
  let before: Instruction | undefined;
  for (const instruction of instructions) {
    const callee = instruction.opcode === OPCODE.call ? instruction.operand : undefined;
    if (callee !== undefined && callee === newPath) steps = [];
    else if (callee !== undefined && callee === addStep) {
      steps.push(before?.opcode === OPCODE.constant ? stringAt(before.operand) : undefined);
    } else if (callee !== undefined && callee === findRule) {
      patterns.push(steps);
      steps = [];
    }
    before = instruction;
  }
  return patterns;
}

/**
 * Which rules are certainly functions. All rules of a generation take the same values besides arguments: more than input and
 * data where `with` puts the value of a variable in the place of a function. Where some rule takes only these two, whatever
 * takes more is a function.
 */
function functionsAmong(rules: ReadonlyMap<number, Rule>): (index: number) => boolean {
  const plain = new Set(
    [...rules.values()].filter((each) => each.parameters === PARAMETERS_OF_RULE).map((each) => each.generation),
  );
  return (index) => {
    const rule = rules.get(index);
    return rule !== undefined && rule.parameters > PARAMETERS_OF_RULE && plain.has(rule.generation);
  };
}

function isRead(opcode: number): boolean {
  return opcode === OPCODE.getLocal || opcode === OPCODE.constant;
}
