import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROVIDED_BUILTINS } from '../../src/rego/builtins/index.ts';
import { realTool } from '../policy/real-opa.ts';
import { isSameAnswer } from './answer.ts';
import { answersByOpa } from './by-opa.ts';
import { createEvaluation } from './by-us.ts';
import { compareBuiltins, type Difference, explain, smallest } from './compare.ts';
import { type DeclaredBuiltin, declaredBuiltins } from './declared.ts';
import { pageWithTable } from './docs.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';

// `npm run builtins -- --count 20000` is the same with more cases and another seed each time.
const SEED = 20261128;
const CASES = 200;

describe(`${CASES} calls of each builtin that we provide`, async () => {
  const builtins = (await declaredBuiltins()).filter(({ name }) => PROVIDED_BUILTINS.includes(name));
  const opa = await realTool('opa');
  let evaluation: Awaited<ReturnType<typeof createEvaluation>>;
  beforeAll(async () => {
    evaluation = await createEvaluation(opa, builtins);
  });
  afterAll(() => evaluation.close());

  it.each(builtins.map((builtin) => [builtin.name, builtin] as const))('%s answers as in OPA', async (_, builtin) => {
    const options = { opa, count: CASES, seed: SEED, answer: evaluation.answer };
    for await (const { cases, differences } of compareBuiltins([builtin], options)) {
      const first = smallest(differences);
      expect(first && explain(first)).toBeUndefined();
      expect(cases).toBe(CASES);
    }
  });

  it.each(KNOWN_DIFFERENCES)('it is still known that: $what', async ({ builtins: names, example, isMeant }) => {
    expect(names).toContain(example.builtin);
    const builtin = builtins.find(({ name }) => name === example.builtin) as DeclaredBuiltin;
    const call = { builtin, args: example.args };
    const [theirs] = await answersByOpa(opa, [call]);
    const difference = { ...example, ours: await evaluation.answer(call), theirs } as Difference;
    expect(isSameAnswer(difference.ours, difference.theirs)).toBe(false);
    expect(isMeant(difference)).toBe(true);
  });
});

it('the page of the builtins has the table of the known differences', async () => {
  const { found, wanted } = await pageWithTable();
  expect(found).toBe(wanted);
});
