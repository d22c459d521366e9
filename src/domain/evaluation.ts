import { Canonical, canonicalJson } from '../base/canonical-json.ts';
import type { Evaluation } from '../contract/evaluation.ts';

/** For how long an open case accepts verdicts if the policy does not say: 7 days. */
export const DEFAULT_CASE_TTL_SECONDS = 604_800;

/** A normalised evaluation, and its canonical form. */
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
