import { assertionsIn, chosenBy, chosenOrigins, isAsserted, isOfRequest } from './assertion.ts';
import {
  ANY,
  ELEMENT,
  joined,
  membersOf,
  nothing,
  type Origin,
  originValue,
  type Place,
  partsOf,
  textValue,
  type Value,
} from './value.ts';
import type { Choice, Frame, Reading } from './visit.ts';

/**
 * The members of a value under the names that `key` may be; under any name, where nobody knows. Where the request says the
 * name, it chose the member.
 */
export function dot(frame: Frame, value: Value, key: Value, place: Place): Value {
  const assertions = assertionsIn(key, place);
  const names = key.texts.size > 0 ? [...key.texts] : [[ANY, place] as const];
  const origins: Origin[] = [];
  for (const origin of value.origins.values()) {
    if (origin.isName) continue;
    for (const [name, written] of names) {
      const found = chosenOrigins(memberOf(origin, name, written), assertions);
      origins.push(...found);
      frame.visit.readings.push(...found.map((each) => readingOf(each, written)));
    }
  }
  const made = membersOf(value, key.texts.keys()).map((member) => chosenBy(member, assertions));
  if (assertions.length > 0) frame.visit.readings.push(...made.flatMap((member) => readingsOfChosen(member, place)));
  relate(frame, joined([namesIn(value), ...membersOf(value, [ELEMENT])]), key, place);
  return joined([originValue(...origins), ...made]);
}

function memberOf({ steps, by, each }: Origin, name: string, written: Place): Origin {
  const way = [...steps, name];
  const at = isAsserted(way) ? { at: written } : {};
  return { isName: false, steps: way, ...at, ...(by && { by }), ...(each !== undefined && { each }) };
}

/** The members of a value, one after the other. */
export function eachOf(frame: Frame, value: Value, place: Place): Value {
  const found = dot(frame, value, nothing(), place);
  const origins = [...found.origins.values()].map((origin) => ({ ...origin, each: origin.steps.length - 1 }));
  return { ...found, origins: originValue(...origins).origins };
}

function readingOf({ steps, by }: Origin, place: Place): Reading {
  return { steps, place, ...(by && { by }) };
}

/** What policy put together itself, and the request chose a part of, is looked at there. */
function readingsOfChosen(member: Value, place: Place): Reading[] {
  const origins = [...partsOf(member)].flatMap((part) => [...part.origins.values()]);
  return origins.filter(({ isName, by }) => !isName && by !== undefined).map((origin) => readingOf(origin, place));
}

function namesIn({ origins }: Value): Value {
  return originValue(...[...origins.values()].filter(({ isName }) => isName));
}

/** The names of the members of a value, as values. */
export function namesOf(value: Value, place: Place): Value {
  const named = [...value.origins.values()].filter(({ isName }) => !isName);
  const names = [...value.members.keys()].filter((name) => name !== ANY && name !== ELEMENT);
  return joined([
    originValue(...named.map((origin) => ({ ...memberOf(origin, ANY, place), isName: true }))),
    namesIn(value),
    ...names.map((name) => textValue(name, place)),
  ]);
}

/** Neither a number, which may be one of a list, nor what stands for names that are not known. */
const NAME = /[A-Za-z]/;

/**
 * Who compares the name of a member with a constant, or an object with one that has a member, looks at that member; who
 * compares one of many, or its name, with what the request says lets the request choose.
 */
export function relate(frame: Frame, left: Value, right: Value, place: Place): void {
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const names = originsAnywhereIn(one).filter(({ isName }) => isName);
    const readings = [...readingsOfNames(names, other), ...readingsOfMembers(one, other, place)];
    frame.visit.readings.push(...readings.filter(({ steps }) => NAME.test(steps.at(-1) ?? '')));
    frame.visit.choices.push(...choicesOf(one, other, place));
  }
}

function originsAnywhereIn(value: Value): Origin[] {
  return [...partsOf(value)].flatMap(({ origins }) => [...origins.values()]);
}

function readingsOfNames(names: readonly Origin[], other: Value): Reading[] {
  if (names.length === 0) return [];
  const texts = [...partsOf(other)].flatMap((part) => [...part.texts]);
  return names.flatMap(({ steps, by }) =>
    texts.map(([name, place]) => ({ steps: [...steps.slice(0, -1), name], place, ...(by && { by }) })),
  );
}

function readingsOfMembers({ origins }: Value, { members }: Value, place: Place): Reading[] {
  const objects = [...origins.values()].filter(({ isName }) => !isName);
  return objects.flatMap((origin) =>
    [...members.keys()].map((name) => readingOf({ ...origin, steps: [...origin.steps, name] }, place)),
  );
}

function choicesOf(one: Value, other: Value, place: Place): Choice[] {
  const ways = originsAnywhereIn(one)
    .filter(({ steps }) => !isOfRequest(steps))
    .flatMap(({ isName, steps, each }) => {
      if (isName) return [steps];
      return each === undefined ? [] : [steps.slice(0, each + 1)];
    });
  if (ways.length === 0) return [];
  return assertionsIn(other, place).flatMap((by) => ways.map((steps) => ({ steps, by })));
}
