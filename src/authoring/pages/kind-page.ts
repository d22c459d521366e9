import { TIERS, type Tier } from '../../contract/evaluation.ts';
import { engineSentence } from '../../domain/catalogue.ts';
import { DEFAULT_CASE_TTL_SECONDS } from '../../domain/evaluation.ts';
import type { Analysis } from '../analysis.ts';
import type { ControlCatalogue } from '../checks/controls.ts';
import type { Exception } from '../checks/fact-check.ts';
import { annotationAbove, type Finding, type FindingCall, type FindingType, findingsIn, textsOf } from '../findings.ts';
import { ANY, type Value } from '../plan/value.ts';
import type { Call, Visit } from '../plan/visit.ts';
import { asSentence } from '../sentences.ts';
import { type Annotation, isAbout, isOfPackages } from '../toolchain/annotations.ts';
import { factsOf, isSame } from './kind-facts.ts';
import { writeLimit } from './limit-text.ts';

/** What there is to say about a kind of request, in the order of a page. */
export interface KindPage {
  /** As in `issue/api_key`. */
  kind: string;
  title: string;
  description: string;
  inputs: Input[];
  tiers: TierRow[];
  further: Finding<Requirement>[];
  /** Titles of the rules that end the grant earlier than its tier does. */
  ends: string[];
  denials: Finding<{ code: string }>[];
  /** Why an approval does not count. */
  refusals: Finding<{ code: string }>[];
  factors: Finding<{ id: string; weights: Weights | undefined }>[];
  obligations: Finding<{ id: string }>[];
  limits: [name: string, value: number | readonly string[]][];
  /** Ways into data, the caller and the history, as in `data.organisation.services[…].owner`. */
  facts: string[];
  controls: { id: string; name: string; framework: string }[];
  exceptions: Exception[];
}

export interface Input {
  /** Below `request`, as in `context.scopes`. */
  member: string;
  /** Empty where no METADATA says what it is. */
  text: string;
}

export interface Requirement {
  any_of: readonly string[];
  count: number;
  min_assurance?: string;
}

export interface TierRow {
  tier: Tier;
  /** The score from which it applies. */
  from: number;
  max_ttl_seconds: number;
  approval_ttl_seconds: number;
  review_after_seconds: number;
  case_ttl_seconds: number;
  requirements: readonly Requirement[];
}

/** By value, in points; or as much as makes a request critical. */
export type Weights = Readonly<Record<string, number>> | 'critical';

/** The settings of a kind, as far as pages show them; what is missing is not shown. */
interface Settings {
  thresholds?: Partial<Record<Tier, number>>;
  weights?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  limits?: Readonly<Record<string, number>>;
  groups?: Readonly<Record<string, readonly string[]>>;
  further_requirements?: Readonly<Record<string, Requirement>>;
  /** Of every tier that has none of its own. */
  case_ttl_seconds?: number;
  tiers?: Partial<Record<Tier, Partial<TierRow>>>;
}

export interface KindSources extends Analysis {
  annotations: readonly Annotation[];
  /** All of the policy data. */
  data: unknown;
  catalogue: ControlCatalogue;
  exceptions: readonly Exception[];
}

const FURTHER = ['approval', 'lib', 'requirements', 'further'];

/** Gathers what METADATA, settings and the rules that lead to a kind's decision say about it. */
export function describeKind(kind: string, sources: KindSources): KindPage {
  const path = ['approval', 'kinds', kind];
  const reached = reachedFrom(sources.visits.find((visit) => isSame(visit.path, [...path, 'decision'])));
  const calls = reached.flatMap((visit) => visit.calls);
  const settings = settingsOf(kind, sources.data);
  const annotations = annotationsOf(reached, sources.annotations);
  const about = annotations.find((each) => each.scope === 'package' && isSame(each.path, path));
  const found = (what: FindingType) => eachOnce(findingsIn(calls, what, sources.annotations));
  const files = new Set(
    sources.modules.filter((each) => isSame(each.package.slice(0, 3), path)).map(({ file }) => file),
  );
  return {
    kind,
    title: about?.title ?? '',
    description: about?.description ?? '',
    inputs: inputsOf(reached, annotations, settings),
    tiers: tiersOf(settings),
    further: furtherOf(calls, sources.annotations, settings),
    ends: titlesOf(annotations, [...path, 'at_most_seconds']),
    denials: codesOf(found('denial')),
    refusals: codesOf(found('refusal')),
    factors: found('factor').map(({ args, place: _, ...finding }) => ({
      ...finding,
      weights: weightsOf(args[1], settings),
    })),
    obligations: found('obligation').map(({ args: _, place: __, ...finding }) => finding),
    limits: [...Object.entries(settings.limits ?? {}), ...Object.entries(settings.groups ?? {})],
    facts: factsOf(reached),
    controls: controlsOf(annotations, sources.catalogue),
    exceptions: sources.exceptions.filter(({ file }) => files.has(file)),
  };
}

/** Each id once for each title. */
function eachOnce(found: readonly FindingCall[]): FindingCall[] {
  return [...new Map(found.map((each) => [`${each.id} ${each.title}`, each])).values()];
}

/** One for each code, with the sentence that callers get for it. */
function codesOf(found: readonly FindingCall[]): Finding<{ code: string }>[] {
  const byCode = new Map(
    found.map(({ id, title, description, controls }) => [id, { code: id, title, description, controls }]),
  );
  return [...byCode.values()].map((each) => ({ ...each, title: engineSentence(each.code) ?? asSentence(each.title) }));
}

function reachedFrom(start: Visit | undefined): Visit[] {
  const reached = new Set(start ? [start] : []);
  for (const visit of reached) for (const { callee } of visit.calls) reached.add(callee);
  return [...reached];
}

function settingsOf(kind: string, data: unknown): Settings {
  const { config } = data as { config?: { kinds?: Record<string, Settings> } };
  return config?.kinds?.[kind] ?? {};
}

/** The annotations of the rules that were reached and of their packages, and those that their packages inherit. */
function annotationsOf(reached: readonly Visit[], annotations: readonly Annotation[]): Annotation[] {
  const rules = new Set(reached.map(({ path }) => JSON.stringify(path)));
  const packages = reached.map(({ path }) => path.slice(0, -1));
  return annotations.filter((each) => {
    return isOfPackages(each) ? packages.some((path) => isAbout(each, path)) : rules.has(JSON.stringify(each.path));
  });
}

/** Members of the request that a rule looks at, with what METADATA say under `custom.inputs`: the kind's own words first. */
function inputsOf(reached: readonly Visit[], annotations: readonly Annotation[], settings: Settings): Input[] {
  const told = annotations
    .map(({ path, custom }) => [path, custom['inputs']] as const)
    .sort(([one], [other]) => Number(one[1] === 'kinds') - Number(other[1] === 'kinds'))
    .reduce<Record<string, string>>((all, [, inputs]) => Object.assign(all, inputs), {});
  const readings = reached.flatMap((visit) => visit.readings.map(({ steps }) => memberOf(steps)));
  const members = new Set([...readings, ...Object.keys(told)].filter(Boolean));
  return [...members].sort(byPart).map((member) => ({ member, text: fill(told[member] ?? '', settings) }));
}

const PARTS = ['subject', 'action', 'resource', 'context'];

/** `context.scopes`, `subject.properties.shift`; else the part itself, whose id and type every request has. */
function memberOf([root, request, part = '', ...rest]: readonly string[]): string {
  if (root !== 'input' || request !== 'request' || !PARTS.includes(part)) return '';
  const [name, property] = rest;
  if (part === 'context') return name === undefined || name === ANY ? '' : `${part}.${name}`;
  const isNamed = name === 'properties' && property !== undefined && property !== ANY;
  return isNamed ? `${part}.properties.${property}` : part;
}

function byPart(one: string, other: string): number {
  const rank = (member: string) => PARTS.indexOf(member.split('.')[0] ?? '');
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

/** `{minimum_justification_length}` stands for that limit. */
function fill(text: string, { limits = {} }: Settings): string {
  return text.replaceAll(/\{(\w+)\}/g, (placeholder, name) => {
    const limit = limits[name];
    return limit === undefined ? placeholder : writeLimit(name, limit);
  });
}

function tiersOf({ tiers = {}, thresholds = {}, case_ttl_seconds = DEFAULT_CASE_TTL_SECONDS }: Settings): TierRow[] {
  return TIERS.map((tier) => ({
    tier,
    from: thresholds[tier] ?? 0,
    max_ttl_seconds: 0,
    approval_ttl_seconds: 0,
    review_after_seconds: 0,
    case_ttl_seconds,
    requirements: [],
    ...tiers[tier],
  }));
}

function furtherOf(
  calls: readonly Call[],
  annotations: readonly Annotation[],
  { further_requirements: further = {} }: Settings,
): Finding<Requirement>[] {
  return calls.flatMap(({ callee: { path, args }, place }) => {
    const [name = ''] = isSame(path, FURTHER) ? textsOf(args[0]) : [];
    const requirement = further[name];
    if (!requirement) return [];
    const { title = name, description = '' } = annotationAbove(place, annotations) ?? {};
    return [{ ...requirement, title, description, controls: [] }];
  });
}

function titlesOf(annotations: readonly Annotation[], path: readonly string[]): string[] {
  return annotations.filter((each) => isSame(each.path, path)).map(({ title }) => title);
}

/** From the ways into the kind's settings that a score is made of. */
function weightsOf(score: Value | undefined, { weights = {} }: Settings): Weights | undefined {
  const ways = [...(score?.origins.values() ?? [])].map(({ steps }) => steps.slice(4));
  const table = ways.find(([member, name = ANY]) => member === 'weights' && name !== ANY)?.[1];
  if (table !== undefined) return weights[table] ?? {};
  if (ways.some(([member, name]) => member === 'thresholds' && name === 'critical')) return 'critical';
  const [points] = textsOf(score);
  return points === undefined ? undefined : { '': Number(points) };
}

function controlsOf(annotations: readonly Annotation[], { controls }: ControlCatalogue): KindPage['controls'] {
  const ids = new Set(annotations.flatMap(({ custom }) => (custom['controls'] ?? []) as string[]));
  // In the order of the catalogue, which goes by framework.
  return Object.entries(controls).flatMap(([id, { name, framework }]) =>
    ids.has(id) ? [{ id, name, framework }] : [],
  );
}
