import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Block, Statement } from '../plan/plan.ts';
import { blocksOf, distinct, type PlannedRules, placeOf, statementsIn, type WrittenAt } from '../plan/planned-rules.ts';
import type { PolicyFault } from '../policy-fault.ts';
import { nodeLocationSchema } from '../toolchain/opa-location.ts';
import { parseWithLocations } from '../toolchain/rego-modules.ts';
import { edited, offsetOf, type TextEdit } from './text-edits.ts';

/** A negated expression of a module, as `opa parse` shows it. */
interface Negated {
  row: number;
  col: number;
  /** From `not` to the end of the last `with`. */
  text: string;
  /** The place of the first `with`. */
  modified: { row: number; col: number } | undefined;
  /** Whether `walk` is called. Its arguments must be defined even for the negation to be true. */
  isCallOfWalk: boolean;
}

const negatedSchema = z.object({
  negated: z.literal(true),
  location: nodeLocationSchema,
  with: z.array(z.object({ location: nodeLocationSchema })).optional(),
  terms: z.unknown(),
});

const walkSchema = z.tuple([z.object({ value: z.tuple([z.object({ value: z.literal('walk') })]) })], z.unknown());

/**
 * Finds the negations that OPA's compiler to WASM compiles wrongly: those of an expression that it plans in several blocks,
 * such as a reference whose names are known only at run time (`not data.teams[input.team].allowed`), or a call of `walk`. In
 * WASM their value depends on how the last block ended, whatever the expression yields.
 */
export function findWrongNegations({ functions, files }: PlannedRules): WrittenAt[] {
  const places = blocksOf(functions)
    .flatMap(statementsIn)
    .filter(({ type, stmt }) => type === 'NotStmt' && endsInBlocks(stmt['block'] as Block))
    .map(({ stmt }) => placeOf(files, stmt));
  return distinct(places);
}

/** Statements after an expression are planned in its innermost block. Where there are several blocks, nothing follows them. */
function endsInBlocks(block: Block): boolean {
  const statements = statementsIn(block);
  const last = statements.at(-1);
  if (last?.type === 'WithStmt') return endsInBlocks(last.stmt['block'] as Block);
  return isInBlocks(last) || (last?.type === 'IsDefinedStmt' && goesOnAfterBlocks(statements.slice(0, -1)));
}

/**
 * A negated body (`not { x; y }`, rego.v2) ends with a test of whether some block was completed. If this test is not the first
 * statement after the blocks, a statement before it may be undefined (missing data, for example), and the test is skipped.
 */
function goesOnAfterBlocks(statements: readonly Statement[]): boolean {
  const first = statements.findIndex(isInBlocks);
  return first >= 0 && first < statements.length - 1;
}

function isInBlocks(statement: Statement | undefined): boolean {
  return statement?.type === 'BlockStmt' || statement?.type === 'ScanStmt';
}

/** The files with rewritten negations, by path, and a fault for each negation that cannot be rewritten. */
export interface Rewritten {
  files: ReadonlyMap<string, string>;
  faults: readonly PolicyFault[];
}

/**
 * Rewrites negations in the files of a folder as equivalent comparisons that OPA's compiler compiles correctly:
 * `not x with input as y` becomes `[1| x] == [] with input as y`. Lines and columns in error messages stay right. Writes
 * nothing to the folder.
 */
export async function rewriteNegations(folder: string, opa: string, places: readonly WrittenAt[]): Promise<Rewritten> {
  const files = new Map<string, string>();
  const faults: PolicyFault[] = [];
  for (const [file, wanted] of Map.groupBy(places, (place) => place.file)) {
    const source = await readFile(join(folder, file), 'utf8');
    const negated = negationsIn(await parseWithLocations(folder, opa, file));
    const edits: TextEdit[] = [];
    for (const place of wanted) {
      const found = negated.find(({ row, col }) => row === place.line && col === place.column);
      const made = found && editsOf(source, found);
      if (made) edits.push(...made);
      else faults.push({ ...place, message: CANNOT_REWRITE });
    }
    files.set(file, edited(source, edits));
  }
  return { files, faults };
}

const CANNOT_REWRITE =
  'OPA compiles this `not` to WASM with another result: move the negated expression into a rule and negate that rule';

function negationsIn(parsed: unknown): Negated[] {
  const found: Negated[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const expression = negatedSchema.safeParse(value);
    if (expression.success) {
      const { location, with: modifiers, terms } = expression.data;
      const isCallOfWalk = walkSchema.safeParse(terms).success;
      found.push({ ...location, modified: modifiers?.[0]?.location, isCallOfWalk });
    }
    Object.values(value).forEach(look);
  };
  look(parsed);
  return found;
}

/** For an expression that is the whole body of an `else`, OPA gives the text from that `else` to the end of the rule. */
const NEGATION = /^(else\b(?:(?!\bif\b)[\s\S])*\bif\s+)?not\b/;

function editsOf(source: string, { row, col, text, modified, isCallOfWalk }: Negated): TextEdit[] | undefined {
  const from = offsetOf(source, row, col, text);
  const negation = NEGATION.exec(text)?.[0];
  if (from === undefined || negation === undefined || isCallOfWalk) return undefined;
  if (/\belse\b/.test(text.slice(negation.length))) return undefined;
  const start = from + negation.length - 'not'.length;
  const end = modified === undefined ? from + text.length : offsetOf(source, modified.row, modified.col, 'with');
  if (end === undefined) return undefined;
  const expression = source.slice(start, end).trimEnd();
  return [
    { start, end: start + 'not'.length, text: '[1|' },
    { start: start + expression.length, end: start + expression.length, text: '] == []' },
  ];
}
