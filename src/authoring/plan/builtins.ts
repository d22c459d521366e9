import { dot, namesOf, relate } from './reading.ts';
import {
  ANY,
  addMember,
  ELEMENT,
  joined,
  membersOf,
  nothing,
  originValue,
  type Place,
  partsOf,
  textValue,
  type Value,
} from './value.ts';
import type { Frame } from './visit.ts';

type Builtin = (frame: Frame, args: readonly Value[], place: Place) => Value;

const BUILTINS: Readonly<Record<string, Builtin>> = {
  'array.concat': (_, args) => joined(args),
  'object.remove': (_, [object]) => object ?? nothing(),
  'object.union': (_, args) => joined(args),
  'object.union_n': (_, args) => joined(args.flatMap((arg) => membersOf(arg, []))),
  'object.filter': filtered,
  'object.get': (frame, [object = nothing(), path = nothing(), otherwise = nothing()], place) => {
    return joined([getAt(frame, object, path, place), otherwise]);
  },
  'object.keys': (_, [object = nothing()], place) => asSet(namesOf(object, place)),
  'json.filter': filtered,
  'json.remove': (_, [object]) => object ?? nothing(),
  minus: (_, args) => originsIn(args), // What is taken away is not looked at.
  or: (_, args) => joined(args),
  union: (_, args) => joined(args.flatMap((arg) => membersOf(arg, []))),
  walk: (_, [walked = nothing()]) => walkedSet(walked),
};

/** What a builtin gives of what it is given. */
export function callBuiltin(frame: Frame, name: string, args: readonly Value[], place: Place): Value {
  return (BUILTINS[name] ?? derived)(frame, args, place);
}

/** What is made of a part of the request is still what the request says. */
function derived(frame: Frame, args: readonly Value[], place: Place): Value {
  for (const [index, arg] of args.entries()) {
    for (const other of args.slice(index + 1)) relate(frame, arg, other, place);
  }
  return originsIn(args);
}

function originsIn(values: readonly Value[]): Value {
  return originValue(...values.flatMap((value) => [...partsOf(value)].flatMap((part) => [...part.origins.values()])));
}

/** `object.get` takes a name, or a list of them as a way. */
function getAt(frame: Frame, object: Value, path: Value, place: Place): Value {
  if (path.members.size === 0) return dot(frame, object, path, place);
  return [...path.members.values()].reduce((value, step) => dot(frame, value, step, place), object);
}

/** The object, of which constants say what to keep: names, or ways like `resource/properties`. */
function filtered(frame: Frame, [object = nothing(), wanted = nothing()]: readonly Value[], place: Place): Value {
  const ways = [...partsOf(wanted)].flatMap((part) => [...part.texts]);
  for (const [way, written] of ways) {
    way.split('/').reduce((value, step) => dot(frame, value, textValue(step, written), place), object);
  }
  return object;
}

function asSet(elements: Value): Value {
  const all = nothing();
  addMember(all, ELEMENT, elements);
  return all;
}

/** `walk` relates a value to lists of a way and what is there. */
function walkedSet(walked: Value): Value {
  const origins = [...walked.origins.values()].filter(({ isName }) => !isName);
  const below = origins.map((origin) => ({ ...origin, steps: [...origin.steps, ANY] })); // However deep.
  const pair = nothing();
  const way = nothing();
  const names = below.map((origin) => ({ ...origin, isName: true, steps: [...origin.steps, ANY] }));
  addMember(way, ANY, originValue(...names));
  addMember(pair, '0', way);
  addMember(pair, '1', joined([...partsOf(walked), originValue(...below)]));
  return asSet(pair);
}
