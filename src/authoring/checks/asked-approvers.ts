import { z } from 'zod';
import { isObject } from '../../base/json-object.ts';
import { escapePointer } from '../../base/json-text.ts';
import { valuesAt } from '../../bundle/data-values.ts';

const requirementSchema = z.looseObject({
  any_of: z.array(z.string()),
  count: z.int().min(1),
  min_assurance: z.string().optional(),
  max_authentication_age_seconds: z.number().optional(),
});
const kindSchema = z.looseObject({
  tiers: z.record(z.string(), z.looseObject({ requirements: z.array(requirementSchema).default([]) })).default({}),
  further_requirements: z.record(z.string(), requirementSchema).default({}),
});

/** A resource that represents all resources of the same owner and vendor. */
interface Example {
  id: string;
  service: string;
  owner: string;
  vendor: string | null;
}

/** A name of possible approvers in the settings, with the placeholders filled in for a resource. */
export interface AskedName {
  name: string;
  pointer: string;
  /** The resource whose owner or vendor was filled in; null for a name without a placeholder. */
  example: Example | null;
}

export interface AskedRequirement {
  /** The pointer of the requirement. */
  pointer: string;
  names: readonly AskedName[];
  count: number;
  /** Whether only approvals count that persons sign with their own keys. */
  isSigned: boolean;
}

/** Requirements that have to be met together. */
export interface AskedTogether {
  pointer: string;
  requirements: readonly AskedRequirement[];
}

/**
 * Lists all sets of requirements that the settings of kinds can ask for together: those of each tier, alone and with each
 * further requirement of the kind, for every owner and vendor of resources of the kind's type. Throws ZodError for settings
 * of another shape.
 */
export function readAsked(data: unknown): AskedTogether[] {
  return valuesAt(data, 'config/kinds/*').flatMap(({ pointer, key, value }) => {
    const { tiers, further_requirements: further } = kindSchema.parse(value);
    const examples = examplesOf(data, key.split('/')[1] ?? '');
    return (examples.length > 0 ? examples : [null]).flatMap((example) => {
      const more = Object.entries(further).flatMap(([name, requirement]) =>
        fill(requirement, `${pointer}/further_requirements/${escapePointer(name)}`, example),
      );
      return Object.entries(tiers).flatMap(([tier, { requirements }]) => {
        const at = `${pointer}/tiers/${escapePointer(tier)}/requirements`;
        const own = requirements.flatMap((requirement, index) => fill(requirement, `${at}/${index}`, example));
        return [
          { pointer: at, requirements: own },
          ...more.map((each) => ({ pointer: at, requirements: [...own, each] })),
        ];
      });
    });
  });
}

/** The names of those who could approve during a change freeze. */
export function readFreezeApprovers(data: unknown): AskedName[] {
  return valuesAt(data, 'organisation/change_freezes/*/unless_approved_by/*').flatMap(({ pointer, value }) =>
    typeof value === 'string' && !value.includes('{') ? [{ name: value, pointer, example: null }] : [],
  );
}

/** Picks one resource for each owner and vendor among the resources of a type. */
function examplesOf(data: unknown, type: string): Example[] {
  const found = new Map<string, Example>();
  const owners = new Map(valuesAt(data, 'organisation/services/*/owner').map(({ pointer, value }) => [pointer, value]));
  for (const { key: id, value } of valuesAt(data, 'organisation/resources/*/*').filter(isOfType(type))) {
    if (!isObject(value)) continue;
    const service = String(value['service']);
    const owner = owners.get(`/organisation/services/${escapePointer(service)}/owner`);
    if (typeof owner !== 'string') continue;
    const vendor = typeof value['vendor'] === 'string' ? value['vendor'] : null;
    const key = JSON.stringify([owner, vendor]);
    if (!found.has(key)) found.set(key, { id, service, owner, vendor });
  }
  return [...found.values()];
}

function isOfType(type: string) {
  const prefix = `/organisation/resources/${escapePointer(type)}/`;
  return ({ pointer }: { pointer: string }) => pointer.startsWith(prefix);
}

/** Empty where all names have a placeholder for a missing owner or vendor: such a requirement is never asked for. */
function fill(
  requirement: z.output<typeof requirementSchema>,
  pointer: string,
  example: Example | null,
): AskedRequirement[] {
  const names = requirement.any_of.flatMap((pattern, index) => {
    const name = pattern
      .replaceAll('{owner}', example?.owner ?? '{owner}')
      .replaceAll('{vendor}', example?.vendor ?? '{vendor}');
    if (name.includes('{')) return [];
    return [{ name, pointer: `${pointer}/any_of/${index}`, example: name === pattern ? null : example }];
  });
  if (names.length === 0) return [];
  const { count, min_assurance: assurance, max_authentication_age_seconds: age } = requirement;
  return [{ pointer, names, count, isSigned: assurance === 'signed' || age !== undefined }];
}
