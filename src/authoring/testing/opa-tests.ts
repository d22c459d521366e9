import { z } from 'zod';
import type { WrittenAt } from '../plan/planned-rules.ts';
import { locationSchema } from '../toolchain/opa-location.ts';

/** A test as `opa test` reports it. */
export interface OpaTest {
  location: WrittenAt;
  /** As in `data.approval_test`. */
  package: string;
  name: string;
  /** Why it did not pass; null where it passed. */
  fault: 'fails' | 'is skipped' | null;
  /** The cases of a parameterised test `test_x[name]`, each by its names: `test_x[a][b]` has two. Empty for another test. */
  cases: readonly TestCase[];
}

export interface TestCase {
  names: readonly string[];
  passes: boolean;
}

interface SubResult {
  fail: boolean;
  sub_results: Record<string, SubResult>;
}

const subResultSchema: z.ZodType<SubResult> = z.object({
  fail: z.boolean().default(false),
  sub_results: z
    .record(
      z.string(),
      z.lazy(() => subResultSchema),
    )
    .default({}),
});

const testSchema = z
  .object({
    location: locationSchema,
    package: z.string(),
    name: z.string(),
    fail: z.boolean().default(false),
    skip: z.boolean().default(false),
    error: z.unknown().optional(),
    sub_results: z.record(z.string(), subResultSchema).default({}),
  })
  .transform(({ fail, skip, error, sub_results: subResults, ...test }): OpaTest => {
    const failed = fail || error !== undefined ? ('fails' as const) : null;
    return { ...test, fault: skip ? 'is skipped' : failed, cases: casesIn(subResults) };
  });

const reportSchema = z.array(testSchema);

/** Reads what `opa test --format json` writes. Throws where it is no such report. */
export function parseTestReport(text: string): OpaTest[] {
  return reportSchema.parse(JSON.parse(text));
}

/** How messages call a case: `test_x[name]`. */
export function nameOfCase({ name }: Pick<OpaTest, 'name'>, { names }: Pick<TestCase, 'names'>): string {
  return `${name}${names.map((each) => `[${each}]`).join('')}`;
}

function casesIn(subResults: Readonly<Record<string, SubResult>>, above: readonly string[] = []): TestCase[] {
  return Object.entries(subResults).flatMap(([name, { fail, sub_results: below }]) => {
    const names = [...above, name];
    return Object.keys(below).length > 0 ? casesIn(below, names) : [{ names, passes: !fail }];
  });
}
