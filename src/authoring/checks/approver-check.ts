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

/** Faults, and warnings: what is probably not meant, and does not keep a bundle from being built. */
export interface ApproverCheck {
  faults: DataFault[];
  warnings: DataFault[];
}

const SPONSOR = 'sponsor:';
const ON_CALL = 'on-call:';
const MOST_SHOWN = 5;

/**
 * Looks for approvals that nobody could give, so that requests would wait for ever: groups and rotas without anybody who is
 * active, and requirements that ask for more persons than there are, each filling one place. Warns where the only persons
 * who could approve could not do so for themselves, and where a vendor's sponsor cannot approve. Data of another shape are
 * passed over, since schemas say what shape they have.
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
  /** Who could meet a requirement, by what it asks for. */
  pools: Map<string, Places['pool']>;
}

function distinct(faults: readonly DataFault[]): DataFault[] {
  return [...new Map(faults.map((fault) => [`${fault.pointer} ${fault.message}`, fault])).values()];
}

function emptyRotas(data: unknown, approvers: Approvers): DataFault[] {
  return valuesAt(data, 'organisation/on_call/*')
    .filter(({ key }) => approvers.named(`${ON_CALL}${key}`)?.size === 0)
    .map(({ pointer }) => ({ pointer, message: 'nobody who is active is on call' }));
}

/** Groups that are named and have nobody, or that the name with `{owner}` or `{vendor}` says there should be. */
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
    return [{ pointer, message: `nobody who is active and has an identity is in this group, and ${asking}` }];
  });
}

/** A name without a placeholder is left to checkReferences. */
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
    // Where there is nobody at all, or no such group, that was told of the group.
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
  const what = `these requirements together${further.length > 0 ? ` with ${further.join(', ')}` : ''}${where}`;
  const why = `they ask for ${countOf(scarce)} different persons, and ${shown(people)} cannot fill all places`;
  return [{ pointer, message: `nobody can meet ${what}: ${why}` }];
}

/** Who could meet a requirement; beyond more people than there can be places, whoever else could does not matter. */
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
  return `nobody can meet this requirement${whereOf(names)}: it asks for ${count} of ${groups}, and ${pool.size > 0 ? 'only ' : ''}${able}`;
}

function whereOf(names: readonly AskedName[]): string {
  const example = names.find((name) => name.example !== null)?.example;
  return example ? ` for what ${example.owner} owns, such as ${example.id}` : '';
}

function shown(people: ReadonlySet<string>): string {
  if (people.size === 0) return 'nobody';
  const sorted = [...people].sort();
  const more = sorted.length > MOST_SHOWN ? [`${sorted.length - MOST_SHOWN} more`] : [];
  return [...sorted.slice(0, MOST_SHOWN), ...more].join(' and ');
}

/** The kinds of the shipped policies deny access of such a vendor, so this is no fault. */
function lostSponsors(names: readonly AskedName[], data: unknown, approvers: Approvers): DataFault[] {
  const lost = new Set(names.map(({ name }) => name).filter((name) => approvers.named(name)?.size === 0));
  return valuesAt(data, 'organisation/vendors/*')
    .filter(({ key }) => lost.has(`${SPONSOR}${key}`))
    .map(({ pointer, value }) => ({
      pointer: `${pointer}/sponsor`,
      message: `${isObject(value) ? value['sponsor'] : 'the sponsor'} has left, is suspended or has no identity: nobody can approve as the sponsor`,
    }));
}

/** Whoever asks cannot approve: where all who could approve are needed, what one of them asks for waits for ever. */
function indispensable(asked: readonly AskedTogether[], context: Context): DataFault[] {
  const found = new Map<string, DataFault>();
  for (const requirement of asked.flatMap(({ requirements }) => requirements)) {
    const pool = poolOf(requirement, context);
    const isSponsor = requirement.names.some(({ name }) => name.startsWith(SPONSOR));
    if (isSponsor || pool.size !== requirement.count) continue;
    const groups = requirement.names.map(({ name }) => JSON.stringify(name)).join(' or ');
    const who = `only ${shown(pool)} could approve as ${groups}`;
    const message = `${who}: what ${pool.size === 1 ? 'they ask' : 'one of them asks'} for themselves nobody can approve`;
    if (!found.has(message)) found.set(message, { pointer: requirement.pointer, message });
  }
  return [...found.values()];
}

function lonelyPeople(data: unknown): DataFault[] {
  const groups = valuesAt(data, 'organisation/people/*/groups');
  if (groups.length === 0 || groups.some(({ value }) => !Array.isArray(value) || value.length > 0)) return [];
  return [{ pointer: '/organisation/people', message: 'nobody is in any group besides their team' }];
}
