import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Evaluation, TIERS } from '../../src/contract/evaluation.ts';
import { realTool } from '../policy/real-opa.ts';
import { type Compared, createDifferential, POLICIES } from './differential.ts';

// `npm run differential -- 10000` is the same with any number of inputs and another seed each time.
const SEED = 20261122;
const INPUTS = 2000;
/** Kinds whose words inputs.ts knows. Others are drawn too, but by chance alone; their own cases are in wasm-cases.test.ts. */
const KINDS = [
  'elevate/role',
  'emergency_access/secret',
  'exempt_rotation/secret',
  'grant/third_party_access',
  'issue/api_key',
  'issue/deployment_token',
  'onboard/service_account',
  'renew/certificate',
];

describe(`${INPUTS} inputs drawn from the schema and the data of the shipped policies`, async () => {
  const differential = await createDifferential(await realTool('opa'));
  const compared: Compared[] = [];
  let evaluations: Evaluation[] = [];
  beforeAll(async () => {
    for await (const each of differential.compare(SEED, INPUTS)) compared.push(each);
    evaluations = compared.flatMap(({ ours: { evaluation } }) => ('fault' in evaluation ? [] : [evaluation]));
  });

  it('get the same bytes from us as from OPA', async () => {
    const index = compared.findIndex(({ difference }) => difference !== undefined);
    expect(index < 0 ? undefined : await differential.explain(SEED, index)).toBeUndefined();
    expect(compared).toHaveLength(INPUTS);
  });

  it('are inputs by the schema', () => {
    const ajv = new Ajv2020({ allErrors: true });
    addFormats.default(ajv);
    const validate = ajv.compile(differential.schema);
    expect(compared.flatMap(({ input }) => (validate(input) ? [] : [[input, validate.errors]]))).toEqual([]);
  });

  it('come to every outcome and tier of every kind', () => {
    const found = compared.map(({ input, ours }) => `${input.kind} ${outcomeOf(ours.evaluation)}`);
    const outcomes = ['allow', 'approval_required', 'deny', 'fault'];
    // Nobody gets third-party access without a person, so that no evaluation of it is an allow.
    const wanted = KINDS.flatMap((kind) => outcomes.map((outcome) => `${kind} ${outcome}`)).filter(
      (each) => each !== 'grant/third_party_access allow',
    );
    expect(found).not.toContain('grant/third_party_access allow');
    expect([...new Set(found)]).toEqual(expect.arrayContaining(wanted));
    const tiers = compared.flatMap(({ input, ours }) =>
      'tier' in ours.evaluation ? [`${input.kind} ${ours.evaluation.tier}`] : [],
    );
    expect([...new Set(tiers)]).toEqual(
      expect.arrayContaining(KINDS.flatMap((kind) => TIERS.map((tier) => `${kind} ${tier}`))),
    );
  });

  it('come to every finding that the policies know', async () => {
    const found = {
      denial: evaluations.flatMap(({ denials }) => denials.map(({ code }) => code)),
      refusal: evaluations.flatMap(({ ineligible }) => ineligible.map(({ code }) => code)),
      factor: evaluations.flatMap(({ factors }) => factors.map(({ id }) => id)),
      obligation: evaluations.flatMap(({ obligations }) => obligations.map(({ id }) => id)),
    };
    for (const [what, names] of Object.entries(found)) {
      expect([...new Set(names)]).toEqual(expect.arrayContaining(await namesInRego(what)));
    }
  });

  it('find approvers for every group that approves somewhere', () => {
    const ofKinds = compared.flatMap(({ input, ours: { evaluation } }) =>
      'fault' in evaluation || !KINDS.includes(input.kind) ? [] : [evaluation],
    );
    const required = ofKinds.flatMap(({ requirements }) => requirements.flatMap((each) => each.any_of));
    const eligible = ofKinds.flatMap((each) => each.eligible.map(({ group }) => group));
    const kindsOfGroup = (groups: string[]) =>
      new Set(groups.map((group) => group.replace(/^(on-call:|sponsor:).*|.*(-leads)$/, '$1$2')));
    expect(kindsOfGroup(eligible)).toEqual(kindsOfGroup(required));
  });
});

function outcomeOf(evaluation: Compared['ours']['evaluation']): string {
  if ('fault' in evaluation) return 'fault';
  if (evaluation.denials.length > 0) return 'deny';
  return evaluation.requirements.length > 0 ? 'approval_required' : 'allow';
}

/** The names that rules of these kinds and of the lib give to findings of a sort; `kind_unknown` is the default's. */
async function namesInRego(what: string): Promise<string[]> {
  const isOfOtherKind = (file: string) =>
    file.startsWith('approval/kinds/') && !KINDS.some((kind) => file.startsWith(`approval/kinds/${kind}/`));
  const files = (await readdir(POLICIES, { recursive: true })).filter(
    (file) => file.endsWith('.rego') && !file.endsWith('_test.rego') && !isOfOtherKind(file),
  );
  const texts = await Promise.all(files.map((file) => readFile(join(POLICIES, file), 'utf8')));
  const calls = texts.flatMap((text) => [...text.matchAll(/finding\.(\w+)\((?:[\w.]+,)?\s*"([a-z_]+)"/g)]);
  const names = calls.flatMap(([, called, name]) => (called === what && name !== undefined ? [name] : []));
  return what === 'denial' ? [...names, 'kind_unknown'] : names;
}
