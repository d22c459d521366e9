import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/authoring/toolchain/run.ts';
import { parseRego, type RegoValue } from '../../src/rego/value.ts';
import { type Answer, valueAnswer } from './answer.ts';
import { callOf, type DeclaredBuiltin } from './declared.ts';

/** A call of a builtin; `args` is the Rego literal of the list of its arguments. */
export interface Call {
  builtin: DeclaredBuiltin;
  args: string;
}

/** OPA's compiler takes a time that grows with the square of the number of rules. */
const CHUNK = 800;
const HEADER = ['package differential', ''];
const TIME_LIMIT_MS = 30_000;

/** What the interpreter of an `opa` answers to each call, in their order. */
export async function answersByOpa(opa: string, calls: readonly Call[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < calls.length; start += CHUNK)
    answers.push(...(await ask(opa, calls.slice(start, start + CHUNK))));
  return answers;
}

async function ask(opa: string, calls: readonly Call[]): Promise<Answer[]> {
  const output = await evaluate(opa, [...HEADER, ...calls.map(ruleOf)].join('\n'));
  if ('gaveUp' in output) {
    // What ends the whole evaluation may come of any call; each half finds out whether it holds that one.
    if (calls.length === 1) return [{ outcome: 'lost', reason: output.gaveUp }];
    const middle = Math.ceil(calls.length / 2);
    return [...(await ask(opa, calls.slice(0, middle))), ...(await ask(opa, calls.slice(middle)))];
  }
  const values = output.result[0]?.expressions[0]?.value ?? {};
  const errors = new Map<number, string>();
  for (const { message, location } of output.errors ?? []) {
    const index = Number(location?.row) - 1 - HEADER.length;
    if (!errors.has(index)) errors.set(index, message);
  }
  return calls.map(({ builtin }, index) => {
    const found = values[String(index)];
    if (found !== undefined) return { ...valueAnswer(found[0]), sets: Number(found[1]) } as Answer;
    const message = errors.get(index);
    return message === undefined
      ? { outcome: 'undefined' }
      : { outcome: 'error', message: withoutName(message, builtin.name) };
  });
}

interface OpaError {
  message: string;
  location?: { row: RegoValue };
}

interface Output {
  result: { expressions: { value: Record<string, [RegoValue, RegoValue]> }[] }[];
  errors?: OpaError[];
}

/** One line each: the line of an error tells the call. The value comes with the number of sets in it. */
function ruleOf({ builtin, args }: Call, index: number): string {
  const sets = 'count([true | walk(x, [_, v]); is_set(v)])';
  return `r["${index}"] := [x, ${sets}] if { x := ${callOf(builtin)} with input as ${args} }`;
}

async function evaluate(opa: string, module: string): Promise<Output | { gaveUp: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-builtins-'));
  try {
    const file = join(folder, 'calls.rego');
    await writeFile(file, module);
    const args = ['eval', '--show-builtin-errors', '--format', 'json', '-d', file, 'data.differential.r'];
    const { stdout, stderr } = await run(opa, args, { timeoutMs: TIME_LIMIT_MS });
    if (!stdout.startsWith('{')) return { gaveUp: (stderr || stdout).slice(0, 200) };
    // Between tokens only: a line break in a string is escaped.
    const output = parseRego(stdout.replace(/\n\s*/g, '')) as unknown as Partial<Output>;
    if (output.result === undefined) return { gaveUp: output.errors?.[0]?.message ?? 'no result' };
    return output as Output;
  } catch (error) {
    return { gaveUp: (error as Error).message };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function withoutName(message: string, name: string): string {
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}
