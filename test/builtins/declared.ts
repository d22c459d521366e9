import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CAPABILITIES_FILE } from '../../src/authoring/toolchain/capabilities.ts';

/** A type as `opa capabilities` writes it. */
export interface DeclaredType {
  type: string;
  of?: DeclaredType | DeclaredType[] | undefined;
  static?: (DeclaredType | { key: unknown; value: DeclaredType })[] | undefined;
  dynamic?: DeclaredType | { key: DeclaredType; value: DeclaredType } | undefined;
}

/** A builtin that policy may call, and the types of its arguments. */
export interface DeclaredBuiltin {
  name: string;
  args: DeclaredType[];
}

const capabilitiesSchema = z.object({
  builtins: z.array(
    z.object({ name: z.string(), decl: z.object({ args: z.array(z.custom<DeclaredType>()).default([]) }) }),
  ),
});

/** The compiler puts their answers into the plan, or the answer is the time. */
const NOT_COMPARED: ReadonlySet<string> = new Set([
  'assign',
  'rego.metadata.chain',
  'rego.metadata.rule',
  'time.now_ns',
]);

/** Every builtin of the capabilities file whose answer is made by an evaluator from its arguments alone. */
export async function declaredBuiltins(): Promise<DeclaredBuiltin[]> {
  const { builtins } = capabilitiesSchema.parse(JSON.parse(await readFile(CAPABILITIES_FILE, 'utf8')));
  return builtins.filter(({ name }) => !NOT_COMPARED.has(name)).map(({ name, decl }) => ({ name, args: decl.args }));
}

/** The call with `input` as the list of its arguments, which hides their types from the type checker. */
export function callOf({ name, args }: DeclaredBuiltin): string {
  const operands = args.map((_, index) => `input[${index}]`);
  if (name === 'eq') return `[true | ${operands.join(' = ')}]`;
  // `walk` is a relation: it has many answers.
  if (name === 'walk') return `[found | walk(${operands[0]}, found)]`;
  return `${name}(${operands.join(', ')})`;
}
