import { isObject } from '../../base/json-object.ts';
import { type DataFault, type Found, valuesAt } from '../../bundle/data-values.ts';
import { findZone } from '../../rego/builtins/time-zone.ts';

/** The sorts of names, and the object in the data whose keys are the names of that sort. */
const COLLECTIONS = {
  group: 'organisation/groups',
  person: 'organisation/people',
  service: 'organisation/services',
  vendor: 'organisation/vendors',
  'team on call': 'organisation/on_call',
  'compensating control': 'organisation/compensating_controls',
} as const;
type Sort = keyof typeof COLLECTIONS;
type Names = ReadonlyMap<Sort, ReadonlySet<string>>;
const SORTS = Object.keys(COLLECTIONS) as Sort[];

/** The paths at which the data contain names of a sort. `*` stands for any member or element. */
const NAMES: readonly [path: string, sort: Sort][] = [
  ['organisation/people/*/team', 'group'],
  ['organisation/people/*/groups/*', 'group'],
  ['organisation/groups/*/within/*', 'group'],
  ['organisation/services/*/owner', 'group'],
  ['organisation/pipelines/*/owner', 'group'],
  ['organisation/pipelines/*/services/*', 'service'],
  ['organisation/resources/*/*/service', 'service'],
  ['organisation/resources/certificate/*/certificate/kept_by', 'group'],
  ['organisation/resources/role/*/eligible_groups/*', 'group'],
  ['organisation/resources/role/*/standing_holders/*', 'person'],
  ['organisation/resources/secret/*/compensating_controls/*', 'compensating control'],
  ['organisation/resources/third_party_access/*/vendor', 'vendor'],
  ['organisation/on_call/*/*', 'person'],
  ['organisation/change_freezes/*/services/*', 'service'],
  ['organisation/vendors/*/group', 'group'],
  ['organisation/vendors/*/sponsor', 'person'],
  ['identities/*', 'person'],
  ['config/kinds/*/groups/*/*', 'group'],
];

/** The paths whose keys are names. */
const KEYS: readonly [path: string, sort: Sort][] = [
  ['organisation/on_call/*', 'group'],
  ['organisation/change_windows/*', 'group'],
];

/** The paths at which the data name approvers: groups, `on-call:<team>` or `sponsor:<vendor>`. */
const APPROVERS = [
  'config/kinds/*/tiers/*/requirements/*/any_of/*',
  'config/kinds/*/further_requirements/*/any_of/*',
  'organisation/change_freezes/*/unless_approved_by/*',
];

const SORT_BY_PREFIX: Readonly<Record<string, Sort>> = { 'on-call:': 'team on call', 'sponsor:': 'vendor' };

const TIERS_WITH_THRESHOLD = ['medium', 'high', 'critical'];

/**
 * Finds contradictions in the data that the shipped policies read: names of things that do not exist, thresholds that do not
 * ascend, unknown time zones, freezes that end before they begin. Data of another shape are skipped, because the schemas check
 * the shape.
 */
export function checkReferences(data: unknown): DataFault[] {
  const known: Names = new Map(
    SORTS.map((sort) => [sort, new Set(valuesAt(data, `${COLLECTIONS[sort]}/*`).map(({ key }) => key))]),
  );
  const owners = valuesAt(data, 'organisation/services/*/owner').map(({ value }) => String(value));
  const at = (path: string) => valuesAt(data, path);
  return [
    ...NAMES.flatMap(([path, sort]) => at(path).flatMap((found) => checkName(found, found.value, sort, known))),
    ...KEYS.flatMap(([path, sort]) => at(path).flatMap((found) => checkName(found, found.key, sort, known))),
    ...APPROVERS.flatMap((path) => at(path).flatMap((found) => checkApprovers(found, owners, known))),
    ...at('config/kinds/*/thresholds').flatMap(checkThresholds),
    ...at('organisation/change_windows/*/zone').flatMap(checkZone),
    ...at('organisation/change_freezes/*/zone').flatMap(checkZone),
    ...at('organisation/change_freezes/*').flatMap(checkFreeze),
    ...at('config/shared').flatMap(checkSubjectTypes),
  ];
}

function checkName({ pointer }: Found, name: unknown, sort: Sort, known: Names): DataFault[] {
  if (typeof name !== 'string' || known.get(sort)?.has(name)) return [];
  return [{ pointer, message: `there is no ${sort} ${JSON.stringify(name)}` }];
}

/** `{owner}` stands for any team that owns a service, `{vendor}` for any vendor. At least one of them must have such a group. */
function checkApprovers(found: Found, owners: readonly string[], known: Names): DataFault[] {
  if (typeof found.value !== 'string') return [];
  const [, prefix = '', name = ''] = /^(on-call:|sponsor:)?(.*)$/s.exec(found.value) ?? [];
  const sort = SORT_BY_PREFIX[prefix] ?? 'group';
  const filled = [
    name,
    ...owners.map((owner) => name.replaceAll('{owner}', owner)),
    ...[...(known.get('vendor') ?? [])].map((vendor) => name.replaceAll('{vendor}', vendor)),
  ];
  return filled.some((each) => known.get(sort)?.has(each)) ? [] : checkName(found, name, sort, known);
}

function checkThresholds({ pointer, value }: Found): DataFault[] {
  const scores = TIERS_WITH_THRESHOLD.map((tier) => [tier, isObject(value) ? value[tier] : undefined] as const);
  return scores.flatMap(([tier, score], index) => {
    const [below, lower] = scores[index - 1] ?? [];
    if (typeof score !== 'number' || typeof lower !== 'number' || score > lower) return [];
    return [{ pointer: `${pointer}/${tier}`, message: `must be higher than that of ${below} (${lower})` }];
  });
}

function checkZone({ pointer, value }: Found): DataFault[] {
  if (typeof value !== 'string') return [];
  try {
    findZone(value);
    return [];
  } catch {
    return [{ pointer, message: `there is no time zone ${JSON.stringify(value)}` }];
  }
}

function checkFreeze({ pointer, value }: Found): DataFault[] {
  if (!isObject(value)) return [];
  const { first_day: first, last_day: last } = value;
  // ISO dates sort as texts.
  if (typeof first !== 'string' || typeof last !== 'string' || first <= last) return [];
  return [{ pointer: `${pointer}/last_day`, message: `must not be before first_day (${first})` }];
}

/** The engine would treat a type of both sorts as a workload, whose persons need not be known. */
function checkSubjectTypes({ pointer, value }: Found): DataFault[] {
  const { person_subject_types: persons, workload_subject_types: workloads } = isObject(value) ? value : {};
  if (!Array.isArray(persons) || !Array.isArray(workloads)) return [];
  return workloads.flatMap((type, index) => {
    if (!persons.includes(type)) return [];
    const message = `${JSON.stringify(type)} is also in person_subject_types: remove it from one of the two`;
    return [{ pointer: `${pointer}/workload_subject_types/${index}`, message }];
  });
}
