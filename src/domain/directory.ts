import { z } from 'zod';
import { type PublicKey, publicKeySchema, thumbprint } from '../base/public-key.ts';

const personSchema = z.object({
  /** False for a person who has left or is suspended. */
  active: z.boolean().default(true),
  groups: z.array(z.string()).default([]),
  team: z.string().optional(),
  /** With their thumbprints, which are computed once and not in every thread. */
  keys: z.array(publicKeySchema.transform((jwk) => ({ kid: thumbprint(jwk), jwk }))).default([]),
});

/** Types of subjects that are not persons, where the data of a bundle do not say (`config.shared.workload_subject_types`). */
const WORKLOAD_TYPES = ['workload'];

const directoryDataSchema = z.object({
  config: z
    .object({
      shared: z
        .object({ workload_subject_types: z.array(z.string()).default(WORKLOAD_TYPES) })
        .default({ workload_subject_types: WORKLOAD_TYPES }),
    })
    .default({ shared: { workload_subject_types: WORKLOAD_TYPES } }),
  identities: z.record(z.string(), z.string()).default({}),
  organisation: z
    .object({
      /** Whether its people are fictional, as those of the shipped policies are. */
      example: z.boolean().default(false),
      people: z.record(z.string(), personSchema),
      groups: z.record(z.string(), z.object({ within: z.array(z.string()).default([]) })).default({}),
    })
    .default({ example: false, people: {}, groups: {} }),
});

export type DirectoryData = z.output<typeof directoryDataSchema>;

/** The persons of the organisation, from the data of a bundle: the only source of persons and groups (law 4). */
export interface Directory {
  /** Whether its people are fictional: `data.organisation.example`. */
  isExample: boolean;
  /** The person behind an identity (login, e-mail, account id, `(iss, sub)`), or null if it is not mapped. */
  personOf(identity: string): string | null;
  teamOf(person: string): string | null;
  /** Whether a person has neither left nor been suspended. */
  isActive(person: string): boolean;
  /** All groups of a person, nested ones included, sorted. */
  groupsOf(person: string): string[];
  /** Whether subjects of this type are workloads; every other type is one of persons. */
  isWorkloadType(type: string): boolean;
  /** The person who registered the key with this RFC 7638 thumbprint, or null if it is not registered. */
  signerOf(kid: string): Signer | null;
}

export interface Signer {
  person: string;
  jwk: PublicKey;
}

/**
 * Reads `data.identities`, `data.organisation` and `data.config.shared`, and nothing else of the data. Throws ZodError. That no
 * key has two owners is checked by the bundle.
 */
export function readDirectoryData(data: unknown): DirectoryData {
  return directoryDataSchema.parse(data);
}

/** Data without people give an empty directory. */
export function createDirectory({ config, identities, organisation }: DirectoryData): Directory {
  const personByIdentity = new Map(Object.entries(identities));
  const workloadTypes = new Set(config.shared.workload_subject_types);
  const people = new Map(Object.entries(organisation.people));
  const groups = new Map(Object.entries(organisation.groups));
  const signers = new Map(
    [...people].flatMap(([person, { keys }]) => keys.map(({ kid, jwk }) => [kid, { person, jwk }] as const)),
  );

  function closure(direct: readonly string[]): string[] {
    const found = new Set(direct);
    for (const group of found) for (const parent of groups.get(group)?.within ?? []) found.add(parent);
    return [...found].sort();
  }

  return {
    isExample: organisation.example,
    personOf(identity) {
      const person = personByIdentity.get(identity);
      return person !== undefined && people.has(person) ? person : null;
    },
    isActive: (person) => people.get(person)?.active ?? false,
    teamOf: (person) => people.get(person)?.team ?? null,
    groupsOf(person) {
      const entry = people.get(person);
      if (entry === undefined) return [];
      return closure(entry.team === undefined ? entry.groups : [entry.team, ...entry.groups]);
    },
    isWorkloadType: (type) => workloadTypes.has(type),
    signerOf: (kid) => signers.get(kid) ?? null,
  };
}
