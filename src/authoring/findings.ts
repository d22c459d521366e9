import type { Place, Value } from './plan/value.ts';
import type { Call } from './plan/visit.ts';
import { type Annotation, isOfPackages } from './toolchain/annotations.ts';

/** The functions of the package `approval.lib.finding` by which rules report what they found. */
export type FindingType = 'denial' | 'refusal' | 'factor' | 'obligation';

/** What a rule reports, and what its METADATA say about it. */
export type Finding<T> = T & { title: string; description: string; controls: string[] };

/** A call of such a function: the code or id that it reports, its arguments, and where it stands. */
export type FindingCall = Finding<{ id: string; args: readonly Value[]; place: Place }>;

const PACKAGE = ['approval', 'lib', 'finding'];

/**
 * The calls of `finding.<type>(id, …, rule)` among CALLS. The title, description and controls are those
 * of the last argument, `rego.metadata.rule()`; for METADATA of scope `document`, which that call does not return, they are
 * those above the call.
 */
export function findingsIn(
  calls: readonly Call[],
  type: FindingType,
  annotations: readonly Annotation[],
): FindingCall[] {
  const path = JSON.stringify([...PACKAGE, type]);
  const idAt = type === 'refusal' ? 1 : 0; // The first argument of a refusal is the approval.
  return calls.flatMap(({ callee, place }) => {
    if (JSON.stringify(callee.path) !== path) return [];
    const { args } = callee;
    const rule = args.at(-1);
    const controls = [...(memberAt(rule, 'custom', 'controls')?.members.values() ?? [])].map((each) => textAt(each));
    const own = { title: textAt(rule, 'title'), description: textAt(rule, 'description') };
    const { title, description } = own.title === '' ? (annotationAbove(place, annotations) ?? own) : own;
    return textsOf(args[idAt]).map((id) => ({ id, args, place, title, description, controls: controls.sort() }));
  });
}

/** The METADATA of the rule at a place, or the nearest above it. */
export function annotationAbove({ file, line }: Place, annotations: readonly Annotation[]): Annotation | undefined {
  const above = annotations.filter((each) => !isOfPackages(each) && each.file === file && each.row <= line);
  return above.sort((one, other) => other.row - one.row)[0];
}

/** The texts that a value may be. */
export function textsOf(value: Value | undefined): string[] {
  return [...(value?.texts.keys() ?? [])];
}

function memberAt(value: Value | undefined, ...names: readonly string[]): Value | undefined {
  return names.reduce((at, name) => at?.members.get(name), value);
}

function textAt(value: Value | undefined, ...names: readonly string[]): string {
  return textsOf(memberAt(value, ...names))[0] ?? '';
}
