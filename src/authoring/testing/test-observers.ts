import { z } from 'zod';
import type { WrittenAt } from '../plan/planned-rules.ts';
import { nodeLocationSchema } from '../toolchain/opa-location.ts';

/** A value that a test works out on its way, and the rule that tells it. */
export interface Observer {
  /** The name of the test. */
  test: string;
  place: WrittenAt;
  /** What is looked at, as it stands in the test. */
  what: string;
  /** The body of a rule: what the test says before, and `countersign_value`. */
  body: string;
}

interface Term {
  type: string;
  value: unknown;
  text: string;
}

interface Expression {
  location: { row: number; col: number; text: string };
  terms: unknown;
  with?: readonly { location: { text: string } }[] | undefined;
}

/** Rules that are functions, or no tests, are looked at where a test asks for them. */
const TEST = /^test_/;
export const VALUE = 'countersign_value';

const termSchema = z
  .object({ type: z.string(), value: z.unknown(), location: nodeLocationSchema })
  .transform(({ type, value, location: { text } }): Term => ({ type, value, text }));
const expressionSchema: z.ZodType<Expression> = z.object({
  location: nodeLocationSchema,
  terms: z.unknown(),
  with: z.array(z.object({ location: nodeLocationSchema })).optional(),
});
const bodySchema = z.array(expressionSchema);
const everySchema = z.object({
  key: termSchema.nullish(),
  value: termSchema,
  domain: termSchema,
  body: bodySchema,
});
const moduleSchema = z.object({
  imports: z
    .array(
      z.object({ path: z.object({ value: z.array(z.object({ value: z.string() })) }), alias: z.string().optional() }),
    )
    .default([]),
  rules: z
    .array(z.object({ head: z.object({ ref: z.array(z.object({ value: z.unknown() })) }), body: bodySchema }))
    .default([]),
});

/**
 * What to look at in the tests of a file (as `opa parse` shows it, with locations): whatever they assign to variables, and
 * the rules and functions that they ask for by `with`. `ownRules` are the names of the rules of the package.
 */
export function observersOf(file: string, parsed: unknown, ownRules: readonly string[]): Observer[] {
  const { imports, rules } = moduleSchema.parse(parsed);
  const imported = imports.map(({ path, alias }) => alias ?? path.value.at(-1)?.value ?? '');
  const names = new Set(['data', ...imported, ...ownRules]);
  return rules.flatMap(({ head: { ref }, body }) => {
    const test = String(ref[0]?.value);
    return TEST.test(test) ? observersIn(file, body, [], names).map((observer) => ({ test, ...observer })) : [];
  });
}

function observersIn(
  file: string,
  body: readonly Expression[],
  context: readonly string[],
  names: ReadonlySet<string>,
): Omit<Observer, 'test'>[] {
  const before = [...context];
  return body.flatMap((expression) => {
    const { location, terms, with: modifiers } = expression;
    const place = { file, line: location.row, column: location.col };
    const made = valuesOf(expression, names).map(({ what, statements }) => {
      return { place, what, body: [...before, ...statements].join('\n') };
    });
    // What stands within an expression with modifiers would have to be looked at under them: the whole is enough.
    const nested = modifiers === undefined ? bodiesIn(terms) : [];
    const inside = nested.flatMap(({ first, body: inner }) => observersIn(file, inner, [...before, ...first], names));
    before.push(location.text);
    return [...made, ...inside];
  });
}

function valuesOf(
  { location: { text }, terms, with: modifiers = [] }: Expression,
  names: ReadonlySet<string>,
): { what: string; statements: string[] }[] {
  const list = Array.isArray(terms) ? terms : [terms];
  const [operator, target] = list.map((term) => termSchema.safeParse(term).data);
  if (headOf(operator) === 'assign' && target !== undefined) {
    return [{ what: target.text, statements: [text, `${VALUE} := ${target.text}`] }];
  }
  if (modifiers.length === 0) return [];
  const under = modifiers.map(({ location }) => location.text).join(' ');
  const isCall = Array.isArray(terms) && names.has(headOf(operator) ?? '');
  const asked = isCall
    ? [
        text
          .slice(0, text.indexOf(under))
          .replace(/^not\s/, '')
          .trim(),
      ]
    : askedIn(list, names);
  return asked.map((what) => ({ what, statements: [`${VALUE} := ${what} ${under}`] }));
}

/** The rules and functions of policy that some terms ask for. */
function askedIn(value: unknown, names: ReadonlySet<string>): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const term = termSchema.safeParse(value).data;
  if (term?.type.endsWith('comprehension')) return [];
  const isAsked = term !== undefined && ['ref', 'var', 'call'].includes(term.type);
  if (isAsked && names.has(headOf(term) ?? '')) return [term.text];
  return Object.values(value).flatMap((member) => askedIn(member, names));
}

/** The name that a term begins with, if it is a variable, a reference, or a call. */
function headOf(term: Term | undefined): string | undefined {
  if (term === undefined) return undefined;
  if (term.type === 'var') return String(term.value);
  if (!Array.isArray(term.value) || !['ref', 'call'].includes(term.type)) return undefined;
  return headOf(
    z
      .object({ type: z.string(), value: z.unknown() })
      .transform((each) => ({ ...each, text: '' }))
      .parse(term.value[0]),
  );
}

/** The bodies within some terms, of comprehensions and of `every`, and what has to hold for them first. */
function bodiesIn(value: unknown): { first: string[]; body: readonly Expression[] }[] {
  if (typeof value !== 'object' || value === null) return [];
  const every = everySchema.safeParse(value).data;
  if (every !== undefined) {
    const { key, value: member, domain, body } = every;
    const names = [...(key ? [key.text] : []), member.text].join(', ');
    return [{ first: [`some ${names} in ${domain.text}`], body }];
  }
  const term = termSchema.safeParse(value).data;
  if (term?.type.endsWith('comprehension')) {
    const { body } = z.object({ body: bodySchema }).parse(term.value);
    return [{ first: [], body }];
  }
  return Object.values(value).flatMap(bodiesIn);
}
