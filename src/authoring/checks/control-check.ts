import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findingsIn } from '../findings.ts';
import type { Position } from '../json-position.ts';
import type { Visit } from '../plan/visit.ts';
import { faultOf, type PolicyFault } from '../policy-fault.ts';
import { CONTROLS_FILE, type Sources } from '../policy-folder.ts';
import type { Annotation } from '../toolchain/annotations.ts';
import { type ControlCatalogue, parseControls } from './controls.ts';

const HOW_TO_NAME_CONTROLS = 'name the controls that the rule supports in its METADATA, under custom.controls';
const idsSchema = z.array(z.string());

/**
 * Checks that each control under `custom.controls` of a METADATA block is in the catalogue, controls.json, and that each rule
 * that denies, or refuses an approval, names a control. Returns the faults, at the lines that name the controls or report
 * the denial.
 */
export async function checkControls(
  folder: string,
  { controls }: Sources,
  annotations: readonly Annotation[],
  visits: readonly Visit[],
): Promise<PolicyFault[]> {
  if (controls.length === 0) return [faultOf(CONTROLS_FILE, 'is missing')];
  let catalogue: ControlCatalogue;
  try {
    catalogue = parseControls(await readFile(join(folder, CONTROLS_FILE)));
  } catch (error) {
    return [faultOf(CONTROLS_FILE, (error as Error).message)];
  }
  const known = new Set(Object.keys(catalogue.controls));
  const unknown = await Promise.all(annotations.map((annotation) => unknownControls(folder, annotation, known)));
  return [...unknown.flat(), ...missingControls(visits, annotations)];
}

/** A record names the controls that it supports: those in the METADATA of the rules themselves, which inherit none. */
function missingControls(visits: readonly Visit[], annotations: readonly Annotation[]): PolicyFault[] {
  const calls = visits.flatMap((visit) => visit.calls);
  const reported = [...findingsIn(calls, 'denial', annotations), ...findingsIn(calls, 'refusal', annotations)];
  return reported
    .filter(({ controls }) => controls.length === 0)
    .map(({ id, place }) => ({ ...place, message: `${id} is reported without a control: ${HOW_TO_NAME_CONTROLS}` }));
}

async function unknownControls(
  folder: string,
  { custom, file, row }: Annotation,
  known: ReadonlySet<string>,
): Promise<PolicyFault[]> {
  const ids = idsSchema.safeParse(custom['controls'] ?? []);
  if (!ids.success) return [{ file, line: row, column: 1, message: 'custom.controls is not a list of control ids' }];
  const unknown = ids.data.filter((id) => !known.has(id));
  if (unknown.length === 0) return [];
  const lines = (await readFile(join(folder, file), 'utf8')).split('\n');
  return unknown.map((id) => ({ file, ...find(id, lines, row), message: `control ${id} is not in ${CONTROLS_FILE}` }));
}

/** OPA gives the place of the annotated rule or package; the id is in the comment above it. */
function find(id: string, lines: readonly string[], row: number): Position {
  for (let line = row - 1; line > 0; line--) {
    const text = lines[line - 1] ?? '';
    if (text.includes(id)) return { line, column: text.indexOf(id) + 1 };
    if (!text.startsWith('#')) break;
  }
  return { line: row, column: 1 };
}
