import { randomInt } from 'node:crypto';
import { defaultCacheDir, findTool } from '../../src/authoring/toolchain/tool.ts';
import { createDifferential } from './differential.ts';

// npm run differential [-- inputs [seed]]: whether our evaluation of the shipped policies is that of `opa eval`.

const [inputs = '10000', seed = String(randomInt(2 ** 31))] = process.argv.slice(2);
const cacheDir = defaultCacheDir(process.env);
const opa = await findTool('opa', { opa: process.env['COUNTERSIGN_OPA'], cacheDir, env: process.env });
const differential = await createDifferential(opa);
process.exitCode = await compare(naturalOf(inputs), naturalOf(seed));

async function compare(count: number, from: number): Promise<number> {
  process.stdout.write(`${count} inputs of seed ${from}\n`);
  let [index, denied, faults] = [0, 0, 0];
  for await (const { ours, difference } of differential.compare(from, count)) {
    if (difference !== undefined) {
      process.stdout.write(`${await differential.explain(from, index)}\n`);
      return 1;
    }
    if ('fault' in ours.evaluation) faults++;
    else if (ours.evaluation.denials.length > 0) denied++;
    index++;
  }
  process.stdout.write(`${index} evaluations equal OPA's: ${denied} deny, ${faults} are faults to both\n`);
  return 0;
}

function naturalOf(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number >= 2 ** 31) throw new Error(`not a number of inputs, nor a seed: ${text}`);
  return number;
}
