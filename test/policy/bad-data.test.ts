import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { checkData, findDataWarnings, readPolicyData } from '../../src/authoring/checks/data-check.ts';
import { listSources } from '../../src/authoring/policy-folder.ts';
import { canonicalJson, sha256 } from '../../src/base/canonical-json.ts';
import { type Bundle, readBundle } from '../../src/bundle/bundle.ts';
import { decide } from '../../src/domain/decision.ts';
import { openPolicy, preparePolicy } from '../../src/evaluation/policy.ts';
import { copyPolicies } from '../support/bundles.ts';
import { exampleRequest } from '../support/service.ts';

/** Data that the tests change at will: what they may be is what is asked here. */
// biome-ignore lint/suspicious/noExplicitAny: any member of any shape is set.
type Data = any;

const NOW = '2026-11-22T12:00:00.000Z';
const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url));

type Root = 'config' | 'organisation' | 'identities';

/** The faults of the shipped data with a change, which show in that file or another, without the places in it. */
async function faultsOf(root: Root, change: (data: Data) => void, shown: Root = root) {
  const file = `${root}/data.json`;
  const data: Data = JSON.parse(readFileSync(`${POLICIES}/${file}`, 'utf8'));
  change(data);
  const folder = await copyPolicies('policies', { [file]: JSON.stringify(data, null, 2) });
  onTestFinished(() => rm(folder, { recursive: true }));
  const faults = await checkData(folder, await listSources(folder));
  expect(faults.filter((fault) => fault.file !== `${shown}/data.json` || fault.line === 1)).toEqual([]);
  return faults.map(({ message }) => message);
}

describe('policy check refuses shipped data with', () => {
  const tier = (config: Data, name = 'high') => config.kinds['issue/api_key'].tiers[name];

  it.each<[string, (config: Data) => void, string]>([
    [
      'a count of zero',
      (config) => (tier(config).requirements[0].count = 0),
      '/config/kinds/issue~1api_key/tiers/high/requirements/0/count: must be >= 1',
    ],
    [
      'a count below zero',
      (config) => (tier(config).requirements[0].count = -1),
      '/config/kinds/issue~1api_key/tiers/high/requirements/0/count: must be >= 1',
    ],
    [
      'a count that is half a person',
      (config) => (tier(config).requirements[0].count = 1.5),
      '/config/kinds/issue~1api_key/tiers/high/requirements/0/count: must be integer, not 1.5',
    ],
    [
      'no count',
      (config) => delete tier(config).requirements[0].count,
      "/config/kinds/issue~1api_key/tiers/high/requirements/0: must have required property 'count'",
    ],
    [
      'no requirement above the lowest tier',
      (config) => (tier(config, 'medium').requirements = []),
      '/config/kinds/issue~1api_key/tiers/medium/requirements: must NOT have fewer than 1 items',
    ],
    [
      'no requirements above the lowest tier',
      (config) => delete tier(config, 'critical').requirements,
      "/config/kinds/issue~1api_key/tiers/critical: must have required property 'requirements'",
    ],
    [
      'a further requirement of nobody',
      (config) => (config.kinds['onboard/service_account'].further_requirements.privileged_role.count = 0),
      '/config/kinds/onboard~1service_account/further_requirements/privileged_role/count: must be >= 1',
    ],
    [
      'a lifetime of zero',
      (config) => (tier(config).max_ttl_seconds = 0),
      '/config/kinds/issue~1api_key/tiers/high/max_ttl_seconds: must be >= 1',
    ],
    [
      'an open case without end',
      (config) => (tier(config).case_ttl_seconds = 0),
      '/config/kinds/issue~1api_key/tiers/high/case_ttl_seconds: must be >= 1',
    ],
    [
      'an open case of two centuries',
      (config) => (config.kinds['issue/api_key'].case_ttl_seconds = 6_311_520_000),
      '/config/kinds/issue~1api_key/case_ttl_seconds: must be <= 3155760000',
    ],
    [
      'a client that vouches and has no name',
      (config) => config.shared.vouching_clients.push(''),
      '/config/shared/vouching_clients/2: must NOT have fewer than 1 characters',
    ],
    [
      'a subject type that is one of persons and of workloads',
      (config) => config.shared.workload_subject_types.push('user'),
      '/config/shared/workload_subject_types/1: "user" is also in person_subject_types: remove it from one of the two',
    ],
    [
      'a weight below zero',
      (config) => (config.kinds['issue/api_key'].weights.environment.production = -40),
      '/config/kinds/issue~1api_key/weights/environment/production: must be >= 0',
    ],
    [
      'a threshold below the one before',
      (config) => (config.kinds['issue/api_key'].thresholds = { medium: 20, high: 19, critical: 70 }),
      '/config/kinds/issue~1api_key/thresholds/high: must be higher than that of medium (20)',
    ],
    [
      'a threshold that equals the one before',
      (config) => (config.kinds['issue/api_key'].thresholds = { medium: 20, high: 40, critical: 40 }),
      '/config/kinds/issue~1api_key/thresholds/critical: must be higher than that of high (40)',
    ],
    [
      'an unknown group in a requirement',
      (config) => (tier(config).requirements[0].any_of = ['secruity']),
      '/config/kinds/issue~1api_key/tiers/high/requirements/0/any_of/0: there is no group "secruity"',
    ],
    [
      'a group that no owner has',
      (config) => (tier(config).requirements[0].any_of = ['{owner}-lead']),
      '/config/kinds/issue~1api_key/tiers/high/requirements/0/any_of/0: there is no group "{owner}-lead"',
    ],
    [
      'a team that has nobody on call',
      (config) => (tier(config).requirements[0].any_of = ['on-call:security']),
      '/config/kinds/issue~1api_key/tiers/high/requirements/0/any_of/0: there is no team on call "security"',
    ],
    [
      'the sponsor of an unknown vendor',
      (config) => (config.kinds['grant/third_party_access'].further_requirements.sponsor.any_of = ['sponsor:acme']),
      '/config/kinds/grant~1third_party_access/further_requirements/sponsor/any_of/0: there is no vendor "acme"',
    ],
    [
      'an unknown group in the settings of a kind',
      (config) => config.kinds['emergency_access/secret'].groups.incident_responders.push('firefighters'),
      '/config/kinds/emergency_access~1secret/groups/incident_responders/1: there is no group "firefighters"',
    ],
  ])('%s', async (_, change, message) => {
    expect(await faultsOf('config', change)).toEqual([message]);
  });

  it.each<[string, (organisation: Data) => void, string]>([
    [
      'an unknown time zone of a change window',
      (data) => (data.change_windows.payments.zone = 'Europe/Bärlin'),
      '/organisation/change_windows/payments/zone: there is no time zone "Europe/Bärlin"',
    ],
    [
      'a time zone that depends on the machine',
      (data) => (data.change_freezes['year-end-2025'].zone = 'Local'),
      '/organisation/change_freezes/year-end-2025/zone: there is no time zone "Local"',
    ],
    [
      'a freeze that ends before it begins',
      (data) => (data.change_freezes['year-end-2025'].last_day = '2025-01-05'),
      '/organisation/change_freezes/year-end-2025/last_day: must not be before first_day (2025-12-19)',
    ],
    [
      'a window at no time of day',
      (data) => (data.change_windows.payments.environments.production[0].until = '24:30'),
      '/organisation/change_windows/payments/environments/production/0/until: must match pattern "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$" (A time of day from 00:00 to 24:00, as HH:MM), and "24:30" does not',
    ],
    [
      'windows of an unknown team',
      (data) => (data.change_windows.paymets = { zone: 'Etc/UTC', environments: {} }),
      '/organisation/change_windows/paymets: there is no group "paymets"',
    ],
    [
      'a freeze that an unknown group could lift',
      (data) => (data.change_freezes['year-end-2025'].unless_approved_by = ['directors']),
      '/organisation/change_freezes/year-end-2025/unless_approved_by/0: there is no group "directors"',
    ],
    [
      'a freeze of an unknown service',
      (data) => (data.change_freezes['ledger-replacement'].services = ['ledgers']),
      '/organisation/change_freezes/ledger-replacement/services/0: there is no service "ledgers"',
    ],
    [
      'a certificate kept by an unknown team',
      (data) => (data.resources.certificate['payments-api/staging'].certificate.kept_by = 'plattform'),
      '/organisation/resources/certificate/payments-api~1staging/certificate/kept_by: there is no group "plattform"',
    ],
    [
      'a person of an unknown team',
      (data) => (data.people['tom.harris'].team = 'storefronts'),
      '/organisation/people/tom.harris/team: there is no group "storefronts"',
    ],
    [
      'a person in an unknown group',
      (data) => data.people['tom.harris'].groups.push('admins'),
      '/organisation/people/tom.harris/groups/0: there is no group "admins"',
    ],
    [
      'a group within an unknown one',
      (data) => (data.groups.payments.within = ['builders']),
      '/organisation/groups/payments/within/0: there is no group "builders"',
    ],
    [
      'a service of an unknown owner',
      (data) => (data.services.ledger.owner = 'books'),
      '/organisation/services/ledger/owner: there is no group "books"',
    ],
    [
      'a resource of an unknown service',
      (data) => (data.resources.api_key['status-page/production'].service = 'status'),
      '/organisation/resources/api_key/status-page~1production/service: there is no service "status"',
    ],
    [
      'a secret with an unknown compensating control',
      (data) => data.resources.secret['insights-loader/staging'].compensating_controls.push('luck'),
      '/organisation/resources/secret/insights-loader~1staging/compensating_controls/1: there is no compensating control "luck"',
    ],
    [
      'a role for an unknown group',
      (data) => data.resources.role['storefront-web/staging-viewer'].eligible_groups.push('everybody'),
      '/organisation/resources/role/storefront-web~1staging-viewer/eligible_groups/1: there is no group "everybody"',
    ],
    [
      'a role of an unknown person',
      (data) => data.resources.role['storefront-web/staging-viewer'].standing_holders.push('nobody'),
      '/organisation/resources/role/storefront-web~1staging-viewer/standing_holders/1: there is no person "nobody"',
    ],
    [
      'access of an unknown vendor',
      (data) => (data.resources.third_party_access['harborline/status-page/production'].vendor = 'harbourline'),
      '/organisation/resources/third_party_access/harborline~1status-page~1production/vendor: there is no vendor "harbourline"',
    ],
    [
      'a vendor of an unknown group',
      (data) => (data.vendors.nordwind.group = 'nordwynd'),
      '/organisation/vendors/nordwind/group: there is no group "nordwynd"',
    ],
    [
      'a vendor of an unknown sponsor',
      (data) => (data.vendors.nordwind.sponsor = 'felix'),
      '/organisation/vendors/nordwind/sponsor: there is no person "felix"',
    ],
    [
      'an unknown person on call',
      (data) => data.on_call.platform.push('hana'),
      '/organisation/on_call/platform/2: there is no person "hana"',
    ],
    [
      'an unknown team on call',
      (data) => (data.on_call.plattform = []),
      '/organisation/on_call/plattform: there is no group "plattform"',
    ],
    [
      'a pipeline of an unknown owner',
      (data) => (data.pipelines['pipeline:payments'].owner = 'pay'),
      '/organisation/pipelines/pipeline:payments/owner: there is no group "pay"',
    ],
    [
      'a pipeline for an unknown service',
      (data) => data.pipelines['pipeline:payments'].services.push('paymnts-api'),
      '/organisation/pipelines/pipeline:payments/services/1: there is no service "paymnts-api"',
    ],
  ])('%s', async (_, change, message) => {
    expect(await faultsOf('organisation', change)).toEqual([message]);
  });

  it('a member of a schema that is spelt wrongly, and says which is meant', async () => {
    expect(await faultsOf('organisation', (data) => (data.services.ledger.clasification = 'internal'))).toEqual([
      '/organisation/services/ledger/clasification: unknown member "clasification" ' +
        '(did you mean "classification"?); allowed: "title", "owner", "classification", "security_review", "account_roles"',
    ]);
    expect(await faultsOf('config', (data) => (data.kinds['issue/api_key'].tiers.hihg = {}))).toEqual([
      '/config/kinds/issue~1api_key/tiers/hihg: unknown member "hihg" ' +
        '(did you mean "high"?); allowed: "low", "medium", "high", "critical"',
    ]);
  });

  it('groups that lie within each other', async () => {
    expect(await faultsOf('organisation', (data) => (data.groups.engineering.within = ['payments-leads']))).toEqual([
      '/organisation/groups/payments/within/0: a group must not contain itself: ' +
        'engineering is within payments-leads is within payments is within engineering',
    ]);
  });

  it('an identity that differs in case only from that of another person', async () => {
    expect(await faultsOf('identities', (data) => (data['AOkafor'] = 'mei.tanaka'))).toEqual([
      '/identities/AOkafor: mei.tanaka could be mistaken for amara.okafor: ' +
        'this identity differs only in case or invisible characters from "aokafor"',
    ]);
  });

  it('an identity that looks like that of another person', async () => {
    expect(await faultsOf('identities', (data) => (data['\u0430okafor'] = 'mei.tanaka'))).toEqual([
      '/identities/\u0430okafor: mei.tanaka could be mistaken for amara.okafor: ' +
        'this identity has letters that look like those of "aokafor"',
    ]);
  });

  it('an identity of nobody', async () => {
    expect(await faultsOf('identities', (data) => (data.tharris = 'tom'))).toEqual([
      '/identities/tharris: there is no person "tom"',
    ]);
  });
});

describe('policy check refuses shipped data in which nobody could approve:', () => {
  const people = (data: Data) => Object.values<Data>(data.people);
  const leave = (data: Data, group: string) => {
    for (const person of people(data)) person.groups = person.groups.filter((each: string) => each !== group);
  };
  const suspend = (data: Data, ...names: string[]) => {
    for (const name of names) data.people[name].active = false;
  };
  const ASKED = String.raw`\d+ requirements ask for it \(/config/kinds/\S+\)`;
  const nobodyIn = (group: string) =>
    new RegExp(`^/organisation/groups/${group}: no active person with an identity is in this group, and ${ASKED}$`);

  it.each<[string, (data: Data) => void, RegExp]>([
    ['leads without members', (data) => leave(data, 'storefront-leads'), nobodyIn('storefront-leads')],
    ['leads who have left', (data) => suspend(data, 'nadia.petrov'), nobodyIn('insights-leads')],
    [
      'leads that are deleted',
      (data) => {
        leave(data, 'storefront-leads');
        delete data.groups['storefront-leads'];
      },
      new RegExp(`^/organisation/services/storefront-web/owner: there is no group "storefront-leads", and ${ASKED}$`),
    ],
    [
      'an empty rota',
      (data) => (data.on_call.payments = []),
      /^\/organisation\/on_call\/payments: no active person is on call$/,
    ],
    [
      'a rota of people who have left',
      (data) => suspend(data, 'sofia.rossi', 'tom.harris'),
      /^\/organisation\/on_call\/storefront: no active person is on call$/,
    ],
    [
      'a rota that is deleted',
      (data) => delete data.on_call.insights,
      new RegExp(
        `^/organisation/services/insights-warehouse/owner: there is no team on call "insights", and ${ASKED}$`,
      ),
    ],
  ])('%s', async (_, change, message) => {
    expect(await faultsOf('organisation', change)).toEqual([expect.stringMatching(message)]);
  });

  it('fewer people than a requirement asks for', async () => {
    const change = (data: Data) => suspend(data, 'hana.kim', 'omar.haddad');
    expect(await faultsOf('organisation', change, 'config')).toEqual([
      '/config/kinds/issue~1deployment_token/tiers/critical/requirements/0: this requirement cannot be met: ' +
        'it asks for 2 of "release-managers", and only erik.lund could approve',
    ]);
  });

  it('one person for two places', async () => {
    const change = (data: Data) => {
      suspend(data, 'george.ade', 'yara.costa', 'erik.lund');
      data.people['walter.stone'].groups = ['engineering-directors', 'platform-leads', 'change-management'];
    };
    const renew = '/config/kinds/renew~1certificate';
    expect(await faultsOf('organisation', change, 'config')).toEqual(
      ['medium', 'high', 'critical'].map(
        (tier) =>
          `${renew}/tiers/${tier}/requirements: these requirements cannot be met together with ` +
          `${renew}/further_requirements/outside_change_window for resources of platform, such as status-page/production: ` +
          'they need 2 different persons, and walter.stone cannot fill all places',
      ),
    );
  });

  it('nobody in any group', async () => {
    const faults = await faultsOf('organisation', (data) => {
      for (const person of people(data)) person.groups = [];
    });
    const groups = faults.map((fault) => fault.split(':')[0]?.split('/').at(-1));
    expect(groups.toSorted()).toEqual([
      'change-management',
      'engineering-directors',
      'identity-governance',
      'insights-leads',
      'payments-leads',
      'platform-leads',
      'release-managers',
      'security-incident-leads',
      'storefront-leads',
    ]);
  });

  it('approvers without an identity to come under', async () => {
    const change = (data: Data) => {
      for (const [identity, person] of Object.entries(data)) if (person === 'ruth.adler') delete data[identity];
    };
    expect(await faultsOf('identities', change, 'organisation')).toEqual([
      expect.stringMatching(nobodyIn('security-incident-leads')),
    ]);
  });

  it('signatures by people without keys', async () => {
    const change = (config: Data) => {
      config.kinds['issue/api_key'].tiers.critical.requirements[1].min_assurance = 'signed';
    };
    expect(await faultsOf('config', change)).toEqual([
      '/config/kinds/issue~1api_key/tiers/critical/requirements/1: this requirement cannot be met: ' +
        'it asks for 2 of "security", and nobody could sign with a key of their own',
    ]);
  });
});

describe('policy check warns', () => {
  it('of sponsors who cannot approve, and of whoever alone could approve what they ask for', async () => {
    const sources = await listSources(POLICIES);
    const warnings = findDataWarnings(await readPolicyData(POLICIES, sources));
    expect(warnings.map(({ message }) => message)).toEqual([
      '/organisation/vendors/nordwind/sponsor: felix.baum has left, is suspended or has no identity, so no one can approve as the sponsor',
      '/config/kinds/emergency_access~1secret/tiers/critical/requirements/1: only ruth.adler could approve as ' +
        '"security-incident-leads", so no one can approve their own requests',
    ]);
  });
});

describe('a service that got such data all the same denies', () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = await readBundle(readFileSync(new URL('../../bundles/default.tar.gz', import.meta.url)));
  });

  /** What comes of a request that is otherwise allowed once approvals are given. */
  async function decided(story: string, change: (config: Data) => void) {
    const data: Data = structuredClone(bundle.data);
    change(data.config);
    const policy = await openPolicy(
      await preparePolicy({ ...bundle, data, dataBytes: new TextEncoder().encode(JSON.stringify(data)) }),
    );
    const request = exampleRequest(story);
    const kind = `${request.action.name}/${request.resource.type}`;
    const caller = { client: 'portal', scopes: [], claims: {}, principal: null, person: null };
    const input = { request, kind, approvals: [], caller, history: [], now: NOW };
    const { evaluation } = policy.evaluate(canonicalJson(input), NOW);
    return decide({
      evaluation,
      approvals: [],
      forbidden: [],
      before: null,
      occasion: { by: 'request' },
      openedAt: NOW,
      barred: [],
      undetermined: [],
      case: null,
      requestDigest: sha256(canonicalJson(request)),
      now: NOW,
    });
  }

  const production = 'issue-api-key/approval-restricted-key';
  const kind = (config: Data) => config.kinds['issue/api_key'];
  const tiers = (config: Data) => Object.values<Data>(kind(config).tiers);
  const requirements = (config: Data) => tiers(config).flatMap<Data>((tier) => tier.requirements);

  it.each<[string, string, (config: Data) => void, string]>([
    [
      'a count of zero',
      production,
      (config) => {
        for (const requirement of requirements(config)) requirement.count = 0;
      },
      'approver_count_missing',
    ],
    [
      'a count below zero beside a good one',
      production,
      (config) => {
        kind(config).tiers.critical.requirements[0].count = -1;
      },
      'approver_count_missing',
    ],
    [
      'no count',
      production,
      (config) => {
        for (const requirement of requirements(config)) delete requirement.count;
      },
      'evaluation_invalid',
    ],
    [
      'no requirements',
      production,
      (config) => {
        for (const tier of tiers(config)) delete tier.requirements;
      },
      'approver_count_missing',
    ],
    [
      'no lifetime',
      'issue-api-key/allow-sandbox-key',
      (config) => {
        for (const tier of tiers(config)) delete tier.max_ttl_seconds;
      },
      'lifetime_missing',
    ],
    [
      'a further requirement of nobody at the lowest tier',
      'elevate-role/approval-standing-operator',
      (config) => {
        const elevate = config.kinds['elevate/role'];
        elevate.further_requirements.standing.count = 0;
        elevate.thresholds = { medium: 1000, high: 2000, critical: 3000 };
      },
      'approver_count_missing',
    ],
  ])('%s', async (_, story, change, code) => {
    const { outcome, denials } = await decided(story, change);
    expect(outcome).toBe('deny');
    expect(denials.map((denial) => denial.code)).toContain(code);
  });

  it('nothing, but gets no lower by thresholds out of order or weights below zero', async () => {
    const usual = await decided(production, () => {});
    expect(usual).toMatchObject({ outcome: 'approval_required', tier: 'critical' });
    const { tier } = await decided(
      production,
      (config) => (kind(config).thresholds = { medium: 999, high: 998, critical: 70 }),
    );
    expect(tier).toBe('critical');
    const { outcome } = await decided(
      production,
      (config) => (kind(config).weights.scopes = { read: -999, write: -999 }),
    );
    expect(outcome).toBe('approval_required');
  });
});
