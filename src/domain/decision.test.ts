import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, type Sha256 } from '../base/canonical-json.ts';
import type { Approval } from '../contract/approval.ts';
import type { Decision } from '../contract/decision.ts';
import { ASSURANCES, type Evaluation, type Requirement, TIERS } from '../contract/evaluation.ts';
import type { PreviousCount } from './approval/counting.ts';
import type { BarredPerson } from './approval/separation-of-duties.ts';
import { type DecideInput, decide } from './decision.ts';

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

/** Decides as for the newest of the approvals, or, where there is none, for the request. */
function run(changes: Partial<DecideInput>): Decision {
  return decide({
    evaluation: evaluation(),
    approvals: [],
    barred: [],
    undetermined: [],
    forbidden: [],
    before: null,
    occasion: { by: 'request' },
    openedAt: NOW,
    case: CASE,
    requestDigest: DIGEST,
    now: NOW,
    ...changes,
  });
}

/** A decision before this one in which these approvals counted. */
const counting = (...ids: string[]): PreviousCount => ({
  counted: ids.map((id) => ({ approval: id, person: 'somebody', requirement: 'r1' })),
  not_counted: [],
});
/** A decision before this one in which an approval did not count. */
const notCounting = (id: string, code: string): PreviousCount => ({
  counted: [],
  not_counted: [{ approval: id, code }],
});

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
    ['person_unknown', { approver: { identity: 'x', person: null, groups: [], assurance: 'authenticated' } }, []],
    ['key_unknown', { approver: { identity: 'x', person: null, groups: [], assurance: 'signed' } }, []],
    ['stale', { seen_tier: 'low' }, []],
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

  it.each<[string, string | null | undefined]>([
    ['counts', '2026-11-22T11:55:00.000Z'],
    ['authentication_too_old', '2026-11-22T11:54:59.999Z'],
    ['authentication_too_old', null],
    ['authentication_too_old', undefined],
  ])('looks at how long ago the approver signed or signed in: %s', (code, at) => {
    const requirements = [{ ...requirement('r1', ['owners']), max_authentication_age_seconds: 300 }];
    const given = approval('a', 'ann', at === undefined ? {} : { authenticated_at: at });
    const decision = run({
      evaluation: evaluation({ requirements, eligible: listed(['a', 'owners']) }),
      approvals: [given],
    });
    expect(decision.outcome).toBe(code === 'counts' ? 'allow' : 'approval_required');
    expect(decision.not_counted).toEqual(code === 'counts' ? [] : [{ approval: 'a', code }]);
  });

  it('says that an assurance is too low rather than too old, where both are so', () => {
    const strict = { min_assurance: 'signed' as const, max_authentication_age_seconds: 300 };
    const requirements = [{ ...requirement('r1', ['owners']), ...strict }];
    const evaluated = evaluation({ requirements, eligible: listed(['a', 'owners']) });
    expect(run({ evaluation: evaluated, approvals: [approval('a', 'ann')] }).not_counted).toEqual([
      { approval: 'a', code: 'assurance_too_low' },
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

  it('takes a reject of somebody who was shown a lower risk', () => {
    const reject = approval('a', 'ann', { verdict: 'reject', seen_tier: 'low' });
    const eligible = listed(['a', 'owners']);
    expect(codesOf(run({ evaluation: evaluation({ eligible, tier: 'high' }), approvals: [reject] }))).toEqual([
      'rejected',
    ]);
  });

  describe('asks again for an approval that counted', () => {
    const two = [requirement('r1', ['owners']), requirement('r2', ['security'])];
    const given = approval('a', 'ann', { seen_tier: 'medium' });
    const eligible = listed(['a', 'owners']);

    it.each<[string, Partial<Evaluation>]>([
      ['is not eligible any more', { requirements: two, ineligible: [{ approval: 'a', code: 'approver_inactive' }] }],
      ['is in no group that is asked', { requirements: [requirement('r1', ['security'])], eligible }],
      [
        'is not sure enough',
        { requirements: [{ ...requirement('r1', ['owners']), min_assurance: 'signed' }], eligible },
      ],
      [
        'is too old',
        { requirements: [{ ...requirement('r1', ['owners']), max_authentication_age_seconds: 1 }], eligible },
      ],
      ['was given for a lower risk', { tier: 'critical', eligible }],
    ])('and %s', (_, changes) => {
      const decision = run({ evaluation: evaluation(changes), approvals: [given], before: counting('a') });
      expect(decision.outcome).toBe('approval_required');
      expect(decision.not_counted).toEqual([{ approval: 'a', code: 'stale' }]);
      // So that it is asked for until it is given, however often the case is decided again.
      expect(run({ evaluation: evaluation(changes), approvals: [given], before: decision }).not_counted).toEqual([
        { approval: 'a', code: 'stale' },
      ]);
    });

    it('and not for one that others have made needless, nor once it was given again', () => {
      const again = approval('b', 'ann', { seen_tier: 'high' });
      const evaluated = evaluation({ tier: 'high', eligible: listed(['a', 'owners'], ['b', 'owners']) });
      const decision = run({
        evaluation: evaluated,
        approvals: [given, again],
        before: counting('a'),
        occasion: { by: 'verdict', approval: 'b' },
      });
      expect(decision.outcome).toBe('allow');
      expect(decision.not_counted).toEqual([{ approval: 'a', code: 'person_already_counted' }]);
      const other = approval('b', 'bob', { seen_tier: 'medium' });
      const taken = evaluation({ eligible: listed(['a', 'owners'], ['b', 'owners']) });
      expect(run({ evaluation: taken, approvals: [given, other], before: counting('a', 'b') }).not_counted).toEqual([
        { approval: 'b', code: 'place_taken' },
      ]);
    });

    it('and counts it where it fits again', () => {
      expect(run({ evaluation: evaluation({ eligible }), approvals: [given], before: counting('a') }).outcome).toBe(
        'allow',
      );
    });
  });

  describe('makes an allow of nothing but the request or a verdict that counts', () => {
    const eligible = listed(['a', 'owners'], ['b', 'owners']);
    const given = approval('a', 'ann');

    it('and asks for a confirmation where a look finds the requirements met', () => {
      const decision = run({
        evaluation: evaluation({ eligible }),
        approvals: [given],
        before: counting('a'),
        occasion: { by: 'sweep' },
      });
      expect(decision).toMatchObject({ outcome: 'approval_required', unmet: [], confirmation_needed: true });
      expect(decision).toMatchObject({ expires_at: null, satisfied: ['r1'], counted: [{ approval: 'a' }] });
    });

    it('and where the verdict that is given does not count', () => {
      const stranger = approval('z', 'zoe');
      const decision = run({
        evaluation: evaluation({ eligible }),
        approvals: [given, stranger],
        before: counting('a'),
        occasion: { by: 'verdict', approval: 'z' },
      });
      expect(decision).toMatchObject({ outcome: 'approval_required', confirmation_needed: true });
    });

    it('and allows once a person whose verdict counts confirms it, the same person too', () => {
      const again = approval('b', 'ann', { at: NOW });
      const decision = run({
        evaluation: evaluation({ eligible }),
        approvals: [given, again],
        before: counting('a'),
        occasion: { by: 'verdict', approval: 'b' },
      });
      expect(decision).toMatchObject({ outcome: 'allow', confirmation_needed: false, counted: [{ approval: 'b' }] });
    });

    it('and takes the confirmation of anybody who may approve, whoever approved before', () => {
      for (const [id, person] of [
        ['b', 'bob'],
        ['b', 'aaron'],
      ] as const) {
        const decision = run({
          evaluation: evaluation({ eligible }),
          approvals: [given, approval(id, person)],
          before: counting('a'),
          occasion: { by: 'verdict', approval: id },
        });
        expect(decision, person).toMatchObject({ outcome: 'allow', counted: [{ approval: id, person }] });
        expect(decision.not_counted).toEqual([{ approval: 'a', code: 'place_taken' }]);
      }
    });

    it('and not for a policy that asks for nobody any more', () => {
      const lowest = evaluation({ tier: 'low', requirements: [] });
      expect(run({ evaluation: lowest, occasion: { by: 'sweep' } })).toMatchObject({
        outcome: 'approval_required',
        confirmation_needed: true,
      });
    });
  });

  it('counts no verdict whose giver could not approve when they gave it', () => {
    const evaluated = evaluation({ eligible: listed(['a', 'owners']) });
    for (const code of ['approver_not_in_group', 'approver_inactive', 'assurance_too_low', 'submitter_unknown']) {
      for (const verdict of ['approve', 'reject'] as const) {
        const decision = run({
          evaluation: evaluated,
          approvals: [approval('a', 'ann', { verdict })],
          before: notCounting('a', code),
          occasion: { by: 'sweep' },
        });
        expect(decision).toMatchObject({ outcome: 'approval_required', confirmation_needed: false });
        expect(decision.not_counted).toEqual([{ approval: 'a', code: 'not_eligible_when_given' }]);
        expect(
          run({ ...{ evaluation: evaluated, approvals: [approval('a', 'ann')] }, before: decision }).unmet,
        ).toHaveLength(1);
      }
    }
    const spare = run({
      evaluation: evaluated,
      approvals: [approval('a', 'ann')],
      before: notCounting('a', 'place_taken'),
    });
    expect(spare.counted).toHaveLength(1);
  });

  it('counts it no sooner where it was also given for a lower risk, or its giver had another that counted', () => {
    const given = approval('a', 'ann', { seen_tier: 'medium' });
    const again = approval('b', 'ann', { expires_at: '2026-11-22T12:00:00.001Z', seen_tier: 'critical' });
    const eligible = listed(['a', 'owners'], ['b', 'owners']);
    const riskier = run({
      evaluation: evaluation({ tier: 'high', eligible }),
      approvals: [given],
      before: notCounting('a', 'approver_not_in_group'),
      occasion: { by: 'sweep' },
    });
    const replaced = run({
      evaluation: evaluation({ eligible }),
      approvals: [given, again],
      before: notCounting('a', 'approver_not_in_group'),
      occasion: { by: 'verdict', approval: 'b' },
    });
    expect(replaced.counted).toMatchObject([{ approval: 'b' }]);
    for (const before of [riskier, replaced]) {
      expect(before.not_counted).toEqual([{ approval: 'a', code: 'not_eligible_when_given' }]);
      const approvals = before === riskier ? [given] : [given, again];
      const after = run({ evaluation: evaluation({ eligible }), approvals, before, now: '2026-11-22T12:30:00.000Z' });
      expect(after.counted).toEqual([]);
    }
  });

  it('takes a reject only with the assurance that a requirement asks of its giver', () => {
    const asserted = { identity: 'ann', person: 'ann', groups: [], assurance: 'asserted' as const };
    const reject = approval('a', 'ann', { verdict: 'reject', approver: asserted });
    const strict = [{ ...requirement('r1', ['owners']), min_assurance: 'authenticated' as const }];
    const eligible = listed(['a', 'owners']);
    expect(run({ evaluation: evaluation({ requirements: strict, eligible }), approvals: [reject] })).toMatchObject({
      outcome: 'approval_required',
      not_counted: [{ approval: 'a', code: 'assurance_too_low' }],
    });
    const lenient = [...strict, requirement('r2', ['owners', 'release'])];
    expect(run({ evaluation: evaluation({ requirements: lenient, eligible }), approvals: [reject] }).outcome).toBe(
      'deny',
    );
  });

  it('keeps a case open for as long as policy says, 7 days where it does not, and then denies', () => {
    expect(run({}).closes_at).toBe('2026-11-29T12:00:00.000Z');
    const hour = evaluation({ case_ttl_seconds: 3600, eligible: listed(['a', 'owners']) });
    expect(run({ evaluation: hour }).closes_at).toBe(LATER);
    const late = run({ evaluation: hour, approvals: [approval('a', 'ann')], openedAt: '2026-11-22T11:00:00.000Z' });
    expect(codesOf(late)).toEqual(['case_expired']);
    expect(late.closes_at).toBeNull();
  });

  it('denies at every tier where an identity changed, or somebody who asks has left', () => {
    for (const code of ['identity_changed', 'caller_inactive', 'requester_inactive']) {
      const lowest = evaluation({ tier: 'low', requirements: [] });
      expect(codesOf(run({ evaluation: lowest, forbidden: [code] }))).toEqual([code]);
    }
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
    authenticated_at: fc.constantFrom(
      undefined,
      null,
      NOW,
      NOW,
      '2026-11-22T11:59:00.000Z',
      '2026-11-22T10:00:00.000Z',
    ),
    seen_tier: fc.constantFrom(undefined, undefined, undefined, ...TIERS),
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
        min_assurance: fc.constantFrom(undefined, undefined, undefined, ...ASSURANCES),
        max_authentication_age_seconds: fc.constantFrom(undefined, undefined, 30, 60, 7200),
      }),
      { maxLength: 3 },
    ),
    denials: fc.integer({ min: 0, max: 9 }).map((n) => (n === 9 ? [{ code: 'no' }] : [])),
    eligible: fc.array(fc.tuple(fc.nat({ max: 9 }), fc.constantFrom(...GROUPS)), { maxLength: 24 }),
    ttl: seconds,
    barred: fc.subarray(PEOPLE, { maxLength: 2 }),
    undetermined: fc.constantFrom([], [], ['requester_unknown']),
    // How each approval stood before; null for those that are given now.
    stood: fc.array(
      fc.constantFrom(null, null, null, 'counted', 'counted', 'counted', 'place_taken', 'stale', 'not_eligible'),
      {
        minLength: 8,
        maxLength: 8,
      },
    ),
    occasion: fc.constantFrom('request', 'request', 'request', 'verdict', 'verdict', 'verdict', 'sweep'),
    openedAt: fc.constantFrom(NOW, NOW, NOW, NOW, NOW, NOW, '2026-11-01T00:00:00.000Z'),
    forbidden: fc.constantFrom([], [], [], [], [], ['identity_changed']),
  })
  .map(({ approvals, tier, requirements, denials, eligible, ttl, barred, stood, occasion, ...more }): DecideInput => {
    const { max_ttl_seconds: _, ...rest } = evaluation({
      tier,
      denials,
      requirements: requirements.map((each, index) => ({ id: `r${index}`, code: 'needed', ...each }) as Requirement),
      eligible: eligible.map(([index, group]) => ({ approval: `a${index}`, group })),
    });
    return {
      evaluation: ttl === undefined ? rest : { ...rest, max_ttl_seconds: ttl },
      approvals: approvals.map((each, index) => approval(`a${index}`, null, each as Partial<Approval>)),
      barred: barred.map((person) => ({ person, code: 'approver_is_subject' })),
      before: standingsOf(stood.slice(0, approvals.length)),
      occasion: occasion === 'verdict' ? { by: occasion, approval: `a${approvals.length - 1}` } : { by: occasion },
      ...more,
      case: CASE,
      requestDigest: DIGEST,
      now: NOW,
    };
  });

function standingsOf(stood: readonly (string | null)[]): PreviousCount {
  const named = stood.map((code, index) => ({ approval: `a${index}`, code }));
  return {
    counted: named
      .filter(({ code }) => code === 'counted')
      .map(({ approval: id }) => ({ approval: id, person: 'somebody', requirement: 'r0' })),
    not_counted: named.flatMap(({ approval: id, code }) =>
      code === 'counted' ? [] : [{ approval: id, code: code ?? 'place_taken' }],
    ),
  };
}

/** Nothing but the requirements, and what was seen, keeps an approval from counting. */
const favourableInput = someInput.map((input): DecideInput => {
  const approvals = input.approvals.map((each) =>
    approval(each.id, each.approver.person, { ...each, verdict: 'approve', expires_at: '2026-11-22T14:00:00.000Z' }),
  );
  const eligible = listed(...approvals.flatMap(({ id }) => GROUPS.map((group): [string, string] => [id, group])));
  const given = { ...(input.evaluation as Evaluation), denials: [], max_ttl_seconds: 3600, eligible };
  const free = { barred: [], undetermined: [], forbidden: [], before: null, openedAt: NOW };
  return { ...input, ...free, approvals, evaluation: given, now: LATER };
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

  it('never counts an approval whose assurance or age a requirement forbids, or that was given for a lower risk', () => {
    const counts = new Map<string, number>();
    fc.assert(
      fc.property(favourableInput, (input) => {
        const { counted, tier } = decide(input);
        for (const { approval: id, requirement: place } of counted) {
          if (place === null) continue;
          const given = input.approvals.find((each) => each.id === id) as Approval;
          const asked = (input.evaluation as Evaluation).requirements.find((each) => each.id === place) as Requirement;
          expect(isSureEnough(given, asked)).toBe(true);
          expect(TIERS.indexOf(given.seen_tier ?? 'critical')).toBeGreaterThanOrEqual(TIERS.indexOf(tier));
          counts.set(given.approver.assurance, (counts.get(given.approver.assurance) ?? 0) + 1);
        }
      }),
      { numRuns: 10_000 },
    );
    for (const assurance of ASSURANCES) expect(counts.get(assurance), assurance).toBeGreaterThan(100);
  });

  it('never allows by a look, nor by a verdict that does not count, and says then that a confirmation is needed', () => {
    let confirmations = 0;
    fc.assert(
      fc.property(someInput, (input) => {
        const { outcome, confirmation_needed: asked, counted, unmet } = decide(input);
        if (asked) confirmations++;
        expect(asked).toBe(outcome === 'approval_required' && unmet.length === 0);
        const { occasion } = input;
        const isPersons = occasion.by === 'verdict' && counted.some((each) => each.approval === occasion.approval);
        if (outcome === 'allow') expect(occasion.by === 'request' || isPersons).toBe(true);
      }),
      RUNS,
    );
    expect(confirmations).toBeGreaterThan(10);
  });

  it('allows exactly where every law is kept and distinct persons can fill every place', () => {
    let allowed = 0;
    fc.assert(
      fc.property(someInput, (input) => {
        const isAllowed = decide(input).outcome === 'allow';
        if (isAllowed) allowed++;
        expect(isAllowed).toBe(mayAllow(input));
      }),
      { numRuns: 20_000 },
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

function isSureEnough({ approver, at, authenticated_at: proved }: Approval, asked: Requirement): boolean {
  const { min_assurance: least = 'asserted', max_authentication_age_seconds: seconds } = asked;
  if (ASSURANCES.indexOf(approver.assurance) < ASSURANCES.indexOf(least)) return false;
  return seconds === undefined || (typeof proved === 'string' && Date.parse(at) - Date.parse(proved) <= seconds * 1000);
}

/** The laws once more, by brute force: every way to seat persons is tried. */
function mayAllow(input: DecideInput): boolean {
  const { evaluation: given, approvals, barred, undetermined, forbidden, occasion, openedAt, now } = input;
  if ('fault' in given || given.denials.length > 0 || !given.max_ttl_seconds || forbidden.length > 0) return false;
  if (undetermined.length > 0 && (given.tier !== 'low' || given.requirements.length > 0)) return false;
  if (given.tier !== 'low' && given.requirements.length === 0) return false;
  if (given.requirements.some((each) => each.count < 1)) return false;
  if (Date.parse(openedAt) + 7 * 86_400_000 <= Date.parse(now)) return false;
  const said = occasion.by === 'verdict' ? occasion.approval : null;
  const codeBefore = (id: string) => input.before?.not_counted.find((each) => each.approval === id)?.code ?? 'counted';
  const usable = approvals.filter(
    (each) =>
      each.case === CASE &&
      each.request_digest === DIGEST &&
      each.approver.person !== null &&
      !barred.some(({ person }) => person === each.approver.person || person === each.submitted_by.person) &&
      each.at <= now &&
      given.eligible.some((entry) => entry.approval === each.id) &&
      (each.id === said || codeBefore(each.id) !== 'not_eligible'),
  );
  const asks = (each: Approval) =>
    given.requirements.filter(({ any_of }) =>
      given.eligible.some((entry) => entry.approval === each.id && any_of.includes(entry.group)),
    );
  const isSure = (each: Approval, { min_assurance: least = 'asserted' }: Requirement) =>
    ASSURANCES.indexOf(each.approver.assurance) >= ASSURANCES.indexOf(least);
  const rejects = usable.filter(({ verdict }) => verdict === 'reject');
  if (rejects.some((each) => asks(each).length === 0 || asks(each).some((asked) => isSure(each, asked)))) return false;
  const places = given.requirements.flatMap((each) => Array<Requirement>(Math.max(0, each.count)).fill(each));
  const fits = (person: string, place: Requirement) =>
    usable.some(
      (each) =>
        each.verdict === 'approve' &&
        each.approver.person === person &&
        each.expires_at > now &&
        isSureEnough(each, place) &&
        TIERS.indexOf(each.seen_tier ?? 'critical') >= TIERS.indexOf(given.tier) &&
        given.eligible.some((entry) => entry.approval === each.id && place.any_of.includes(entry.group)),
    );
  const seat = (index: number, taken: string[]): boolean => {
    const place = places[index];
    if (place === undefined) return true;
    return PEOPLE.some(
      (person) => !taken.includes(person) && fits(person, place) && seat(index + 1, [...taken, person]),
    );
  };
  if (!seat(0, [])) return false;
  return occasion.by === 'request' || decide(input).counted.some(({ approval: id }) => id === said);
}
