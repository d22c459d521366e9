import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Caller, HistoryEntry } from '../src/contract/record.ts';
import type { AccessRequest } from '../src/contract/request.ts';
import { policyInputText } from '../src/domain/record.ts';
import { kindOf } from '../src/domain/request.ts';
import { createRandom, type Random } from './random.ts';

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url));
const SEED = 20_261_122;

/** One request, and the client through which it is asked. */
export interface BenchInput {
  request: AccessRequest;
  client: string;
}

/** What we read of a story. */
interface Story {
  client: string;
  expect: { outcome: string };
  in_days?: Record<string, number>;
}

/** What we read of the policies' data. */
interface PolicyData {
  identities: Record<string, string>;
  organisation: {
    people: Record<string, { team: string }>;
    services: Record<string, { owner: string }>;
    resources: Record<string, Record<string, { service: string }>>;
    on_call: Record<string, string[]>;
    pipelines: Record<string, { services: string[]; clients: string[]; required_checks: string[] }>;
  };
}

interface Example extends BenchInput {
  isDenied: boolean;
  /** Members of the context, by their paths, that are to be an instant so many days from now; see examples/play.ts. */
  inDays: Record<string, number>;
}

/** Who may ask for what is of one shape in these; in the others only words and lifetimes vary, lest most be denied. */
const VARIED = ['issue/api_key', 'emergency_access/secret', 'issue/deployment_token'];

/**
 * Varied requests, the same at every run: each starts from an example of examples/ and gets another subject, resource,
 * lifetime and reason. Most are of somebody who may ask, for something that exists, so that policy has to look at all of it;
 * the rest are of strangers, or for what nobody knows.
 */
export function createInputs(count: number, data: unknown): BenchInput[] {
  const random = createRandom(SEED);
  const [denied, others] = partition(readExamples());
  return Array.from({ length: count }, (_, serial) => {
    const example = random.pick(random.chance(0.2) ? denied : others);
    return vary(example, data as PolicyData, { random, serial });
  });
}

/** The caller that the service makes of a token without a principal, see src/http/access.ts. */
export function callerOf(client: string, tokenId: string): Caller {
  return { client, scopes: ['decide'], claims: { token_id: tokenId }, principal: null, person: null };
}

/** The policy input of a new case: the text that this service evaluates, and that OPA can be asked with. */
export function inputTextOf(
  { request, client }: BenchInput,
  now: string,
  { tokenId = '', history = [] }: { tokenId?: string; history?: HistoryEntry[] } = {},
): string {
  return policyInputText({ request, approvals: [], caller: callerOf(client, tokenId), history, evaluated_at: now });
}

/** Earlier cases of the same kind, all granted, one an hour: what makes policy work the most. */
export function historyOf({ request }: BenchInput, length: number, now: string): HistoryEntry[] {
  return Array.from({ length }, (_, index) => ({
    case: `019aab3c-0000-7000-8000-${String(index).padStart(12, '0')}`,
    kind: kindOf(request),
    outcome: 'allow',
    tier: 'low',
    at: new Date(Date.parse(now) - (index + 1) * 3_600_000).toISOString(),
    expires_at: now,
    review: null,
    shares: ['resource', 'subject', 'team'],
  }));
}

function readExamples(): Example[] {
  const files = globSync('*/*/request.json', { cwd: EXAMPLES }).sort();
  return files.map((file) => {
    const { client, expect, in_days = {} } = readJson<Story>(join(dirname(file), 'story.json'));
    return { request: readJson(file), client, isDenied: expect.outcome === 'deny', inDays: in_days };
  });
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(join(EXAMPLES, file), 'utf8')) as T;
}

function partition(examples: readonly Example[]): [denied: Example[], others: Example[]] {
  return [examples.filter(({ isDenied }) => isDenied), examples.filter(({ isDenied }) => !isDenied)];
}

/** What makes one input differ from the others of its example. */
interface Dice {
  random: Random;
  serial: number;
}

function vary(example: Example, { organisation, identities }: PolicyData, dice: Dice): BenchInput {
  const { request, client, inDays } = example;
  if (!VARIED.includes(kindOf(request))) {
    return { request: { ...request, context: dated(contextOf(request, dice), inDays) }, client };
  }
  const { subject, resource } = request;
  const varied = {
    ...request,
    resource: { ...resource, id: resourceFor(request, organisation, dice) },
    context: contextOf(request, dice),
  };
  const service = organisation.resources[resource.type]?.[varied.resource.id]?.service;
  if (subject.type === 'workload') {
    const pipeline = pipelineFor(subject.id, service, organisation, dice);
    const { clients = [client], required_checks = [] } = organisation.pipelines[pipeline] ?? {};
    varied.context['checks'] = checksOf(request, required_checks);
    return {
      request: { ...varied, subject: { ...subject, id: pipeline } },
      client: dice.random.chance(0.05) ? client : dice.random.pick(clients),
    };
  }
  const owner = service === undefined ? undefined : organisation.services[service]?.owner;
  const team =
    resource.type === 'secret' && owner !== undefined
      ? (organisation.on_call[owner] ?? [])
      : Object.keys(organisation.people).filter((person) => organisation.people[person]?.team === owner);
  return { request: { ...varied, subject: { ...subject, id: personFor(subject.id, team, identities, dice) } }, client };
}

function resourceFor({ resource }: AccessRequest, { resources }: PolicyData['organisation'], dice: Dice): string {
  const known = Object.keys(resources[resource.type] ?? {});
  if (known.length === 0 || dice.random.chance(0.06)) return `${resource.id}-${dice.serial}`;
  return dice.random.pick(known);
}

/** Somebody of the owning team mostly, under one of their names; now and then anybody, or nobody that we know. */
function personFor(
  id: string,
  team: readonly string[],
  identities: PolicyData['identities'],
  { random, serial }: Dice,
): string {
  if (random.chance(0.04)) return `${id}.${serial}`;
  const all = Object.keys(identities);
  const ofTeam = all.filter((identity) => team.includes(identities[identity] ?? ''));
  return random.pick(ofTeam.length === 0 || random.chance(0.06) ? all : ofTeam);
}

/** A pipeline that is registered for the service mostly. */
function pipelineFor(
  id: string,
  service: string | undefined,
  { pipelines }: PolicyData['organisation'],
  { random, serial }: Dice,
): string {
  if (random.chance(0.04)) return `${id}-${serial}`;
  const all = Object.keys(pipelines);
  const registered = all.filter((name) => pipelines[name]?.services.includes(service ?? ''));
  return random.pick(registered.length === 0 || random.chance(0.05) ? all : registered);
}

/** Reports on the checks that the pipeline has to pass; one that failed in the example fails here. */
function checksOf({ context }: AccessRequest, required: readonly string[]): Record<string, string> {
  const reported = (context?.['checks'] ?? {}) as Record<string, string>;
  return Object.fromEntries(required.map((check) => [check, reported[check] ?? 'passed']));
}

/** Days count from the midnight before, so that the inputs of a day are the same. */
function dated(context: NonNullable<AccessRequest['context']>, inDays: Example['inDays']): typeof context {
  const copy = structuredClone(context);
  for (const [path, days] of Object.entries(inDays)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    const holder = names.reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, copy);
    const instant = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 + days * 86_400_000).toISOString();
    holder[last] =
      typeof holder[last] === 'string' && (holder[last] as string).length === 10 ? instant.slice(0, 10) : instant;
  }
  return copy;
}

/** Other words and another lifetime; what decides, such as scopes, stays as the example has it. */
function contextOf({ context = {} }: AccessRequest, { random, serial }: Dice): NonNullable<AccessRequest['context']> {
  const varied = { ...context };
  for (const name of ['justification', 'reason']) {
    if (typeof varied[name] === 'string') varied[name] += ` (no. ${serial})`;
  }
  if (typeof varied['ttl_seconds'] === 'number') varied['ttl_seconds'] += 60 * random.below(60);
  return varied;
}
