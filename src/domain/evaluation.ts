import { z } from 'zod';
import { Canonical, canonicalJson } from '../base/canonical-json.ts';
import { jsonValue } from '../base/json-text.ts';

export const TIERS = ['low', 'medium', 'high', 'critical'] as const;
export const tierSchema = z.enum(TIERS).meta({ id: 'Tier' });
export type Tier = z.infer<typeof tierSchema>;

export const ASSURANCES = ['asserted', 'authenticated', 'signed'] as const;
export const assuranceSchema = z.enum(ASSURANCES).meta({ id: 'Assurance' });
export type Assurance = z.infer<typeof assuranceSchema>;

const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);
/** At most 100 years, so that adding it to an instant stays a date. */
const seconds = z.int().nonnegative().max(3_155_760_000);

/** For how long an open case takes verdicts where policy does not say: 7 days. */
export const DEFAULT_CASE_TTL_SECONDS = 604_800;

export const requirementSchema = z
  .strictObject({
    id: z.string().min(1),
    any_of: z.array(z.string().min(1)).min(1),
    count: z.int(),
    code,
    min_assurance: assuranceSchema.optional(),
    max_authentication_age_seconds: seconds.positive().optional(),
  })
  .meta({ id: 'Requirement' });
export type Requirement = z.infer<typeof requirementSchema>;

export const obligationSchema = z
  .strictObject({ id: z.string().min(1), type: z.string().min(1), properties: z.record(z.string(), jsonValue) })
  .meta({ id: 'Obligation' });
export type Obligation = z.infer<typeof obligationSchema>;

/**
 * What `approval/decision` returns. Scores are integers, lifetimes seconds. Lifetimes may be absent here, so that
 * decide() can refuse by name what lacks them; a missing lifetime never ends in an allow.
 */
export const evaluationSchema = z
  .strictObject({
    tier: tierSchema,
    score: z.int(),
    factors: z.array(z.strictObject({ id: z.string().min(1), score: z.int(), fact: jsonValue })),
    denials: z.array(z.strictObject({ code })),
    requirements: z.array(requirementSchema),
    eligible: z.array(z.strictObject({ approval: z.string(), group: z.string() })),
    ineligible: z.array(z.strictObject({ approval: z.string(), code })),
    obligations: z.array(obligationSchema),
    max_ttl_seconds: seconds.optional(),
    approval_ttl_seconds: seconds.optional(),
    review_after_seconds: seconds.optional(),
    case_ttl_seconds: seconds
      .positive()
      .optional()
      .meta({ description: 'For how long the case takes verdicts; 7 days where policy does not say' }),
    requested_ttl_seconds: seconds.optional().meta({ description: 'The lifetime that the request asked for' }),
    controls: z.array(z.string().min(1)),
    facts: z.array(z.strictObject({ name: z.string().min(1), source: z.string().min(1) })),
  })
  .meta({ id: 'Evaluation' });
export type Evaluation = z.infer<typeof evaluationSchema>;

/** An evaluation in its one order, and its canonical form. */
export interface NormalEvaluation {
  evaluation: Evaluation;
  written: Canonical;
}

/**
 * WASM returns sets in no fixed order, and every list of an evaluation is a set by meaning: sorted by canonical JSON,
 * the same policy and input give the same bytes. Throws TypeError for what has no canonical form (a lone surrogate).
 */
export function normaliseEvaluation(found: Evaluation): NormalEvaluation {
  const factors = sortedSet(found.factors);
  const denials = sortedSet(found.denials);
  const requirements = sortedSet(
    found.requirements.map((each) => ({ ...each, any_of: sortedSet(each.any_of).values })),
  );
  const eligible = sortedSet(found.eligible);
  const ineligible = sortedSet(found.ineligible);
  const obligations = sortedSet(found.obligations);
  const controls = sortedSet(found.controls);
  const facts = sortedSet(found.facts);
  return {
    evaluation: {
      ...found,
      factors: factors.values,
      denials: denials.values,
      requirements: requirements.values,
      eligible: eligible.values,
      ineligible: ineligible.values,
      obligations: obligations.values,
      controls: controls.values,
      facts: facts.values,
    },
    written: Canonical.of({
      ...found,
      factors: factors.written,
      denials: denials.written,
      requirements: requirements.written,
      eligible: eligible.written,
      ineligible: ineligible.written,
      obligations: obligations.written,
      controls: controls.written,
      facts: facts.written,
    }),
  };
}

function sortedSet<T>(found: readonly T[]): { values: T[]; written: Canonical } {
  const byText = new Map(found.map((value) => [canonicalJson(value), value]));
  const texts = [...byText.keys()].sort();
  return { values: texts.map((text) => byText.get(text) as T), written: Canonical.list(texts) };
}
