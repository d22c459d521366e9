import { ANY } from '../plan/value.ts';
import type { Visit } from '../plan/visit.ts';

/** How approvals and clients are looked at, which is the same for all kinds. */
const SAME_FOR_ALL = [
  ['approval', 'lib', 'approvals'],
  ['approval', 'lib', 'vouching'],
];

/** What is looked up besides the request and the settings, as far down as policy names it: `data.identities[…]`. */
export function factsOf(reached: readonly Visit[]): string[] {
  const ofKind = reached.filter(({ path }) => !SAME_FOR_ALL.some((each) => isSame(path.slice(0, -1), each)));
  const ways = ofKind.flatMap(({ readings }) => readings.map(({ steps }) => steps));
  const facts = ways.filter(([root, member = ANY]) => member !== ANY && !NO_FACTS.has(`${root}.${member}`));
  const named = facts
    .map(shortened)
    .map((steps) => `${writeWay(steps.slice(0, steps.findLastIndex((step) => step !== ANY) + 1))}`);
  const all = [...new Set(named)].sort();
  return all.filter((way) => !all.some((other) => other.startsWith(`${way}.`) || other.startsWith(`${way}[`)));
}

/** Of the history, which says the same of each case, its name will do. */
function shortened(steps: readonly string[]): readonly string[] {
  return steps[0] === 'input' && steps[1] === 'history' ? steps.slice(0, 2) : steps;
}

/** The request is an assertion, settings are none of the organisation's facts, and the rest is the same for all kinds. */
const NO_FACTS: ReadonlySet<string> = new Set([
  'data.config',
  'input.request',
  'input.kind',
  'input.now',
  'input.approvals',
]);

function writeWay(steps: readonly string[]): string {
  return steps.map((step, index) => (step === ANY ? '[…]' : `${index > 0 ? '.' : ''}${step}`)).join('');
}

/** Whether two paths are the same. */
export function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}
