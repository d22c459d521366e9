import { type RegoValue, regoTypeOf } from '../rego-value.ts';
import { OperandError } from './operands.ts';

/** The parts of a path into a value, each a key. */
export type Path = readonly RegoValue[];

/** A JSON pointer, whose leading slashes OPA leaves out, or its parts, which may be any values. */
export function parsePath(path: RegoValue): Path {
  if (Array.isArray(path)) return path;
  if (typeof path !== 'string') {
    const found = regoTypeOf(path);
    throw new OperandError(
      2,
      `must be one of {set, array} containing string paths or array of path segments but got ${found}`,
    );
  }
  if (path === '') return [];
  const parts = path.replace(/^\/+/, '').split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
