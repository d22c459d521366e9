import { z } from 'zod';

const directoryDataSchema = z.object({
  identities: z.record(z.string(), z.string()).default({}),
  organisation: z
    .object({
      people: z.record(z.string(), z.object({ groups: z.array(z.string()).default([]), team: z.string().optional() })),
      groups: z.record(z.string(), z.object({ within: z.array(z.string()).default([]) })).default({}),
    })
    .default({ people: {}, groups: {} }),
});

export type DirectoryData = z.output<typeof directoryDataSchema>;

/** Who is who, from the data of a bundle: the only source of persons and groups (law 4). */
export interface Directory {
  /** The person behind an identity (login, e-mail, account id, `(iss, sub)`), or null where nobody is mapped to it. */
  personOf(identity: string): string | null;
  teamOf(person: string): string | null;
  /** All groups of a person, nested ones included, sorted. */
  groupsOf(person: string): string[];
}

/** Reads `data.identities` and `data.organisation`, and leaves the rest of the data behind. Throws ZodError. */
export function readDirectoryData(data: unknown): DirectoryData {
  return directoryDataSchema.parse(data);
}

/** Data without people give a directory that knows nobody. */
export function createDirectory({ identities, organisation }: DirectoryData): Directory {
  const personByIdentity = new Map(Object.entries(identities));
  const people = new Map(Object.entries(organisation.people));
  const groups = new Map(Object.entries(organisation.groups));

  function closure(direct: readonly string[]): string[] {
    const found = new Set(direct);
    for (const group of found) for (const parent of groups.get(group)?.within ?? []) found.add(parent);
    return [...found].sort();
  }

  return {
    personOf(identity) {
      const person = personByIdentity.get(identity);
      return person !== undefined && people.has(person) ? person : null;
    },
    teamOf: (person) => people.get(person)?.team ?? null,
    groupsOf(person) {
      const entry = people.get(person);
      if (entry === undefined) return [];
      return closure(entry.team === undefined ? entry.groups : [entry.team, ...entry.groups]);
    },
  };
}
