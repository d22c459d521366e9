import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { AppError } from '../../base/errors.ts';
import { isObject } from '../../base/json-object.ts';
import { escapePointer, parseJsonText } from '../../base/json-text.ts';
import type { DataFault } from '../../bundle/data-values.ts';
import { findDirectoryFaults } from '../../bundle/directory/directory-check.ts';
import { type Position, positionAt, positionOfPointer } from '../json-position.ts';
import { kindOfSettings } from '../kind-settings.ts';
import { faultOf, type PolicyFault } from '../policy-fault.ts';
import { SCHEMAS_FOLDER, type Sources } from '../policy-folder.ts';
import { checkApprovers } from './approver-check.ts';
import { addKeywords, type KeywordFault } from './schema-keywords.ts';
import { describeMisfits } from './schema-message.ts';

/** A JSON file: its value, its text (to find positions in), and the faults because of which it has no value. */
interface JsonFile {
  file: string;
  text: string;
  value?: unknown;
  faults: readonly PolicyFault[];
}

const TOP: Position = { line: 1, column: 1 };

/**
 * Checks the policy data. Every top-level member of `data` needs a schema, `schemas/<root>.json` (JSON Schema 2020-12 with the
 * keywords of addKeywords), and must be valid by it; each identity and key must lead to one person (findDirectoryFaults); and,
 * if all that holds, the approvals must be possible (checkApprovers). Returns the faults, at the lines of the data or schema.
 */
export async function checkData(folder: string, sources: Sources): Promise<PolicyFault[]> {
  const [data, schemas] = await Promise.all([readData(folder, sources), readAll(folder, sources.schemas)]);
  const unreadable = [...data, ...schemas].flatMap(({ faults }) => faults);
  if (unreadable.length > 0) return unreadable;
  const twice = sources.settings.flatMap((file) => settingsElsewhere(file, data));
  if (twice.length > 0) return twice;
  const document = mergeAll(data);
  const misfits = Object.keys(document as object).flatMap((root) => {
    const schema = schemas.find(({ file }) => file === `${SCHEMAS_FOLDER}/${root}.json`);
    const origin = locate(data, `/${escapePointer(root)}`);
    if (schema) return checkRoot(root, document, schema, data);
    return [{ ...origin, message: `data.${root} has no schema: ${SCHEMAS_FOLDER}/${root}.json is missing` }];
  });
  const others = findDirectoryFaults(document).map((fault) => placed(fault, data));
  if (misfits.length + others.length > 0) return [...misfits, ...others];
  return checkApprovers(document).faults.map((fault) => placed(fault, data));
}

/** Finds probable mistakes in data that passed checkData, at the lines of the data. */
export function findDataWarnings({ document, locate }: PolicyData): PolicyFault[] {
  const { warnings } = checkApprovers(document);
  return warnings.map(({ pointer, message }) => ({ ...locate(pointer), message: `${pointer}: ${message}` }));
}

function placed({ pointer, message }: DataFault, data: readonly JsonFile[]): PolicyFault {
  return { ...locate(data, pointer), message: `${pointer}: ${message}` };
}

/** The policy data, and their places in the files. */
export interface PolicyData {
  /** `data` as OPA merges it from the files. */
  document: unknown;
  /** The file and place of the value at a pointer into `data`. */
  locate: (pointer: string) => Position & { file: string };
}

/** Reads all data of a folder. Files that are not JSON are left out; checkData reports them. */
export async function readPolicyData(folder: string, sources: Sources): Promise<PolicyData> {
  const data = await readData(folder, sources);
  return { document: mergeAll(data), locate: (pointer) => locate(data, pointer) };
}

/** Finds settings of a kind that exist both in its folder and elsewhere. */
function settingsElsewhere(file: string, data: readonly JsonFile[]): PolicyFault[] {
  const pointer = baseOf(file);
  const kind = kindOfSettings(file);
  return data.flatMap((other) => {
    const base = baseOf(other.file);
    const isElsewhere = other.file !== file && pointer.startsWith(`${base}/`);
    if (!isElsewhere || !positionOfPointer(other.text, pointer.slice(base.length))) return [];
    return [faultOf(file, `data.config.kinds["${kind}"] is set here and in ${other.file}`)];
  });
}

function checkRoot(root: string, document: unknown, schema: JsonFile, data: readonly JsonFile[]): PolicyFault[] {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, logger: false });
  addFormats.default(ajv);
  const keywordFaults = addKeywords(ajv, document);
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(schema.value as object);
  } catch (error) {
    return [faultOf(schema.file, `is not a valid JSON Schema: ${(error as Error).message}`)];
  }
  validate((document as Record<string, unknown>)[root]);
  const misfits = describeMisfits(validate.errors ?? []).map(({ pointer, message }) =>
    placed({ pointer: `/${escapePointer(root)}${pointer}`, message }, data),
  );
  return [...keywordFaults.map((fault) => placedInSchema(fault, schema)), ...misfits];
}

function placedInSchema({ schema, keyword, message }: KeywordFault, { file, text, value }: JsonFile): PolicyFault {
  const pointer = `${pointerTo(schema, value) ?? ''}/${keyword}`;
  return { file, ...(positionOfPointer(text, pointer) ?? TOP), message: `${pointer}: ${message}` };
}

/** The pointer at which `value` contains the very object `part`. */
function pointerTo(part: object, value: unknown): string | undefined {
  if (value === part) return '';
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const rest = pointerTo(part, member);
    if (rest !== undefined) return `/${escapePointer(key)}${rest}`;
  }
  return undefined;
}

function readData(folder: string, { data, settings }: Sources): Promise<JsonFile[]> {
  return readAll(folder, [...data, ...settings]);
}

function mergeAll(data: readonly JsonFile[]): unknown {
  return data.reduce<unknown>((merged, { file, value }) => merge(merged, nest(file, value)), {});
}

function readAll(folder: string, files: readonly string[]): Promise<JsonFile[]> {
  return Promise.all(files.map((file) => readJson(folder, file)));
}

async function readJson(folder: string, file: string): Promise<JsonFile> {
  const bytes = await readFile(join(folder, file));
  const text = bytes.toString('utf8');
  try {
    return { file, text, value: parseJsonText(bytes), faults: [] };
  } catch (error) {
    return { file, text, faults: jsonFaults(file, text, error as AppError) };
  }
}

/** The faults because of which parseJsonText refuses a text, with their places. */
function jsonFaults(file: string, text: string, { faults, cause }: AppError): PolicyFault[] {
  if (cause instanceof SyntaxError) return [{ file, ...syntaxPosition(text, cause), message: cause.message }];
  return faults.map(({ pointer, detail }) => {
    const position = (cause === undefined && positionOfPointer(text, pointer)) || TOP;
    return { file, ...position, message: pointer ? `${pointer}: ${detail}` : detail };
  });
}

/** V8 gives the offset in the message only, and none where the text ends too early. */
function syntaxPosition(text: string, error: SyntaxError): Position {
  const offset = /at position (\d+)/.exec(error.message)?.[1];
  return positionAt(text, offset === undefined ? text.trimEnd().length : Number(offset));
}

/** The file and place of the value at a pointer into `data`; if it is spread over files, one that contains a part of it. */
function locate(data: readonly JsonFile[], pointer: string): Position & { file: string } {
  for (const { file, text } of data) {
    const base = baseOf(file);
    const position = `${pointer}/`.startsWith(`${base}/`) && positionOfPointer(text, pointer.slice(base.length));
    if (position) return { file, ...position };
  }
  const part = data.find(({ file }) => baseOf(file).startsWith(`${pointer}/`));
  return { file: part?.file ?? '.', ...TOP };
}

/** The pointer at which a file is mounted in `data`. */
function baseOf(file: string): string {
  return mountOf(file)
    .map((member) => `/${escapePointer(member)}`)
    .join('');
}

/** Folders are members of `data`, except for the settings of a kind. */
function mountOf(file: string): string[] {
  const kind = kindOfSettings(file);
  return kind === undefined ? file.split('/').slice(0, -1) : ['config', 'kinds', kind];
}

function nest(file: string, value: unknown): unknown {
  return mountOf(file).reduceRight((inner, folder) => ({ [folder]: inner }), value);
}

function merge(left: unknown, right: unknown): unknown {
  if (!isObject(left) || !isObject(right)) return right;
  const shared = Object.keys(right).filter((key) => key in left);
  return { ...left, ...right, ...Object.fromEntries(shared.map((key) => [key, merge(left[key], right[key])])) };
}
