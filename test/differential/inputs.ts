import fc from 'fast-check';
import type { Directory } from '../../src/domain/directory.ts';
import { anyJson, anyText, arbitraryOf, type JsonSchema, type Vocabulary, withoutAbsent } from './schema-arbitrary.ts';

/** What the shipped data say, as far as likely inputs are drawn from it. */
export interface PolicyData {
  identities: Readonly<Record<string, string>>;
  organisation: {
    people: Readonly<Record<string, { team: string; groups: readonly string[]; active: boolean }>>;
    groups: Readonly<Record<string, unknown>>;
    services: Readonly<Record<string, Service>>;
    resources: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
    compensating_controls: Readonly<Record<string, unknown>>;
    vendors: Readonly<Record<string, Vendor>>;
    change_freezes: Readonly<Record<string, { first_day: string; last_day: string }>>;
    on_call: Readonly<Record<string, readonly string[]>>;
    pipelines: Readonly<Record<string, Pipeline>>;
  };
  config: {
    shared: {
      person_subject_types: readonly string[];
      workload_subject_types: readonly string[];
      approval_systems: readonly string[];
      vouching_clients: readonly string[];
    };
    kinds: Readonly<Record<string, KindSettings>>;
  };
}

interface Vendor {
  group: string;
  sponsor: string;
  contract_ends_at: string;
  scopes: readonly string[];
}

interface Service {
  owner: string;
  account_roles?: Readonly<Record<string, string>>;
  security_review?: { passed_at: string; valid_until: string };
}

interface Resource {
  service: string;
  standing_holders?: readonly string[];
  compensating_controls?: readonly string[];
  vendor?: string;
  certificate?: { not_after: string; kept_by?: string };
}

interface Pipeline {
  services: readonly string[];
  clients: readonly string[];
  claims?: Readonly<Record<string, string>>;
  scopes: readonly string[];
  required_checks: readonly string[];
}

interface KindSettings {
  limits: Readonly<Record<string, number>>;
  weights: Readonly<Record<string, Readonly<Record<string, number>>>>;
  tiers: Readonly<Record<string, { review_after_seconds: number }>>;
}

/** Who asks for what, and when: what the parts of an input have to agree on before a policy looks at the rest. */
interface Story {
  kind: string;
  resource: string;
  subject: string;
  /** In milliseconds. */
  now: number;
}

const NOW = Date.parse('2026-11-22T12:00:00.000Z');
const DAY = 86_400_000;

/** Every input that the schema lets pass; most are requests of the shipped kinds, made of what the shipped data name. */
export function arbitraryInput(schema: JsonSchema, data: PolicyData, directory: Directory): fc.Arbitrary<unknown> {
  return arbitraryStory(data, directory).chain((story) => arbitraryOf(schema, vocabularyOf(story, data, directory)));
}

function arbitraryStory({ organisation, config, identities }: PolicyData, directory: Directory): fc.Arbitrary<Story> {
  const { services, resources, pipelines, on_call: onCall } = organisation;
  const workloads = Object.keys(pipelines);
  const people = Object.keys(organisation.people);
  const inactive = people.filter((person) => !organisation.people[person]?.active);
  const targets = Object.keys(config.kinds).flatMap((kind) =>
    Object.entries(resources[kind.split('/')[1] ?? ''] ?? {}).map(([resource, { service, vendor, certificate }]) => ({
      kind,
      resource,
      service,
      vendor,
      keeper: certificate?.kept_by,
    })),
  );

  return fc.constantFrom(...targets).chain(({ kind, resource, service, vendor, keeper }) => {
    const owner = services[service]?.owner ?? '';
    const { group } = organisation.vendors[vendor ?? ''] ?? { group: owner };
    const colleagues = people.filter((person) =>
      [group, keeper].some((team) => team !== undefined && directory.groupsOf(person).includes(team)),
    );
    const registered = workloads.filter((pipeline) => pipelines[pipeline]?.services.includes(service));
    const isForMachines = kind.endsWith('/deployment_token');
    const subject = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom(...(isForMachines ? registered : [...colleagues, ...(onCall[owner] ?? [])])),
      },
      { weight: 2, arbitrary: fc.constantFrom(...(isForMachines ? workloads : people)) },
      { weight: 1, arbitrary: fc.constantFrom(...inactive, ...workloads, ...Object.keys(identities)) },
    );
    return fc.record({
      kind: fc.constant(kind),
      resource: fc.constant(resource),
      subject,
      now: arbitraryNow(organisation),
    });
  });
}

/** Mostly the present; else close to where a security review, a certificate or a freeze begins or ends, or a contract ends. */
function arbitraryNow(organisation: PolicyData['organisation']): fc.Arbitrary<number> {
  const { services, resources, vendors, change_freezes: freezes } = organisation;
  const reviews = Object.values(services).flatMap(({ security_review: review }) =>
    review === undefined ? [] : [review.passed_at, review.valid_until],
  );
  const contracts = Object.values(vendors).map((vendor) => vendor.contract_ends_at);
  const expiries = Object.values(resources['certificate'] ?? {}).flatMap(({ certificate }) =>
    certificate === undefined ? [] : [certificate.not_after],
  );
  const days = Object.values(freezes).flatMap(({ first_day: first, last_day: last }) => [first, last]);
  const edges = [...reviews, ...contracts, ...expiries, ...days].map((instant) => Date.parse(instant));
  return fc.oneof(
    { weight: 6, arbitrary: near(NOW, DAY) },
    { weight: 1, arbitrary: fc.constantFrom(...edges).chain((edge) => near(edge, 1)) },
  );
}

function vocabularyOf(story: Story, data: PolicyData, directory: Directory): Vocabulary {
  const { organisation, config, identities } = data;
  const [action = '', resourceType = ''] = story.kind.split('/');
  const pipeline = organisation.pipelines[story.subject];
  const { person_subject_types: persons, workload_subject_types: workloads } = config.shared;
  const anyone = fc.constantFrom(...Object.keys(identities));
  const kinds = Object.keys(config.kinds);
  const instants = arbitraryPast(story, config.kinds[story.kind]);
  const clients = clientsOf(data);
  return {
    '/kind': mostly(fc.constant(story.kind), fc.constantFrom(...kinds, 'export/customer_list', 'issue', '')),
    '/now': fc.constant(new Date(story.now).toISOString()),
    '/request/action/name': fc.constant(action),
    '/request/resource/type': fc.constant(resourceType),
    '/request/resource/id': mostly(fc.constant(story.resource), anyResource(organisation.resources)),
    '/request/subject/type': mostly(
      fc.constantFrom(...(pipeline ? workloads : persons)),
      fc.constantFrom(...persons, ...workloads, 'agent'),
    ),
    '/request/subject/id': fc.constant(story.subject),
    '/request/context': arbitraryContext(story, data, directory),
    '/caller/client': mostly(fc.constantFrom(...(pipeline?.clients ?? clients)), fc.constantFrom(...clients, 'portal')),
    '/caller/claims': mostly(fc.constant(pipeline?.claims ?? {}), arbitraryClaims(organisation.pipelines)),
    '/caller/principal': fc.oneof(fc.constant(null), anyone, fc.constant(story.subject)),
    '/caller/person': fc.oneof(fc.constant(null), fc.constantFrom(...Object.keys(organisation.people))),
    '/approvals': fc.array(arbitraryApproval(story, data, directory), { maxLength: 4 }),
    '/approvals/*/id': arbitraryId('approval'),
    '/approvals/*/approver': arbitraryApprover(story, data, directory),
    '/approvals/*/at': instants,
    '/approvals/*/expires_at': near(story.now, DAY).map(toInstant),
    '/approvals/*/submitted_by': arbitrarySubmitter(data),
    '/history/*/case': arbitraryId('case'),
    '/history/*/kind': fc.oneof(fc.constant(story.kind), fc.constantFrom(...kinds)),
    '/history/*/outcome': mostly(fc.constant('allow'), fc.constantFrom('deny', 'approval_required')),
    '/history/*/at': instants,
    '/history/*/expires_at': fc.oneof(fc.constant(null), near(story.now, DAY).map(toInstant)),
    '/history/*/shares': fc.subarray(['resource', 'subject', 'team'], { minLength: 1 }),
  };
}

/** Ids of few values, so that some come twice. */
function arbitraryId(what: string): fc.Arbitrary<string> {
  return fc.integer({ min: 1, max: 9 }).map((number) => `${what}-${number}`);
}

function arbitraryApproval(story: Story, data: PolicyData, directory: Directory): fc.Arbitrary<unknown> {
  return fc.record({
    id: arbitraryId('approval'),
    approver: arbitraryApprover(story, data, directory),
    verdict: mostly(fc.constant('approve'), fc.constant('reject')),
    at: arbitraryPast(story, undefined),
    expires_at: near(story.now, DAY).map(toInstant),
    seen: arbitraryId('record'),
    submitted_by: arbitrarySubmitter(data),
  });
}

/** The clients that data name: those of pipelines, and those that are trusted with what they say about persons. */
function clientsOf({ organisation, config }: PolicyData): string[] {
  const ofPipelines = Object.values(organisation.pipelines).flatMap((each) => each.clients);
  return [...new Set([...ofPipelines, ...config.shared.approval_systems, ...config.shared.vouching_clients])];
}

/** Often the client that asks, as it is one of few. */
function arbitrarySubmitter(data: PolicyData): fc.Arbitrary<unknown> {
  return fc.record({
    client: fc.constantFrom(...clientsOf(data), 'console'),
    person: fc.oneof(fc.constant(null), fc.constantFrom(...Object.keys(data.organisation.people))),
  });
}

/** Anybody with their groups, as the engine gives them; a person without any mapping has none. */
function arbitraryApprover(story: Story, { organisation }: PolicyData, directory: Directory): fc.Arbitrary<unknown> {
  const people = Object.keys(organisation.people);
  const subject = directory.personOf(story.subject) ?? people[0];
  const person = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...people) },
    { weight: 2, arbitrary: fc.constant(subject) },
    { weight: 1, arbitrary: fc.oneof(fc.constant(null), anyText) },
  );
  const groups = fc.uniqueArray(fc.constantFrom(...Object.keys(organisation.groups)), { maxLength: 4 });
  return fc
    .tuple(person, fc.constantFrom('asserted', 'authenticated', 'signed'), groups, fc.integer({ min: 0, max: 9 }))
    .map(([who, assurance, others, dice]) => ({
      person: who,
      groups: dice === 0 ? others : directory.groupsOf(who ?? ''),
      assurance,
    }));
}

/** Before now, by a length that the settings of the kind know, or close to it. */
function arbitraryPast({ now }: Story, settings: KindSettings | undefined): fc.Arbitrary<string> {
  const lengths = [
    ...Object.entries(settings?.limits ?? {}).flatMap(([name, limit]) => (name.endsWith('_seconds') ? [limit] : [])),
    ...Object.values(settings?.tiers ?? {}).map((tier) => tier.review_after_seconds),
    0,
  ];
  const edge = fc.constantFrom(...lengths).chain((seconds) => near(now - seconds * 1000, 1));
  return fc.oneof(near(now - DAY, DAY), edge).map(toInstant);
}

/** What the shipped policies read of a context, each member mostly there and mostly as it should be. */
function arbitraryContext(story: Story, data: PolicyData, directory: Directory): fc.Arbitrary<unknown> {
  const { identities, organisation } = data;
  const { services, resources } = organisation;
  const service = resources[story.kind.split('/')[1] ?? '']?.[story.resource]?.service;
  const pipeline = organisation.pipelines[story.subject];
  const vendor = organisation.vendors[vendorOf(story, organisation) ?? ''];
  const settings = data.config.kinds[story.kind];
  const emergency = settings?.limits['minimum_incident_length'] !== undefined;
  const seconds = Object.values(settings?.limits ?? {}).flatMap((limit) => [limit, limit + 1]);
  const days = Object.entries(settings?.limits ?? {}).flatMap(([name, limit]) =>
    name.endsWith('_days') ? [limit] : [],
  );
  const keyTypes = Object.keys(settings?.weights['key_type'] ?? { 'ecdsa-p256': 0 });
  const lifetime = fc.oneof(fc.integer({ min: 1, max: 10_000_000 }), fc.constantFrom(3600, ...seconds));
  return fc
    .record({
      justification: present(arbitraryReason),
      reason: present(arbitraryReason),
      compensating_control: present(arbitraryControl(story, organisation)),
      ends_at: present(arbitraryEnd(story, settings)),
      elevation: present(mostly(fc.constantFrom('just_in_time', 'standing'), fc.constant('later'))),
      incident: present(mostly(fc.constantFrom('INC0012345', 'INC-1', '事故事故'), fc.constantFrom('P1', '- - - -'))),
      scopes: present(arbitraryScopes(pipeline?.scopes ?? vendor?.scopes, settings)),
      ttl_seconds: emergency ? present(lifetime) : fc.option(mostly(lifetime, anyJson), { nil: undefined }),
      key_type: present(mostly(fc.constantFrom(...keyTypes), fc.constantFrom('rsa-1024', 'ECDSA-P256'))),
      owner: present(arbitraryOwner(story, data, directory)),
      roles: present(arbitraryRoles(services[service ?? '']?.account_roles, services)),
      rotation_days: present(mostly(fc.constantFrom(7, ...days), fc.constantFrom(0, 1.5, 91, 31))),
      offboarding: present(arbitraryOffboarding(story, settings)),
      checks: present(arbitraryChecks(pipeline?.required_checks ?? [])),
      requested_by: fc.option(mostly(fc.constantFrom(...Object.keys(identities)), anyJson), {
        nil: undefined,
        freq: 2,
      }),
      remark: fc.option(anyJson, { nil: undefined, freq: 1 }),
    })
    .map(withoutAbsent);
}

function vendorOf({ kind, resource }: Story, { resources }: PolicyData['organisation']): string | undefined {
  return resources[kind.split('/')[1] ?? '']?.[resource]?.vendor;
}

/** Mostly one that is in place for the resource. */
function arbitraryControl({ kind, resource }: Story, organisation: PolicyData['organisation']): fc.Arbitrary<unknown> {
  const inPlace = organisation.resources[kind.split('/')[1] ?? '']?.[resource]?.compensating_controls ?? [];
  const any = fc.constantFrom(...Object.keys(organisation.compensating_controls), 'good will');
  return inPlace.length === 0
    ? any
    : fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...inPlace) }, { weight: 1, arbitrary: any });
}

/** After now, by a length that the settings of the kind know, or close to it; sometimes before, sometimes no date. */
function arbitraryEnd({ now }: Story, settings: KindSettings | undefined): fc.Arbitrary<string> {
  const lengths = Object.entries(settings?.limits ?? {}).flatMap(([name, limit]) =>
    name.endsWith('_seconds') ? [limit] : [],
  );
  const edge = fc.constantFrom(0, ...lengths).chain((seconds) => near(now + seconds * 1000, 1));
  const odd = fc.constantFrom(
    '2027-02-29T12:00:00Z',
    '2026-12-31',
    '0000-02-29T00:00:00Z',
    '9999-12-31T00:00:00Z',
    '2026-12-31T12:00:00+24:00',
  );
  return fc.oneof(
    { weight: 12, arbitrary: inAnyForm(near(now + 20 * DAY, 19 * DAY)) },
    { weight: 3, arbitrary: inAnyForm(edge) },
    { weight: 1, arbitrary: odd },
  );
}

/** Long enough, about long enough, and in letters and digits that are none of ASCII. */
const arbitraryReason = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.constantFrom('Roll the new refund call out to every customer', 'Kunden können nicht bezahlen!'),
  },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.constantFrom('a', 'ß', '7', '字', '\u0870', '\u{1df00}', '\u0301', ' '),
      minLength: 4,
      maxLength: 24,
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom('\u115f'.repeat(30), '👍'.repeat(30), 'because', '٣'.repeat(20)) },
);

function arbitraryScopes(
  permitted: readonly string[] | undefined,
  settings: KindSettings | undefined,
): fc.Arbitrary<unknown> {
  const reaches = Object.keys(settings?.weights['scopes'] ?? { read: 0 });
  const weighed = fc.constantFrom(...reaches, 'purge').map((reach) => `orders:${reach}`);
  const scope = permitted === undefined ? weighed : mostly(fc.constantFrom(...permitted), weighed);
  const odd = fc.oneof(anyText, fc.constantFrom('a:', 'a b', '*', 'a,b', 'a:b:c', 'deploy'));
  return fc.oneof(
    { weight: 12, arbitrary: fc.array(scope, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(mostly(scope, odd), { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.integer({ min: 99, max: 102 }).map((count) => Array(count).fill('orders:read')) },
  );
}

/** Mostly somebody of the team that owns the service, the one who asks among them. */
function arbitraryOwner(story: Story, data: PolicyData, directory: Directory): fc.Arbitrary<unknown> {
  const { organisation, identities } = data;
  const service = organisation.resources[story.kind.split('/')[1] ?? '']?.[story.resource]?.service ?? '';
  const team = organisation.services[service]?.owner ?? '';
  const colleagues = Object.keys(identities).filter((identity) =>
    directory.groupsOf(directory.personOf(identity) ?? '').includes(team),
  );
  const anyone = fc.constantFrom(...Object.keys(identities), team, '');
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(story.subject, ...colleagues) },
    { weight: 1, arbitrary: anyone },
  );
}

function arbitraryRoles(
  permitted: Readonly<Record<string, string>> | undefined,
  services: PolicyData['organisation']['services'],
): fc.Arbitrary<unknown> {
  const all = Object.values(services).flatMap(({ account_roles: roles = {} }) => Object.keys(roles));
  const role = mostly(
    fc.constantFrom(...Object.keys(permitted ?? {}), ...(permitted ? [] : all)),
    fc.constantFrom(...all),
  );
  return mostly(fc.array(role, { minLength: 1, maxLength: 3 }), fc.array(mostly(role, anyText), { maxLength: 2 }));
}

/** On a day, about today too, or at an event. */
function arbitraryOffboarding({ now }: Story, settings: KindSettings | undefined): fc.Arbitrary<unknown> {
  const triggers = Object.keys(settings?.weights['offboarding_trigger'] ?? { never: 0 });
  const day = mostly(near(now + 400 * DAY, 390 * DAY), near(now, DAY)).map((ms) => toInstant(ms).slice(0, 10));
  const date = mostly(
    day,
    fc.constantFrom('2027-02-29', '2027-06-30T00:00:00Z', '2027-6-30', '2031-01-01', '9999-12-31'),
  );
  const trigger = mostly(fc.constantFrom(...triggers), fc.constantFrom('never', null));
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ date }) },
    { weight: 4, arbitrary: fc.record({ trigger }) },
    { weight: 1, arbitrary: fc.record({ date, trigger }) },
    { weight: 1, arbitrary: fc.constantFrom({}, { plan: 'later' }) },
  );
}

function arbitraryChecks(required: readonly string[]): fc.Arbitrary<unknown> {
  const result = mostly(fc.constant('passed'), fc.constantFrom('failed', null, true, undefined));
  return fc.record(Object.fromEntries(required.map((check) => [check, result]))).map(withoutAbsent);
}

function arbitraryClaims(pipelines: PolicyData['organisation']['pipelines']): fc.Arbitrary<unknown> {
  const known = Object.values(pipelines).flatMap(({ claims = {} }) => Object.entries(claims));
  const [names, values] = [known.map(([name]) => name), known.map(([, value]) => value)];
  return fc.dictionary(fc.constantFrom(...names), mostly(fc.constantFrom(...values), anyJson), {
    noNullPrototype: true,
  });
}

function anyResource(resources: PolicyData['organisation']['resources']): fc.Arbitrary<string> {
  return fc.constantFrom(...Object.values(resources).flatMap((byId) => Object.keys(byId)), 'nobody-knows/production');
}

function near(instant: number, width: number): fc.Arbitrary<number> {
  return fc.integer({ min: instant - width, max: instant + width });
}

function toInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/** As RFC 3339 lets an instant be written. */
function inAnyForm(instants: fc.Arbitrary<number>): fc.Arbitrary<string> {
  const forms = [
    toInstant,
    (ms: number) => toInstant(ms).toLowerCase(),
    (ms: number) => toInstant(ms).replace('Z', '000000000-00:00'),
    (ms: number) => toInstant(ms + 330 * 60_000).replace('Z', '+05:30'),
    (ms: number) => toInstant(ms - 8 * 3_600_000).replace('Z', '-08:00'),
  ];
  return fc.tuple(instants, fc.constantFrom(...forms)).map(([instant, write]) => write(instant));
}

function mostly<T, U>(likely: fc.Arbitrary<T>, other: fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 16, arbitrary: likely }, { weight: 1, arbitrary: other });
}

/** Mostly as it should be, sometimes anything, sometimes absent. */
function present<T>(likely: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  const value = fc.oneof({ weight: 24, arbitrary: likely }, { weight: 1, arbitrary: anyJson });
  return fc.option(value, { nil: undefined, freq: 24 });
}
