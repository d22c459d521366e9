import { SHAPES, type Shape } from './wire-calls.ts';

/**
 * Where a value first differs from a shape, as a JSON Pointer; null where it fits. Members that the shape does not name are
 * allowed, so that a newer service can add some.
 */
export function misfit(value: unknown, shape: Shape, at = ''): string | null {
  const { ref, anyOf } = shape;
  if (ref !== undefined) return misfit(value, SHAPES[ref] ?? {}, at);
  if (anyOf !== undefined) return anyOf.some((each) => misfit(value, each, at) === null) ? null : at || '/';
  if (!isAllowed(value, shape)) return at || '/';
  if (Array.isArray(value)) return firstMisfit(value.entries(), () => shape.items, at);
  return typeof value === 'object' && value !== null ? misfitIn(value, shape, at) : null;
}

function isAllowed(value: unknown, { values, types }: Shape): boolean {
  if (values !== undefined) return values.includes(value);
  return types === undefined || types.some((type) => isOfType(value, type));
}

function misfitIn(value: object, shape: Shape, at: string): string | null {
  const missing = shape.required?.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at}/${missing}`;
  return firstMisfit(Object.entries(value), (name) => memberShape(shape, String(name)), at);
}

function memberShape({ members = {} }: Shape, name: string): Shape | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function firstMisfit(
  entries: Iterable<readonly [string | number, unknown]>,
  shapeOf: (name: string | number) => Shape | undefined,
  at: string,
): string | null {
  for (const [name, value] of entries) {
    const shape = shapeOf(name);
    const found = shape === undefined ? null : misfit(value, shape, `${at}/${name}`);
    if (found !== null) return found;
  }
  return null;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
