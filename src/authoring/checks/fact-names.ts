/** A fact that only data or a verified caller may state, and the words that name it. With `of`, only in that part of a request. */
interface FactName {
  what: string;
  words: readonly string[];
  of?: 'subject';
}

/**
 * The names of members that a request may have and a policy must not rely on. A name matches if it contains these words in a
 * row: `owner` is in `service_owner`, `ownerId` and `Owner`, but not in `ownerless`.
 */
const FACT_NAMES: readonly FactName[] = [
  {
    what: 'ownership',
    words: ['owner', 'owners', 'owned', 'owning', 'ownership', 'sponsor', 'sponsors', 'sponsored', 'sponsorship'],
  },
  {
    what: 'the environment',
    words: ['environment', 'environments', 'env', 'envs', 'stage', 'production', 'prod', 'staging', 'sandbox'],
  },
  {
    what: 'the classification',
    words: ['classification', 'classified', 'sensitivity', 'confidentiality', 'criticality', 'tier', 'risk'],
  },
  { what: 'membership', words: ['group', 'groups', 'membership', 'memberships', 'member of', 'team', 'teams'] },
  { what: 'membership', words: ['role', 'roles', 'department', 'manager'], of: 'subject' },
  { what: 'on-call duty', words: ['on call', 'oncall', 'on duty', 'rota'] },
  {
    what: 'the contract',
    words: ['contract end', 'contract ends', 'contract until', 'contract expiry', 'contract expires', 'contract valid'],
  },
  { what: 'a review or approval', words: ['security review', 'reviewed', 'approved', 'approved by'] },
];

/**
 * The fact that a member of the request would state. The steps are those below `input.request`, for example `resource`,
 * `properties`, `owner`. Undefined for members that a request may state about itself.
 */
export function factNamed(steps: readonly string[]): string | undefined {
  const words = ` ${wordsOf(steps.at(-1) ?? '')} `;
  return FACT_NAMES.find(({ of, words: names }) => {
    return (of === undefined || of === steps[0]) && names.some((name) => words.includes(` ${name} `));
  })?.what;
}

/** `ownerId`, `owner-id` and `OWNER_ID` all become `owner id`. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .join(' ');
}
