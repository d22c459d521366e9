import { beforeAll, describe, expect, it } from 'vitest';
import { checkPolicies } from '../../src/authoring/check-policies.ts';
import { policyFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

const FOLDER = 'approval/kinds/water/plant';
const DECISION = `${FOLDER}/decision.rego`;
const SETTINGS = `${FOLDER}/config.json`;

let opa: string;

beforeAll(async () => {
  opa = await realTool('opa');
});

/** What `check` has to say about good policies with a kind beside them, without the folder. */
async function faultsOf(changes: Record<string, string | null>): Promise<string[]> {
  const files = Object.entries({ ...KIND, ...changes }).filter(([, content]) => content !== null);
  const policiesDir = await policyFolder(Object.fromEntries(files));
  const error = await checkPolicies({ policiesDir, opa }).catch((reason: Error) => reason);
  return error ? error.message.replaceAll(`${policiesDir}/`, '').split('\n') : [];
}

const module = (name: string, rule = 'decision := {}') => `# Plants.\npackage ${name}\n\n${rule}\n`;
const KIND = {
  [DECISION]: module('approval.kinds["water/plant"]'),
  [SETTINGS]: '{"limits": {"litres": 1}}',
  'schemas/config.json':
    '{"properties": {"limit": {"type": "integer"}, "kinds": {"additionalProperties": {"required": ["limits"]}}}}',
};
const DATA = '{"limit": 5, "kinds": {"water/plant": {"limits": {}}}}';

describe('a kind', () => {
  it('is a folder with a package, a decision and settings', async () => {
    expect(await faultsOf({})).toEqual([]);
  });

  it('may have its settings in data.config instead', async () => {
    expect(await faultsOf({ [SETTINGS]: null, 'config/data.json': DATA })).toEqual([]);
  });

  it('may have further files, and packages below its own', async () => {
    const below = { [`${FOLDER}/soil/soil.rego`]: module('approval.kinds["water/plant"].soil', 'x := 1') };
    expect(
      await faultsOf({ [`${FOLDER}/can.rego`]: module('approval.kinds["water/plant"]', '_x := 1'), ...below }),
    ).toEqual([]);
  });

  it.each([
    [
      'a misspelt package',
      { [DECISION]: module('approval.kinds["water/plnat"]') },
      `${DECISION}:2:1: package approval.kinds["water/plnat"] does not match the folder: here it must be approval.kinds["water/plant"]`,
    ],
    [
      'a package with a dot for the slash',
      { [DECISION]: module('approval.kinds.water.plant') },
      `${DECISION}:2:1: package approval.kinds.water.plant does not match the folder: here it must be approval.kinds["water/plant"]`,
    ],
    [
      'a file too far up',
      { 'approval/kinds/water/plant.rego': module('approval.kinds["water/plant"]') },
      'approval/kinds/water/plant.rego:2:1: a kind has the folder approval/kinds/<action>/<resource type>/; this file is in another folder',
    ],
    [
      'a file elsewhere',
      { 'garden/plant.rego': module('approval.kinds["water/plant"]') },
      'garden/plant.rego:2:1: a kind has the folder approval/kinds/<action>/<resource type>/; this file is in another folder',
    ],
    [
      'no decision',
      { [DECISION]: module('approval.kinds["water/plant"]', 'decisions := {}') },
      `${DECISION}:1:1: package approval.kinds["water/plant"] has no rule decision: every request would be denied`,
    ],
    [
      'a decision that is a function',
      { [DECISION]: module('approval.kinds["water/plant"]', 'decision(_) := {}') },
      `${DECISION}:1:1: package approval.kinds["water/plant"] has no rule decision: every request would be denied`,
    ],
    [
      'no settings',
      { [SETTINGS]: null },
      `${DECISION}:1:1: the kind has no settings: neither ${SETTINGS} nor data.config.kinds["water/plant"]`,
    ],
    [
      'settings that do not fit the schema',
      { [SETTINGS]: '\n{}' },
      `${SETTINGS}:2:1: /config/kinds/water~1plant: must have required property 'limits'`,
    ],
    [
      'settings that are no JSON',
      { [SETTINGS]: '{' },
      `${SETTINGS}:1:2: Expected property name or '}' in JSON at position 1 (line 1 column 2)`,
    ],
    [
      'settings twice',
      { 'config/data.json': DATA },
      `${SETTINGS}:1:1: data.config.kinds["water/plant"] is set here and in config/data.json`,
    ],
    [
      'settings of no kind',
      { 'config/data.json': '{"limit": 5,\n"kinds": {"water/lawn": {"limits": {}}}}' },
      'config/data.json:2:25: data.config.kinds["water/lawn"] belongs to no kind: there is no package approval.kinds["water/lawn"]',
    ],
  ])('is refused with %s', async (_, changes, fault) => {
    expect(await faultsOf(changes)).toContain(fault);
  });
});
