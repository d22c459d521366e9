import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import type { Block, Statement } from '../plan/plan.ts';
import { blocksOf, distinct, type PlannedRules, placeOf, statementsIn, type WrittenAt } from '../plan/planned-rules.ts';
import type { PolicyFault } from '../policy-fault.ts';
import { run } from '../toolchain/run.ts';
import { edited, offsetOf, type TextEdit } from './text-edits.ts';

/** A negated expression of a module, as `opa parse` shows it. */
interface Negated {
  row: number;
  col: number;
  /** From `not` to the end of the last `with`. */
  text: string;
  /** Where the first `with` stands. */
  modified: { row: number; col: number } | undefined;
  /** Of `walk`, whose arguments have to be there even for a negation to hold. */
  isCallOfWalk: boolean;
}

const locationSchema = z.object({ row: z.int(), col: z.int(), text: z.base64().default('') });
const negatedSchema = z.object({
  negated: z.literal(true),
  location: locationSchema,
  with: z.array(z.object({ location: locationSchema })).optional(),
  terms: z.unknown(),
});

const walkSchema = z.tuple([z.object({ value: z.tuple([z.object({ value: z.literal('walk') })]) })], z.unknown());

/**
 * The negations that OPA's compiler to WASM gets wrong: those of an expression that it plans in several blocks, as a
 * reference is whose names are known at run time only (`not data.teams[input.team].allowed`), or a call of `walk`. It takes
 * them for true or false by how the last block ended, whatever the expression is.
 */
export function findWrongNegations({ functions, files }: PlannedRules): WrittenAt[] {
  const places = blocksOf(functions)
    .flatMap(statementsIn)
    .filter(({ type, stmt }) => type === 'NotStmt' && endsInBlocks(stmt['block'] as Block))
    .map(({ stmt }) => placeOf(files, stmt));
  return distinct(places);
}

/** What follows on an expression is planned within its innermost block. So where there are several, nothing follows on them. */
function endsInBlocks(block: Block): boolean {
  const statements = statementsIn(block);
  const last = statements.at(-1);
  if (last?.type === 'WithStmt') return endsInBlocks(last.stmt['block'] as Block);
  return isInBlocks(last) || (last?.type === 'IsDefinedStmt' && goesOnAfterBlocks(statements.slice(0, -1)));
}

/**
 * A body that is negated (`not { x; y }`, rego.v2) ends with a look at whether some block came to its end. Where that look is
 * not the first thing after the blocks, what stands before it may fail, as the data do that are not there, and it is not taken.
 */
function goesOnAfterBlocks(statements: readonly Statement[]): boolean {
  const first = statements.findIndex(isInBlocks);
  return first >= 0 && first < statements.length - 1;
}

function isInBlocks(statement: Statement | undefined): boolean {
  return statement?.type === 'BlockStmt' || statement?.type === 'ScanStmt';
}

/** Files in which negations are written otherwise, by their paths, and a fault for each negation that cannot be. */
export interface Rewritten {
  files: ReadonlyMap<string, string>;
  faults: readonly PolicyFault[];
}

/**
 * Writes negations in the files of a folder as comparisons that mean the same, which OPA's compiler gets right:
 * `not x with input as y` as `[1| x] == [] with input as y`. What errors point to stays where it is. Nothing is written to
 * the folder.
 */
export async function rewriteNegations(folder: string, opa: string, places: readonly WrittenAt[]): Promise<Rewritten> {
  const files = new Map<string, string>();
  const faults: PolicyFault[] = [];
  for (const [file, wanted] of Map.groupBy(places, (place) => place.file)) {
    const path = join(folder, file);
    const source = await readFile(path, 'utf8');
    const negated = await negationsIn(path, opa);
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
  'OPA compiles this `not` to WASM that answers otherwise: put what it negates into a rule of its own, and negate that rule';

async function negationsIn(path: string, opa: string): Promise<Negated[]> {
  const { code, stdout, stderr } = await run(opa, ['parse', '--format', 'json', '--json-include', 'locations', path]);
  if (code !== 0) throw new AppError('internal', `opa cannot parse what it has compiled: ${stderr || stdout}`);
  const found: Negated[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const expression = negatedSchema.safeParse(value);
    if (expression.success) {
      const { location, with: modifiers, terms } = expression.data;
      const text = Buffer.from(location.text, 'base64').toString();
      const isCallOfWalk = walkSchema.safeParse(terms).success;
      found.push({ ...location, text, modified: modifiers?.[0]?.location, isCallOfWalk });
    }
    Object.values(value).forEach(look);
  };
  look(JSON.parse(stdout));
  return found;
}

/** OPA shows an expression that is all of an `else` from that `else` on, and up to the end of the rule. */
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
