import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { describePolicies, stalePages, writePages } from '../../src/authoring/pages/policy-pages.ts';
import { policyFolder, temporaryFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url));
const PAGES = fileURLToPath(new URL('../../docs/policies', import.meta.url));

let opa: string;
let pages: Map<string, string>;

beforeAll(async () => {
  opa = await realTool('opa');
  pages = await describePolicies({ policiesDir: POLICIES, opa });
});

describe('docs/policies', () => {
  // After a change of policies: npm run policy-pages
  it('is what the policies say', async () => {
    expect(await stalePages(PAGES, pages)).toEqual([]);
  });

  // `custom.inputs` in the METADATA of a package says it.
  it('says of each member of a request what it is for', () => {
    const silent = [...pages].filter(([, text]) => /\| `[\w.]+` \| {2}\|/.test(text)).map(([name]) => name);
    expect(silent).toEqual([]);
  });

  it('has titles and no placeholders but those of groups', () => {
    const placeholders = [...pages.values()].flatMap((text) => text.match(/\{\w+\}/g) ?? []);
    expect([...new Set(placeholders)].sort()).toEqual(['{owner}', '{vendor}']);
    for (const text of pages.values()) expect(text).not.toContain('**.**');
  });

  it('gives the parts of a kind', () => {
    const page = pages.get('elevate-role.md');
    for (const part of [
      '| `context.elevation` | Either `just_in_time` or `standing`. |',
      '| low | 0 to 19 | none | 90 days | 90 days | 1 day | 3 days |',
      '2 of `security`, signed in | 30 days | 30 days | 8 hours | 3 days |',
      '- **One more approver for a standing role:** 1 of `security` or `engineering-directors`.',
      '| `privilege` | The privilege of the role. | read 0, operate 10, administer 30 |',
      '| `role_held_already` | The subject already has the role, or the data do not say who has it. | AC-2, AC-6 |',
      '| `requester_unverified` | Above the tier medium, the calling client may not name the requester (requested_by).',
      '| `asserted_by_opener` | The client that opened the case reports the verdict itself.',
      '| `remove_at_end` | The role ends by itself.',
      '| `just_in_time_seconds` | 8 hours |',
      '- `data.organisation.resources[…][…].standing_holders`',
      '**AC-3(2)** Dual authorisation',
    ]) {
      expect(page).toContain(part);
    }
  });
});

describe('for how long a case is open', () => {
  const settings = (kind: object, critical: object) =>
    JSON.stringify({ ...kind, tiers: { low: {}, medium: {}, high: {}, critical } });
  const columnOf = (page = '') =>
    [...page.matchAll(/^\| (?:low|medium|high|critical) .* \| ([^|]+) \|$/gm)].map(([, cell]) => cell);

  it.each([
    ['is seven days where nothing is set', settings({}, {}), ['7 days', '7 days', '7 days', '7 days']],
    ['is what the kind says', settings({ case_ttl_seconds: 14_400 }, {}), ['4 hours', '4 hours', '4 hours', '4 hours']],
    [
      'is what the tier says, whatever the kind says',
      settings({ case_ttl_seconds: 14_400 }, { case_ttl_seconds: 60 }),
      ['4 hours', '4 hours', '4 hours', '1 minute'],
    ],
  ])('%s', async (_what, config, wanted) => {
    const policiesDir = await policyFolder({ ...KIND, 'approval/kinds/water/plant/config.json': config });
    const found = await describePolicies({ policiesDir, opa });
    expect(columnOf(found.get('water-plant.md'))).toEqual(wanted);
  });
});

const DECISION = `# METADATA
# title: Plants
# description: They want water.
package approval.kinds["water/plant"]

# METADATA
# title: Decision
decision := {"thirsty": input.request.context.thirsty, "mine": _mine}

# countersign ignore:asserted-fact it is shown, and decides nothing
_mine := input.request.context.owner
`;
const KIND = {
  'approval/kinds/water/plant/decision.rego': DECISION,
  'approval/kinds/water/plant/config.json': '{}',
  'schemas/config.json': '{}',
};

describe('pages of other policies', () => {
  it('show what there is, and the exceptions', async () => {
    const found = await describePolicies({ policiesDir: await policyFolder(KIND), opa });
    expect([...found.keys()]).toEqual(['water-plant.md', 'README.md']);
    const page = found.get('water-plant.md');
    expect(page).toContain('**Plants.** They want water.');
    expect(page).toContain('| `context.thirsty` |  |');
    expect(page).toContain('- `approval/kinds/water/plant/decision.rego:10`: it is shown, and decides nothing');
    expect(page).not.toContain('## Denials');
  });

  it('show the controls of the packages above, which METADATA of scope subpackages name', async () => {
    const above = '# METADATA\n# scope: subpackages\n# custom:\n#   controls: [AC-6]\npackage approval\n';
    const found = await describePolicies({
      policiesDir: await policyFolder({ ...KIND, 'approval/above.rego': above }),
      opa,
    });
    expect(found.get('water-plant.md')).toContain('**AC-6**');
  });

  it('replace older ones, and nothing that somebody wrote', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'notes.md'), 'mine');
    const all = await describePolicies({ policiesDir: await policyFolder(KIND), opa });
    expect(await writePages(folder, all)).toEqual([join(folder, 'README.md'), join(folder, 'water-plant.md')]);
    const less = await describePolicies({ policiesDir: await policyFolder(), opa });
    expect(await stalePages(folder, less)).toEqual(['README.md', 'water-plant.md']);
    await writePages(folder, less);
    expect(await stalePages(folder, less)).toEqual([]);
    expect(await readFile(join(folder, 'notes.md'), 'utf8')).toBe('mine');
    await expect(readFile(join(folder, 'water-plant.md'))).rejects.toThrow(/ENOENT/);
  });
});
