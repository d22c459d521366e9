import { z } from 'zod';
import { PolicyFaults } from '../policy-fault.ts';
import { parseOpaErrors } from './opa-errors.ts';
import { run } from './run.ts';

const annotationSchema = z
  .object({
    annotations: z.object({
      scope: z.string(),
      title: z.string().default(''),
      description: z.string().default(''),
      custom: z.record(z.string(), z.unknown()).default({}),
    }),
    location: z.object({ file: z.string(), row: z.int() }),
    path: z.array(z.object({ value: z.unknown() })),
  })
  .transform(({ annotations, location, path }) => ({
    ...annotations,
    ...location,
    // A rule may be named by numbers and variables, too: `a[1].b`, `a[x].b`.
    path: path.slice(1).map(({ value }) => String(value)),
  }));

/**
 * A METADATA block: its scope (`package`, `rule`, …), what it says, and the file and row of what it is about; the path is
 * that of the package or rule below `data`.
 */
export type Annotation = z.output<typeof annotationSchema>;

/** Whether an annotation is about packages, and not about a rule. */
export function isOfPackages({ scope }: Annotation): boolean {
  return scope === 'package' || scope === 'subpackages';
}

/** Whether an annotation of packages applies to one: it stands at that package, or at scope `subpackages` above it. */
export function isAbout({ scope, path }: Annotation, packagePath: readonly string[]): boolean {
  const isPrefix = path.every((step, index) => step === packagePath[index]);
  return isPrefix && (scope === 'subpackages' || path.length === packagePath.length);
}

const inspectionSchema = z.object({ annotations: z.array(annotationSchema).default([]) });

/** All METADATA of Rego that has passed checkRego, with that of its tests. Throws PolicyFaults where `opa` cannot tell. */
export async function readAnnotations(folder: string, opa: string): Promise<Annotation[]> {
  const { code, stdout, stderr } = await run(opa, ['inspect', '-a', '--format', 'json', '.'], { cwd: folder });
  if (code !== 0) throw new PolicyFaults(parseOpaErrors(stderr || stdout));
  return inspectionSchema.parse(JSON.parse(stdout)).annotations;
}
