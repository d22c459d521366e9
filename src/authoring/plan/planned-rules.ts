import type { Position } from '../json-position.ts';
import type { Block, Plan, PlannedFunction, Statement } from './plan.ts';

/** The rules and functions of a plan, and what their statements name by numbers. */
export type PlannedRules = Pick<Plan, 'strings' | 'files' | 'functions'>;

/** Parameters of a rule that is no function: the input and the data. */
export const PARAMETERS_OF_RULE = 2;

/** Where something is written, in which file below the folder of policies. */
export interface WrittenAt extends Position {
  file: string;
}

/** All blocks of some functions, those within others after them. */
export function blocksOf(functions: readonly PlannedFunction[]): Block[] {
  const found = functions.flatMap(({ blocks }) => blocks);
  for (const block of found) {
    for (const { stmt } of statementsIn(block)) found.push(...blocksIn(stmt));
  }
  return found;
}

export function statementsIn({ stmts }: Block): readonly Statement[] {
  return stmts;
}

export function placeOf(files: readonly string[], { file, row, col }: Statement['stmt']): WrittenAt {
  return { file: files[file] ?? '.', line: row, column: col };
}

/** Each place once: what stands there may be planned several times. */
export function distinct(places: readonly WrittenAt[]): WrittenAt[] {
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

function blocksIn(stmt: Statement['stmt']): readonly Block[] {
  const [block, blocks] = [stmt['block'], stmt['blocks']] as [Block | undefined, readonly Block[] | undefined];
  return [...(block ? [block] : []), ...(blocks ?? [])];
}
