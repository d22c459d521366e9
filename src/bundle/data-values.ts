import { isObject } from '../base/json-object.ts';
import { escapePointer } from '../base/json-text.ts';

/** A fault in the data that no schema can express, and the RFC 6901 pointer of the value. */
export interface DataFault {
  pointer: string;
  message: string;
}

/** A value in the data. */
export interface Found {
  pointer: string;
  /** The last step of the pointer. */
  key: string;
  value: unknown;
}

/** Finds the values at a path such as `organisation/people/*`, where `*` stands for every member or element. */
export function valuesAt(data: unknown, path: string): Found[] {
  let reached: Found[] = [{ pointer: '', key: '', value: data }];
  for (const step of path.split('/')) {
    reached = reached.flatMap(({ pointer, value }) =>
      membersOf(value, step).map(([key, member]) => ({
        pointer: `${pointer}/${escapePointer(key)}`,
        key,
        value: member,
      })),
    );
  }
  return reached;
}

function membersOf(value: unknown, step: string): [key: string, member: unknown][] {
  if (step === '*') return isObject(value) || Array.isArray(value) ? Object.entries(value) : [];
  return isObject(value) && Object.hasOwn(value, step) ? [[step, value[step]]] : [];
}
