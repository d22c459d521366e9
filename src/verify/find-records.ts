import type { AppError } from '../base/errors.ts';
import { escapePointer, parseJsonText } from '../base/json-text.ts';
import { reasonOf } from './fault-text.ts';

/** A compact JWS that should be a record, and where it was found. */
export interface PlacedRecord {
  jws: string;
  place: string;
}

export type Members = Record<string, unknown>;

/** An answer of the service, or a page of a case: JSON around records, which is not signed. */
export interface Wrapper {
  form: 'answer' | 'case';
  place: string;
  value: Members;
  /** The records in it: that of an answer, those of a chain in the order of the page. */
  records: PlacedRecord[];
}

/** What a text contains. Nothing of it is verified. */
export interface Found {
  records: PlacedRecord[];
  wrappers: Wrapper[];
  /** What is not a record and contains none, each as a sentence with its place. */
  faults: string[];
  /** Places of members that are allowed and say nothing about a record, such as a problem among the answers of a batch. */
  unsigned: string[];
}

/** Places are those of a text and of a JSON pointer (RFC 6901) in it. */
interface Spot {
  text: string;
  pointer: string;
}

/**
 * Finds the records in untrusted text: compact JWS, one a line; an answer of the service; a page of a case; a list or a batch
 * of such; or JSON of that kind one a line. `source` names the text in messages.
 */
export function findRecords(text: string, source = 'the file'): Found {
  const found: Found = { records: [], wrappers: [], faults: [], unsigned: [] };
  let searched = 0;
  for (const part of partsOf(text, source)) {
    if ('fault' in part) found.faults.push(part.fault);
    else if ('jws' in part) found.records.push(part);
    else searched += collect(part.value, { text: part.place, pointer: '' }, found);
  }
  if (searched > 0) {
    const cases = searched === 1 ? 'a case' : `${searched} cases`;
    found.faults.push(
      `${source} contains no records of ${cases} that a search returned: GET /v1/cases/{id} returns the records of a case.`,
    );
  }
  if (found.records.length === 0 && found.faults.length === 0) {
    found.faults.push(`${source} contains no signed record.`);
  }
  return found;
}

/** Adds the records in a JSON value. Returns how many cases without records it contains, which a search returns. */
function collect(value: unknown, spot: Spot, found: Found): number {
  if (Array.isArray(value)) return collectFromList(value, spot, found);
  const members: Members = typeof value === 'object' && value !== null ? (value as Members) : {};
  const { record, chain, results, cases, records } = members;
  const place = placeOf(spot);
  if (Array.isArray(chain)) addCase(members, chain, place, found);
  else if (typeof record === 'string')
    addWrapper({ form: 'answer', place, value: members, records: [{ jws: record, place }] }, found);
  else if (Array.isArray(results)) return collectFromBatch(members, results, spot, found);
  else if (Array.isArray(records)) return collectFromPage(members, records, spot, found);
  else if (Array.isArray(cases)) return cases.length;
  else if ('case' in members && 'latest' in members) return 1;
  else found.faults.push(`${place} contains no signed record: it has no member "record".`);
  return 0;
}

function collectFromList(values: readonly unknown[], spot: Spot, found: Found): number {
  return values.reduce<number>((sum, value, index) => sum + collect(value, below(spot, `${index}`), found), 0);
}

function collectFromBatch(
  { results: _, ...others }: Members,
  results: readonly unknown[],
  spot: Spot,
  found: Found,
): number {
  found.unsigned.push(...Object.keys(others).map((name) => placeOf(below(spot, escapePointer(name)))));
  let searched = 0;
  for (const [index, result] of results.entries()) {
    const { answer } = (result ?? {}) as Members;
    const at = below(spot, `results/${index}`);
    if (answer === undefined) found.unsigned.push(placeOf(at));
    else searched += collect(answer, below(at, 'answer'), found);
  }
  return searched;
}

/** A page of records about tokens. */
function collectFromPage(
  { records: _, ...others }: Members,
  records: readonly unknown[],
  spot: Spot,
  found: Found,
): number {
  found.unsigned.push(...Object.keys(others).map((name) => placeOf(below(spot, escapePointer(name)))));
  return collectFromList(records, below(spot, 'records'), found);
}

function addCase(value: Members, chain: readonly unknown[], place: string, found: Found): void {
  const links = chain.map((link, index) => ({
    jws: (link as Members | null)?.['record'],
    place: `${place}, chain link ${index}`,
  }));
  const records = links.filter((link): link is PlacedRecord => typeof link.jws === 'string');
  const others = links.filter(({ jws }) => typeof jws !== 'string');
  found.faults.push(...others.map((link) => `${link.place} has no member "record".`));
  if (links.length === 0) found.faults.push(`${place} contains no signed record: its chain is empty.`);
  else if (others.length === 0) addWrapper({ form: 'case', place, value, records }, found);
  else found.records.push(...records);
}

function addWrapper(wrapper: Wrapper, found: Found): void {
  found.wrappers.push(wrapper);
  found.records.push(...wrapper.records);
}

function below({ text, pointer }: Spot, path: string): Spot {
  return { text, pointer: `${pointer}/${path}` };
}

function placeOf({ text, pointer }: Spot): string {
  return pointer === '' ? text : `${text} at ${pointer}`;
}

type Part = PlacedRecord | { value: unknown; place: string } | { fault: string };

function partsOf(text: string, source: string): Part[] {
  const lines = text.split('\n').map((line) => line.trim());
  const first = lines.find((line) => line !== '') ?? '';
  if (isJson(first)) {
    const whole = parse(text, source);
    // JSON one a line: the whole is none, but its first line is.
    if (!('fault' in whole) || 'fault' in parse(first, source)) return [whole];
  }
  const isOne = lines.filter((line) => line !== '').length === 1;
  return lines.flatMap((line, index): Part[] => {
    const place = isOne ? source : `${source}, line ${index + 1}`;
    if (isJson(line)) return [parse(line, place)];
    return line.split(/\s+/).flatMap((jws) => (jws === '' ? [] : [{ jws, place }]));
  });
}

function isJson(line: string): boolean {
  return line.startsWith('{') || line.startsWith('[');
}

function parse(text: string, place: string): { value: unknown; place: string } | { fault: string } {
  try {
    return { value: parseJsonText(Buffer.from(text)), place };
  } catch (cause) {
    return { fault: `${place} is neither a record nor JSON${reasonOf(cause as AppError)}` };
  }
}
