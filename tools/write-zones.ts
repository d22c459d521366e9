/** Writes zoneinfo.json, the time zones of the Go that builds our OPA, for a new version of OPA: npm run zones */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Zone, ZoneDatabase } from '../src/rego/builtins/time-zone.ts';

const folder = join(execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(), 'lib', 'time');
const [, version = ''] = /^DATA=(\w+)$/m.exec(readFileSync(join(folder, 'update.bash'), 'utf8')) ?? [];
const database: ZoneDatabase = { version, zones: {}, links: {} };
const nameOfContent = new Map<string, string>();
for (const { name, content } of storedMembers(readFileSync(join(folder, 'zoneinfo.zip')))) {
  const text = content.toString('latin1');
  const known = nameOfContent.get(text);
  if (known === undefined) database.zones[name] = parseTzif(content);
  else database.links[name] = known;
  nameOfContent.set(text, known ?? name);
}
const zones = Object.entries(database.zones).map(
  ([name, zone]) => `  ${JSON.stringify(name)}: ${JSON.stringify(zone)}`,
);
writeFileSync(
  new URL('zoneinfo.json', import.meta.url),
  `{"version": ${JSON.stringify(version)}, "links": ${JSON.stringify(database.links)}, "zones": {\n${zones.join(',\n')}\n}}\n`,
);

/** The files of a ZIP archive without compression, by its local headers (APPNOTE 4.3.7); folders have no content. */
function* storedMembers(archive: Buffer): Generator<{ name: string; content: Buffer }> {
  for (let at = 0; archive.readUInt32LE(at) === 0x04034b50; ) {
    const [size, nameLength, extraLength] = [
      archive.readUInt32LE(at + 18),
      archive.readUInt16LE(at + 26),
      archive.readUInt16LE(at + 28),
    ];
    if (archive.readUInt16LE(at + 8) !== 0) throw new Error('zoneinfo.zip is compressed');
    const start = at + 30 + nameLength + extraLength;
    const name = archive.toString('utf8', at + 30, at + 30 + nameLength);
    if (size > 0) yield { name, content: archive.subarray(start, start + size) };
    at = start + size;
  }
}

/** The second block of a TZif file, with 64-bit instants, and its footer (RFC 9636). */
function parseTzif(file: Buffer): Zone {
  const first = tzifCounts(file, 0);
  const header = 44 + first.transitions * 5 + first.types * 6 + first.chars + first.leaps * 8 + first.std + first.ut;
  const { transitions, types, chars, leaps, std, ut } = tzifCounts(file, header);
  const times = header + 44;
  const indexes = times + transitions * 8;
  const records = indexes + transitions;
  const names = records + types * 6;
  const kinds = Array.from({ length: types }, (_, index) => {
    const at = records + index * 6;
    const name = names + file.readUInt8(at + 5);
    return {
      name: file.toString('latin1', name, file.indexOf(0, name)),
      offset: file.readInt32BE(at),
      isDst: file.readUInt8(at + 4) === 1,
    };
  });
  const used = [...file.subarray(indexes, records)];
  return {
    before: typeBefore(kinds, used),
    starts: Array.from({ length: transitions }, (_, index) => Number(file.readBigInt64BE(times + index * 8))),
    types: used,
    kinds: kinds.map(({ name, offset }) => [name, offset]),
    rule: file.toString('latin1', names + chars + leaps * 12 + std + ut).trim(),
  };
}

function tzifCounts(file: Buffer, header: number) {
  const [ut, std, leaps, transitions, types, chars] = Array.from({ length: 6 }, (_, index) => {
    return file.readUInt32BE(header + 20 + index * 4);
  }) as [number, number, number, number, number, number];
  return { ut, std, leaps, transitions, types, chars };
}

/** Which kind holds before the first transition, as Go chooses it (lookupFirstZone). */
function typeBefore(kinds: readonly { isDst: boolean }[], used: readonly number[]): number {
  if (!used.includes(0)) return 0;
  const first = used[0] ?? 0;
  const earlierStandard = kinds[first]?.isDst ? kinds.findLastIndex(({ isDst }, at) => at < first && !isDst) : -1;
  if (earlierStandard >= 0) return earlierStandard;
  return Math.max(
    kinds.findIndex(({ isDst }) => !isDst),
    0,
  );
}
