import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Approval } from './approval.ts';
import { digestOf, type Sha256 } from './canonical-json.ts';
import { type BarredPerson, type DecideInput, type Decision, decide } from './decision.ts';
import { ASSURANCES, type Evaluation, type Requirement, TIERS } from './evaluation.ts';

const NOW = '2026-11-22T12:00:00.000Z';
const LATER = '2026-11-22T13:00:00.000Z';
const CASE = '019aab00-0000-7000-8000-000000000001';
const OTHER_CASE = '019aab00-0000-7000-8000-000000000002';
const DIGEST = digestOf('request');
const PEOPLE = ['ann', 'bob', 'cyd', 'dan', 'eve'];
const BOB: BarredPerson = { person: 'bob', code: 'approver_is_subject' };
const GROUPS = ['owners', 'security', 'release'];

function approval(id: string, person: string | null, changes: Partial<Approval> = {}): Approval {
  return {
    id,
    case: CASE,
    request_digest: DIGEST,
    approver: { identity: person ?? 'nobody', person, groups: [], assurance: 'authenticated' },
    verdict: 'approve',
    comment: '',
    at: NOW,
    expires_at: LATER,
    seen: CASE,
    on_behalf_of: null,
    submitted_by: { client: 'test', principal: null, person: null },
    ...changes,
  };
}

function requirement(id: string, any_of: string[], count = 1): Requirement {
  return { id, any_of, count, code: 'needed' };
}

function evaluation(changes: Partial<Evaluation> = {}): Evaluation {
  return {
    tier: 'medium',
    score: 30,
    factors: [],
    denials: [],
    requirements: [requirement('r1', ['owners'])],
    eligible: [],
    ineligible: [],
    obligations: [],
    max_ttl_seconds: 3600,
    approval_ttl_seconds: 3600,
    review_after_seconds: 7200,
    controls: ['AC-5'],
    facts: [],
    ...changes,
  };
}

function run(changes: Partial<DecideInput>): Decision {
  return decide({
    evaluation: evaluation(),
    approvals: [],
    barred: [],
    undetermined: [],
    case: CASE,
    requestDigest: DIGEST,
    now: NOW,
    ...changes,
  });
}

const listed = (...pairs: [string, string][]) => pairs.map(([id, group]) => ({ approval: id, group }));
const codesOf = (decision: Decision) => decision.denials.map(({ code }) => code);

describe('decide', () => {
  it('allows the lowest tier without approvals, for as long as policy says', () => {
    const decision = run({ evaluation: evaluation({ tier: 'low', requirements: [] }) });
    expect(decision).toMatchObject({ outcome: 'allow', expires_at: LATER, review_by: '2026-11-22T14:00:00.000Z' });
  });

  it('asks for what is missing', () => {
    const requirements = [requirement('r1', ['owners'], 2)];
    const decision = run({
      evaluation: evaluation({ requirements, eligible: listed(['a', 'owners']) }),
      approvals: [approval('a', 'ann')],
    });
    expect(decision.outcome).toBe('approval_required');
    expect(decision.unmet).toEqual([{ requirement: 'r1', any_of: ['owners'], have: 1, need: 2 }]);
    expect(decision.expires_at).toBeNull();
  });

  it('moves a person who fits two places to the one that nobody else can fill', () => {
    const requirements = [requirement('r1', ['owners', 'security']), requirement('r2', ['owners'])];
    const eligible = listed(['a', 'owners'], ['b', 'security']);
    for (const approvals of [
      [approval('a', 'ann'), approval('b', 'bob')],
      [approval('b', 'bob'), approval('a', 'ann')],
    ]) {
      expect(run({ evaluation: evaluation({ requirements, eligible }), approvals }).outcome).toBe('allow');
    }
  });

  it('counts a person once, under however many approvals', () => {
    const requirements = [requirement('r1', ['owners']), requirement('r2', ['security'])];
    const eligible = listed(['a', 'owners'], ['b', 'security'], ['a', 'security']);
    const decision = run({
      evaluation: evaluation({ requirements, eligible }),
      approvals: [approval('a', 'ann'), approval('b', 'ann')],
    });
    expect(decision.outcome).toBe('approval_required');
    expect(decision.not_counted).toHaveLength(1);
  });

  it.each<[string, Partial<Approval>, BarredPerson[]]>([
    ['other_case', { case: OTHER_CASE }, []],
    ['other_request', { request_digest: digestOf('other') }, []],
    ['expired', { expires_at: NOW }, []],
    ['not_yet_given', { at: LATER }, []],
    ['approver_is_subject', {}, [{ person: 'ann', code: 'approver_is_subject' }]],
    ['approver_is_caller', {}, [{ person: 'ann', code: 'approver_is_caller' }]],
    ['approver_is_requester', {}, [{ person: 'ann', code: 'approver_is_requester' }]],
    ['submitter_barred', { submitted_by: { client: 'c', principal: 'bob@x', person: 'bob' } }, [BOB]],
    ['submitter_unknown', { submitted_by: { client: 'c', principal: 'bob@y', person: null } }, []],
    ['on_behalf_of_barred', { on_behalf_of: { identity: 'bob', person: 'bob' } }, [BOB]],
    ['on_behalf_of_unknown', { on_behalf_of: { identity: 'b.o.b', person: null } }, []],
    ['person_unknown', { approver: { identity: 'x', person: null, groups: [], assurance: 'signed' } }, []],
  ])('does not count an approval: %s', (code, changes, barred) => {
    const evaluated = evaluation({ eligible: listed(['a', 'owners']) });
    const decision = run({ evaluation: evaluated, approvals: [approval('a', 'ann', changes)], barred });
    expect(decision.outcome).toBe('approval_required');
    expect(decision.not_counted).toEqual([{ approval: 'a', code }]);
  });

  it('says why policy left an approval out, and where its assurance is too low', () => {
    const requirements = [{ ...requirement('r1', ['owners']), min_assurance: 'authenticated' as const }];
    const asserted = { approver: { identity: 'b', person: 'bob', groups: [], assurance: 'asserted' as const } };
    const evaluated = evaluation({
      requirements,
      eligible: listed(['b', 'owners']),
      ineligible: [{ approval: 'a', code: 'not_in_group' }],
    });
    const decision = run({
      evaluation: evaluated,
      approvals: [approval('a', 'ann'), approval('b', 'bob', asserted), approval('c', 'cyd')],
    });
    expect(decision.not_counted).toEqual([
      { approval: 'a', code: 'not_in_group' },
      { approval: 'b', code: 'assurance_too_low' },
      { approval: 'c', code: 'not_eligible' },
    ]);
  });

  it('ends with deny on an eligible reject, even after it would have expired, and on no other', () => {
    const reject = approval('a', 'ann', { verdict: 'reject', expires_at: NOW });
    const eligible = listed(['a', 'owners']);
    expect(codesOf(run({ evaluation: evaluation({ eligible }), approvals: [reject] }))).toEqual(['rejected']);
    expect(run({ evaluation: evaluation(), approvals: [reject] }).outcome).toBe('approval_required');
    const barred: BarredPerson[] = [{ person: 'ann', code: 'approver_is_subject' }];
    expect(run({ evaluation: evaluation({ eligible }), approvals: [reject], barred }).outcome).toBe(
      'approval_required',
    );
  });

  it.each<[string, Partial<Evaluation>]>([
    ['approver_count_missing', { requirements: [] }],
    ['approver_count_missing', { requirements: [requirement('r1', ['owners'], 0)] }],
    ['approver_count_missing', { requirements: [requirement('r1', ['owners'], -1), requirement('r2', ['owners'])] }],
    ['approver_count_missing', { tier: 'low', requirements: [requirement('r1', ['owners'], 0)] }],
    ['requirement_ambiguous', { requirements: [requirement('r1', ['owners']), requirement('r1', ['security'])] }],
    ['lifetime_missing', { max_ttl_seconds: 0 }],
    ['review_missing', { review_after_seconds: 0 }],
    ['approval_lifetime_missing', { approval_ttl_seconds: 0 }],
    ['resource_unknown', { denials: [{ code: 'resource_unknown' }] }],
  ])('denies: %s', (code, changes) => {
    const decision = run({ evaluation: evaluation(changes) });
    expect(decision.outcome).toBe('deny');
    expect(codesOf(decision)).toEqual([code]);
  });

  it('denies where a lifetime is absent, and where requested_by is nobody that we know', () => {
    const { max_ttl_seconds: _, ...without } = evaluation();
    expect(codesOf(run({ evaluation: without }))).toEqual(['lifetime_missing']);
    const undetermined = ['requester_unknown'];
    expect(codesOf(run({ undetermined }))).toEqual(undetermined);
    const lowest = evaluation({ tier: 'low', requirements: [] });
    expect(run({ undetermined, evaluation: lowest }).outcome).toBe('allow');
  });

  it('denies every fault at the highest tier', () => {
    const decision = run({ evaluation: { fault: 'builtin_error' }, approvals: [approval('a', 'ann')] });
    expect(decision).toMatchObject({ outcome: 'deny', tier: 'critical', denials: [{ code: 'builtin_error' }] });
  });
});

const instant = fc.constantFrom('2026-11-22T11:00:00.000Z', NOW, LATER);
const someApproval = fc
  .record({
    case: fc.constantFrom(CASE, CASE, CASE, OTHER_CASE),
    request_digest: fc.constantFrom<Sha256[]>(DIGEST, DIGEST, DIGEST, digestOf('other')),
    person: fc.constantFrom(...PEOPLE, null),
    assurance: fc.constantFrom(...ASSURANCES),
    verdict: fc.constantFrom(
      'approve' as const,
      'approve' as const,
      'approve' as const,
      'approve' as const,
      'reject' as const,
    ),
    at: instant,
    expires_at: instant,
    submitter: fc.constantFrom(null, null, ...PEOPLE),
  })
  .map(({ person, assurance, submitter, ...rest }) => ({
    submitted_by: { client: 'test', principal: submitter, person: submitter },
    approver: { identity: person ?? 'x', person, groups: [], assurance },
    ...rest,
  }));

const count = fc.integer({ min: -1, max: 3 });
const seconds = fc.constantFrom(undefined, 0, 60, 3600, 3600, 3600);
const someInput = fc
  .record({
    approvals: fc.array(someApproval, { maxLength: 8 }),
    tier: fc.constantFrom(...TIERS),
    requirements: fc.array(
      fc.record({
        any_of: fc.subarray(GROUPS, { minLength: 1 }),
        count: fc.oneof({ weight: 1, arbitrary: count }, { weight: 9, arbitrary: fc.integer({ min: 1, max: 2 }) }),
        min_assurance: fc.constantFrom(...ASSURANCES),
      }),
      { maxLength: 3 },
    ),
    denials: fc.integer({ min: 0, max: 9 }).map((n) => (n === 9 ? [{ code: 'no' }] : [])),
    eligible: fc.array(fc.tuple(fc.nat({ max: 9 }), fc.constantFrom(...GROUPS)), { maxLength: 24 }),
    ttl: seconds,
    barred: fc.subarray(PEOPLE, { maxLength: 2 }),
    undetermined: fc.constantFrom([], [], ['requester_unknown']),
  })
  .map(({ approvals, tier, requirements, denials, eligible, ttl, barred, undetermined }): DecideInput => {
    const { max_ttl_seconds: _, ...rest } = evaluation({
      tier,
      denials,
      requirements: requirements.map((each, index) => ({ id: `r${index}`, code: 'needed', ...each })),
      eligible: eligible.map(([index, group]) => ({ approval: `a${index}`, group })),
    });
    return {
      evaluation: ttl === undefined ? rest : { ...rest, max_ttl_seconds: ttl },
      approvals: approvals.map((each, index) => approval(`a${index}`, null, each as Partial<Approval>)),
      barred: barred.map((person) => ({ person, code: 'approver_is_subject' })),
      undetermined,
      case: CASE,
      requestDigest: DIGEST,
      now: NOW,
    };
  });

describe('decide, whatever comes', () => {
  const RUNS = { numRuns: 3000 };

  it('does not depend on the order of approvals', () => {
    fc.assert(
      fc.property(someInput, fc.infiniteStream(fc.nat()), (input, keys) => {
        const shuffled = input.approvals
          .map((each) => ({ each, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ each }) => each);
        expect(decide({ ...input, approvals: shuffled })).toEqual(decide(input));
      }),
      RUNS,
    );
  });

  it('never lets one person fill two places, and never counts what the laws forbid', () => {
    fc.assert(
      fc.property(someInput, (input) => {
        const { counted } = decide(input);
        const seated = counted.filter(({ requirement }) => requirement !== null).map(({ person }) => person);
        expect(new Set(seated).size).toBe(seated.length);
        for (const entry of counted) {
          const given = input.approvals.find(({ id }) => id === entry.approval);
          expect(given).toMatchObject({ case: CASE, request_digest: DIGEST, approver: { person: entry.person } });
          expect(input.barred.map(({ person }) => person)).not.toContain(entry.person);
          expect(given?.verdict === 'reject' || (given?.expires_at ?? '') > NOW).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('allows exactly where every law is kept and distinct persons can fill every place', () => {
    let allowed = 0;
    fc.assert(
      fc.property(someInput, (input) => {
        const isAllowed = decide(input).outcome === 'allow';
        if (isAllowed) allowed++;
        expect(isAllowed).toBe(mayAllow(input));
      }),
      { numRuns: 10_000 },
    );
    expect(allowed).toBeGreaterThan(100);
  });

  it('accounts for every approval exactly once', () => {
    fc.assert(
      fc.property(someInput, (input) => {
        const { counted, not_counted } = decide(input);
        const told = [...counted, ...not_counted].map((entry) => entry.approval).sort();
        expect(told).toEqual(input.approvals.map(({ id }) => id).sort());
      }),
      RUNS,
    );
  });
});

/** The laws once more, by brute force: every way to seat persons is tried. */
function mayAllow({ evaluation: given, approvals, barred, undetermined, now }: DecideInput): boolean {
  if ('fault' in given || given.denials.length > 0 || !given.max_ttl_seconds) return false;
  if (undetermined.length > 0 && (given.tier !== 'low' || given.requirements.length > 0)) return false;
  if (given.tier !== 'low' && given.requirements.length === 0) return false;
  if (given.requirements.some((each) => each.count < 1)) return false;
  const usable = approvals.filter(
    (each) =>
      each.case === CASE &&
      each.request_digest === DIGEST &&
      each.approver.person !== null &&
      !barred.some(({ person }) => person === each.approver.person || person === each.submitted_by.person) &&
      each.at <= now &&
      given.eligible.some((entry) => entry.approval === each.id),
  );
  if (usable.some(({ verdict }) => verdict === 'reject')) return false;
  const places = given.requirements.flatMap((each) => Array<Requirement>(Math.max(0, each.count)).fill(each));
  const fits = (person: string, place: Requirement) =>
    usable.some(
      (each) =>
        each.approver.person === person &&
        each.expires_at > now &&
        ASSURANCES.indexOf(each.approver.assurance) >= ASSURANCES.indexOf(place.min_assurance ?? 'asserted') &&
        given.eligible.some((entry) => entry.approval === each.id && place.any_of.includes(entry.group)),
    );
  const seat = (index: number, taken: string[]): boolean => {
    const place = places[index];
    if (place === undefined) return true;
    return PEOPLE.some(
      (person) => !taken.includes(person) && fits(person, place) && seat(index + 1, [...taken, person]),
    );
  };
  return seat(0, []);
}
