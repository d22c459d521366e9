import { ZodError } from 'zod';
import { isObject } from '../../base/json-object.ts';
import { escapePointer } from '../../base/json-text.ts';
import { type DataFault, valuesAt } from '../../bundle/data-values.ts';
import { type Approvers, readApprovers } from './approvers.ts';
import {
  type AskedName,
  type AskedRequirement,
  type AskedTogether,
  readAsked,
  readFreezeApprovers,
} from './asked-approvers.ts';
import { canFillAll, countOf, MOST_PLACES, type Places, scarcePlaces } from './places.ts';

/** Faults prevent a build. Warnings are probable mistakes that do not. */
export interface ApproverCheck {
  faults: DataFault[];
  warnings: DataFault[];
}

const SPONSOR = 'sponsor:';
const ON_CALL = 'on-call:';
const MOST_SHOWN = 5;

/**
 * Finds approvals that nobody could give, so that requests would wait for ever: groups and rotas without an active person, and
 * requirements that need more different persons than there are. Warns where a request by one of the only possible approvers
 * could never be approved, and where a vendor's sponsor cannot approve. Data of another shape are skipped, because the schemas
 * check the shape.
 */
export function checkApprovers(data: unknown): ApproverCheck {
  try {
    const [approvers, asked] = [readApprovers(data), readAsked(data)];
    const names = [
      ...asked.flatMap(({ requirements }) => requirements.flatMap((each) => each.names)),
      ...readFreezeApprovers(data),
    ];
    const context: Context = { approvers, pools: new Map() };
    return {
      faults: distinct([
        ...emptyRotas(data, approvers),
        ...emptyGroups(names, approvers),
        ...asked.flatMap((together) => unmet(together, context)),
      ]),
      warnings: distinct([
        ...lostSponsors(names, data, approvers),
        ...indispensable(asked, context),
        ...lonelyPeople(data),
      ]),
    };
  } catch (error) {
    if (error instanceof ZodError) return { faults: [], warnings: [] };
    throw error;
  }
}

interface Context {
  approvers: Approvers;
  /** The persons who could meet a requirement, by the content of the requirement. */
  pools: Map<string, Places['pool']>;
}

function distinct(faults: readonly DataFault[]): DataFault[] {
  return [...new Map(faults.map((fault) => [`${fault.pointer} ${fault.message}`, fault])).values()];
}

function emptyRotas(data: unknown, approvers: Approvers): DataFault[] {
  return valuesAt(data, 'organisation/on_call/*')
    .filter(({ key }) => approvers.named(`${ON_CALL}${key}`)?.size === 0)
    .map(({ pointer }) => ({ pointer, message: 'no active person is on call' }));
}

/** Finds named groups that are empty, and groups that a name with `{owner}` or `{vendor}` needs and that do not exist. */
function emptyGroups(names: readonly AskedName[], approvers: Approvers): DataFault[] {
  const asked = Map.groupBy(names, ({ name }) => name);
  return [...asked].flatMap(([name, all]) => {
    const [first] = all;
    if (first === undefined || name.startsWith(SPONSOR)) return [];
    const places = new Set(all.map(({ pointer }) => pointer)).size;
    const asking = `${places === 1 ? 'a requirement asks' : `${places} requirements ask`} for it (${first.pointer})`;
    const members = approvers.named(name);
    if (members === undefined) return missing(first, asking);
    if (members.size > 0 || name.startsWith(ON_CALL)) return [];
    const pointer = `/organisation/groups/${escapePointer(name)}`;
    return [{ pointer, message: `no active person with an identity is in this group, and ${asking}` }];
  });
}

/** The schemas report names without a placeholder (`x-name-of`). */
function missing({ name, example }: AskedName, asking: string): DataFault[] {
  if (example === null) return [];
  const [sort, bare] = name.startsWith(ON_CALL) ? ['team on call', name.slice(ON_CALL.length)] : ['group', name];
  const pointer = `/organisation/services/${escapePointer(example.service)}/owner`;
  return [{ pointer, message: `there is no ${sort} ${JSON.stringify(bare)}, and ${asking}` }];
}

function unmet({ pointer, requirements }: AskedTogether, context: Context): DataFault[] {
  const places = requirements.map((requirement) => ({
    requirement,
    pool: poolOf(requirement, context),
    count: requirement.count,
  }));
  const short = places.filter(({ pool, count }) => pool.size < count);
  if (short.length > 0) {
    // An empty or missing group is reported at the group.
    const isTold = ({ requirement: { names } }: (typeof short)[number]) =>
      names.some(({ name }) => !context.approvers.named(name)?.size);
    return short
      .filter((each) => !isTold(each))
      .map(({ requirement, pool }) => ({ pointer: requirement.pointer, message: shortOf(requirement, pool) }));
  }
  if (canFillAll(places)) return [];
  const scarce = scarcePlaces(places);
  const people = new Set(scarce.flatMap(({ pool }) => [...pool]));
  const further = scarce
    .map(({ requirement }) => requirement.pointer)
    .filter((each) => !each.startsWith(`${pointer}/`));
  const where = whereOf(scarce.flatMap(({ requirement }) => requirement.names));
  const what = `these requirements cannot be met together${further.length > 0 ? ` with ${further.join(', ')}` : ''}${where}`;
  const why = `they need ${countOf(scarce)} different persons, and ${shown(people)} cannot fill all places`;
  return [{ pointer, message: `${what}: ${why}` }];
}

/** The persons who could meet a requirement. Stops when there are more persons than there can be places. */
function poolOf({ names, count, isSigned }: AskedRequirement, { approvers, pools }: Context): Places['pool'] {
  const enough = Math.max(count, MOST_PLACES) + 1;
  const key = JSON.stringify([isSigned, enough, ...names.map(({ name }) => name)]);
  const before = pools.get(key);
  if (before) return before;
  const pool = new Set<string>();
  pools.set(key, pool);
  for (const { name } of names) {
    for (const person of approvers.named(name) ?? []) {
      if (!isSigned || approvers.canSign(person)) pool.add(person);
      if (pool.size === enough) return pool;
    }
  }
  return pool;
}

function shortOf({ names, count, isSigned }: AskedRequirement, pool: Places['pool']): string {
  const groups = names.map(({ name }) => JSON.stringify(name)).join(' or ');
  const able = `${shown(pool)} could ${isSigned ? 'sign with a key of their own' : 'approve'}`;
  return `this requirement cannot be met${whereOf(names)}: it asks for ${count} of ${groups}, and ${pool.size > 0 ? 'only ' : ''}${able}`;
}

function whereOf(names: readonly AskedName[]): string {
  const example = names.find((name) => name.example !== null)?.example;
  return example ? ` for resources of ${example.owner}, such as ${example.id}` : '';
}

function shown(people: ReadonlySet<string>): string {
  if (people.size === 0) return 'nobody';
  const sorted = [...people].sort();
  const more = sorted.length > MOST_SHOWN ? [`${sorted.length - MOST_SHOWN} more`] : [];
  return [...sorted.slice(0, MOST_SHOWN), ...more].join(' and ');
}

/** A warning, not a fault: the shipped policies deny access of such a vendor. */
function lostSponsors(names: readonly AskedName[], data: unknown, approvers: Approvers): DataFault[] {
  const lost = new Set(names.map(({ name }) => name).filter((name) => approvers.named(name)?.size === 0));
  return valuesAt(data, 'organisation/vendors/*')
    .filter(({ key }) => lost.has(`${SPONSOR}${key}`))
    .map(({ pointer, value }) => ({
      pointer: `${pointer}/sponsor`,
      message: `${isObject(value) ? value['sponsor'] : 'the sponsor'} has left, is suspended or has no identity, so no one can approve as the sponsor`,
    }));
}

/** Nobody approves their own request. If all possible approvers are needed, a request of one of them waits for ever. */
function indispensable(asked: readonly AskedTogether[], context: Context): DataFault[] {
  const found = new Map<string, DataFault>();
  for (const requirement of asked.flatMap(({ requirements }) => requirements)) {
    const pool = poolOf(requirement, context);
    const isSponsor = requirement.names.some(({ name }) => name.startsWith(SPONSOR));
    if (isSponsor || pool.size !== requirement.count) continue;
    const groups = requirement.names.map(({ name }) => JSON.stringify(name)).join(' or ');
    const who = `only ${shown(pool)} could approve as ${groups}`;
    const message = `${who}, so no one can approve ${pool.size === 1 ? 'their own requests' : 'the requests of one of them'}`;
    if (!found.has(message)) found.set(message, { pointer: requirement.pointer, message });
  }
  return [...found.values()];
}

function lonelyPeople(data: unknown): DataFault[] {
  const groups = valuesAt(data, 'organisation/people/*/groups');
  if (groups.length === 0 || groups.some(({ value }) => !Array.isArray(value) || value.length > 0)) return [];
  return [{ pointer: '/organisation/people', message: 'no person is in any group except their team' }];
}
