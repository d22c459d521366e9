import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { copyPolicies } from './support/bundles.ts';
import { type RunningProcess, startProcess } from './support/process.ts';
import { exampleRequest } from './support/service.ts';

const REQUEST = exampleRequest('issue-api-key/allow-sandbox-key');
const CONFIG = 'config/data.json';
const DECISION = 'approval/decision.rego';
/** The promise is 2 s on a machine of one's own; what it took is told. */
const GENEROUS_MS = 20_000;

let service: RunningProcess | undefined;
afterEach(() => service?.child.kill('SIGKILL'));

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
};

it('lets policies decide as they are saved; what is wrong is told in the terminal, and the one before decides', async () => {
  const policiesDir = await copyPolicies('policies');
  const opa = process.env['COUNTERSIGN_OPA'];
  const running = await startProcess({
    args: ['--watch', '--policies', policiesDir],
    env: { ...(opa && { COUNTERSIGN_OPA: opa }), HOME: process.env['HOME'] ?? '' },
  });
  service = running;
  const { client, said } = running;
  expect(said()).toMatch(/revision [0-9a-f]{12} is active/);
  const score = async () => {
    const { record } = await client.decide(REQUEST);
    return JSON.parse(Buffer.from(record.split('.')[1] ?? '', 'base64url').toString()).evaluation.score as number;
  };
  const saveWeight = async (weight: number) => {
    const config = JSON.parse(readFileSync(join(policiesDir, CONFIG), 'utf8'));
    config.kinds['issue/api_key'].weights.environment.sandbox = weight;
    await writeFile(join(policiesDir, CONFIG), JSON.stringify(config));
  };
  const lastError = async () => {
    const headers = { authorization: `Bearer ${running.adminToken}` };
    const response = await fetch(`${running.url}/v1/policies`, { headers });
    return ((await response.json()) as { last_error: { detail: string } | null }).last_error?.detail ?? null;
  };
  const before = await score();

  const savedAt = performance.now();
  await saveWeight(1);
  await until(async () => (await score()) === before + 1);
  const liveMs = performance.now() - savedAt;
  process.stderr.write(`from a save to the first decision by it: ${Math.round(liveMs)} ms\n`);
  expect(liveMs).toBeLessThan(GENEROUS_MS);

  const good = readFileSync(join(policiesDir, DECISION), 'utf8');
  const line = good.split('\n').length;
  const faulty = join(policiesDir, DECISION);
  await writeFile(faulty, `${good}broken := no_such_function(1)\n`);
  await until(() => said().includes(`${faulty}:${line}:11: rego_type_error: undefined function no_such_function`));
  expect(await lastError()).toContain(`${faulty}:${line}:11: rego_type_error`);
  expect(await score()).toBe(before + 1);

  await writeFile(faulty, good.replace('default decision := {', 'default decision := {\n\t"surprise": 1,'));
  await until(() => said().includes('smoke test'));
  expect(await score()).toBe(before + 1);

  // Saved as editors do, several files in a row: the last state is what decides in the end.
  await writeFile(`${faulty}~`, good);
  await rename(`${faulty}~`, faulty);
  for (let weight = 2; weight <= 6; weight++) await saveWeight(weight);
  await until(async () => (await score()) === before + 6);
  expect(await lastError()).toBeNull();

  const told = said().length;
  await rm(join(policiesDir, 'controls.json'));
  await until(() => said().slice(told).includes('controls.json:1:1: is missing'));
  expect(await score()).toBe(before + 6);
  expect(await running.end('SIGTERM')).toEqual({ code: 0, signal: null });
});

it('ends at once where the folder of policies is not there', async () => {
  const failed = startProcess({ args: ['--watch', '--policies', '/nowhere/policies'] });
  await expect(failed).rejects.toThrow(/ended with 3: config_invalid: --policies \/nowhere\/policies is not a folder/);
});
