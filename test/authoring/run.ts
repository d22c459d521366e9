import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defaultCacheDir, findTool } from '../../src/authoring/toolchain/tool.ts';
import { examine, type Finding } from './examine.ts';
import { conformanceUnits, folderUnits, isFolder, type Unit } from './units.ts';

// npm run authoring [-- topic … | folder …]: Rego of OPA's own suite, or Rego in folders, given to the tools of policy
// authors. Fails where one of them throws, or tells a fault without a place.

const SLOWEST = 3;

const cacheDir = defaultCacheDir(process.env);
const opa = await findTool('opa', { opa: process.env['COUNTERSIGN_OPA'], cacheDir, env: process.env });
const names = process.argv.slice(2);
const units: Unit[] = [];
if (names.length === 0 || !(await isFolder(names[0] ?? ''))) units.push(...(await conformanceUnits(names)));
else for (const folder of names) units.push(...(await unitsOf(folder)));
const findings = (await Promise.all(Array.from({ length: availableParallelism() }, worksOff))).flat();

for (const { name, outcome, lines } of findings) {
  if (outcome === 'failed') process.stdout.write(`\n${name}\n ${lines.join('\n ')}\n`);
}
for (const { name, ms } of findings.toSorted((one, other) => other.ms - one.ms).slice(0, SLOWEST)) {
  process.stdout.write(`slow: ${ms} ms for ${name}\n`);
}
const count = (outcome: Finding['outcome']) => findings.filter((each) => each.outcome === outcome).length;
const counts = `${count('accepted')} accepted, ${count('refused')} refused by name, ${count('failed')} failed`;
process.stdout.write(`${findings.length} units: ${counts}\n`);
process.exitCode = findings.length > 0 && count('failed') === 0 ? 0 : 1;

async function unitsOf(folder: string): Promise<Unit[]> {
  const { units: found, refusedByOpa } = await folderUnits(resolve(folder), opa);
  const files = found.reduce((sum, each) => sum + each.files.size, 0);
  process.stdout.write(
    `${folder}: ${files} files in ${found.length} units; opa refuses ${refusedByOpa.length} files\n`,
  );
  return found;
}

async function worksOff(): Promise<Finding[]> {
  const found: Finding[] = [];
  for (let unit = units.pop(); unit; unit = units.pop()) {
    const finding = await examine(unit, opa);
    found.push(finding);
    if (finding.outcome === 'refused') units.push(...withoutRefused(unit, finding));
  }
  return found;
}

/** The files that no fault is in: what else may be wrong with a large unit would not be seen. */
function withoutRefused({ name, files }: Unit, { lines }: Finding): Unit[] {
  const refused = new Set(lines.map((line) => line.slice(0, line.search(/:\d+:\d+: /))));
  const others = new Map([...files].filter(([file]) => !refused.has(file)));
  return others.size > 0 && others.size < files.size ? [{ name: `the rest of ${name}`, files: others }] : [];
}
