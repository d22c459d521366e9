import {
  ANY,
  type Assertion,
  joined,
  type Origin,
  originValue,
  type Place,
  partsOf,
  setMember,
  type Value,
} from './value.ts';

/** What a request is about. What is found by these is what was asked for; by anything else the request would choose it. */
const SUBJECT_MATTER: ReadonlySet<string> = new Set([
  'action.name',
  'resource.id',
  'resource.type',
  'subject.id',
  'subject.type',
]);

/** Whether it is a part of the request, or may be one. */
export function isOfRequest([root, part]: readonly string[]): boolean {
  return root === 'input' && (part === 'request' || part === ANY);
}

/** Whether it is something that a request says besides what it is about. */
export function isAsserted(steps: readonly string[]): boolean {
  return isOfRequest(steps) && steps.length > 2 && !SUBJECT_MATTER.has(steps.slice(2, 4).join('.'));
}

/** What the request says that such a value may be or was chosen by; found at the place, where nobody knows a better one. */
export function assertionsIn(value: Value, place: Place): Assertion[] {
  const found = [...partsOf(value)].flatMap(({ origins }) =>
    [...origins.values()].flatMap((each) => assertionOf(each, place)),
  );
  return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
}

function assertionOf({ steps, at, by }: Origin, place: Place): Assertion[] {
  if (by) return [by];
  return isAsserted(steps) ? [{ steps, at: at ?? place }] : [];
}

/** The value, of which something that the request says chose one part; those that it chose already stay as they are. */
export function chosenBy(value: Value, assertions: readonly Assertion[], done = new Map<Value, Value>()): Value {
  if (assertions.length === 0) return value;
  const before = done.get(value);
  if (before) return before;
  const origins = [...value.origins.values()].flatMap((origin) => chosenOrigins(origin, assertions));
  const chosen = joined([originValue(...origins), { ...value, origins: new Map(), members: new Map(), depth: 0 }]);
  done.set(value, chosen);
  for (const [name, member] of value.members) setMember(chosen, name, chosenBy(member, assertions, done));
  return chosen;
}

/** What the request itself says is an assertion anyway. */
export function chosenOrigins(origin: Origin, assertions: readonly Assertion[]): Origin[] {
  if (origin.by || assertions.length === 0 || isOfRequest(origin.steps)) return [origin];
  return assertions.map((by) => ({ ...origin, by }));
}

/**
 * What the request says in a value that is to be in the place of `target`, other than what is there anyway: as in
 * `with input.request.resource.id as input.request.context.really`.
 */
export function strangersIn(value: Value, target: readonly string[], place: Place): Assertion[] {
  const own = [...value.origins.values()].flatMap((origin) => {
    if (origin.by) return [origin.by];
    const isThere = origin.steps.length === target.length && origin.steps.every((step, at) => step === target[at]);
    return isOfRequest(origin.steps) && !isThere ? [{ steps: origin.steps, at: origin.at ?? place }] : [];
  });
  const below = [...value.members].flatMap(([name, member]) => strangersIn(member, [...target, name], place));
  return [...own, ...below];
}
