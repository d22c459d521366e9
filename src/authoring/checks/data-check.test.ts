import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listSources } from '../policy-folder.ts';
import { checkData } from './data-check.ts';

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['limit'],
  properties: {
    limit: { type: 'integer', minimum: 1 },
    kinds: { type: 'object', additionalProperties: { type: 'integer' } },
    since: { type: 'string', format: 'date' },
  },
};

/** The faults of a folder with these files, each as a line without the folder. */
async function faultsOf(files: Record<string, string>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-data-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const all = { 'p.rego': 'package p', 'schemas/config.json': JSON.stringify(SCHEMA), ...files };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const faults = await checkData(folder, await listSources(folder));
  return faults.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
}

describe('checkData', () => {
  it('accepts data that fit', async () => {
    expect(await faultsOf({})).toEqual([]);
    expect(await faultsOf({ 'config/data.json': '{"limit": 1}' })).toEqual([]);
  });

  it('takes data together from all files of a root', async () => {
    const files = { 'data.json': '{"config": {"limit": 1}}', 'config/kinds/data.json': '{"a": 1}' };
    expect(await faultsOf(files)).toEqual([]);
    expect(await faultsOf({ 'config/kinds/data.json': '{\n  "a": "x"\n}' })).toEqual([
      "config/kinds/data.json:1:1: /config: must have required property 'limit'",
      'config/kinds/data.json:2:8: /config/kinds/a: must be integer, not the string "x"',
    ]);
  });

  it('says every place that does not fit', async () => {
    const text = '{\n  "limit": 0,\n  "since": "yesterday",\n  "other": 1\n}\n';
    expect(await faultsOf({ 'config/data.json': text })).toEqual([
      'config/data.json:4:12: /config/other: unknown member "other"; allowed: "limit", "kinds", "since"',
      'config/data.json:2:12: /config/limit: must be >= 1',
      'config/data.json:3:12: /config/since: must match format "date" as "2026-01-31" does, and "yesterday" does not',
    ]);
    expect(await faultsOf({ 'data.json': '{"config": {\n"limit": 0}}' })).toEqual([
      'data.json:2:10: /config/limit: must be >= 1',
    ]);
  });

  it('wants a schema for every root', async () => {
    const data = '{"config": {"limit": 1},\n "extra": {}}';
    expect(await faultsOf({ 'data.json': data })).toEqual([
      'data.json:2:11: data.extra has no schema: schemas/extra.json is missing',
    ]);
  });

  it.each([
    ['{\n  "limit": 1,\n}', /^config\/data\.json:3:1: .*JSON/],
    ['{\n  "limit":', /^config\/data\.json:2:11: Unexpected end of JSON input$/],
    ['{"limit": 1, "limit": 2}', /^config\/data\.json:1:1: An object contains the same key twice\.$/],
    ['{"limit":\n 9007199254740993}', /^config\/data\.json:2:2: \/limit: Numbers must be within/],
  ])('refuses %j', async (text, line) => {
    expect(await faultsOf({ 'config/data.json': text })).toEqual([expect.stringMatching(line)]);
  });

  it('refuses a schema that is none', async () => {
    const files = { 'schemas/config.json': '{"type": "strange"}', 'config/data.json': '{}' };
    expect(await faultsOf(files)).toEqual([
      expect.stringMatching(/^schemas\/config\.json:1:1: is not a valid JSON Schema: /),
    ]);
  });

  it('checks names in data of any shape by the keywords of the schemas', async () => {
    const wards = { type: 'object', additionalProperties: { $ref: '#/$defs/ward' } };
    const ward = { type: 'object', properties: { next: { type: 'string', 'x-name-of': { ward: 'hospital/wards' } } } };
    const schema = { type: 'object', properties: { wards }, $defs: { ward } };
    const text = '{"wards": {\n  "surgery": {"next": "cardiology"},\n  "cardiology": {"next": "surgeri"}\n}}';
    const files = { 'config/data.json': '{"limit": 1}', 'hospital/data.json': text };
    expect(await faultsOf({ ...files, 'schemas/hospital.json': JSON.stringify(schema) })).toEqual([
      'hospital/data.json:3:26: /hospital/wards/cardiology/next: there is no ward "surgeri"',
    ]);
    const misspelt = JSON.stringify(schema, null, 2).replace('hospital/wards', 'hospital/words');
    expect(await faultsOf({ ...files, 'schemas/hospital.json': misspelt })).toEqual([
      'schemas/hospital.json:17:24: /$defs/ward/properties/next/x-name-of: the data have nothing at "hospital/words"',
    ]);
  });

  it('refuses data in YAML, which nobody would have checked', async () => {
    await expect(faultsOf({ 'config/data.yaml': 'limit: 0' })).rejects.toThrow(
      /data\.yaml:1:1: write data as data\.json/,
    );
  });
});
