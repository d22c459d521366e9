import { describe, expect, it } from 'vitest';
import { digestOf } from '../../base/canonical-json.ts';
import type { Approval } from '../../contract/approval.ts';
import type { Evaluation, Requirement } from '../../contract/evaluation.ts';
import { type ApprovalCheck, type ApprovalInCase, firstRefusal } from './check.ts';
import { APPROVAL_CHECKS } from './check-table.ts';
import { APPROVAL_REASONS } from './codes.ts';
import { UNPLACED_CHECKS, type UnplacedApproval } from './unplaced.ts';

const BEFORE = '2026-11-22T11:00:00.000Z';
const NOW = '2026-11-22T12:00:00.000Z';
const LATER = '2026-11-22T13:00:00.000Z';
const CASE = '019aab00-0000-7000-8000-000000000001';
const OTHER_CASE = '019aab00-0000-7000-8000-000000000002';
const OWNERS: Requirement = { id: 'r1', any_of: ['owners'], count: 1, code: 'needed' };

const approval: Approval = {
  id: '019aab00-0000-7000-8000-00000000000a',
  case: CASE,
  request_digest: digestOf('request'),
  approver: { identity: 'ann@x', person: 'ann', groups: ['owners'], assurance: 'authenticated' },
  verdict: 'approve',
  comment: '',
  at: NOW,
  expires_at: LATER,
  seen: CASE,
  on_behalf_of: null,
  submitted_by: { client: 'portal', principal: null, person: null },
};

const evaluation: Evaluation = {
  tier: 'medium',
  score: 30,
  factors: [],
  denials: [],
  requirements: [OWNERS],
  eligible: [],
  ineligible: [],
  obligations: [],
  controls: [],
  facts: [],
};

/** An approval against which there is nothing to be said. */
const flawless: ApprovalInCase = {
  approval,
  evaluation,
  case: CASE,
  requestDigest: digestOf('request'),
  barred: [{ person: 'sue', code: 'approver_is_subject' }],
  now: NOW,
  groups: new Set(['owners']),
  hadCounted: false,
  wasEntitled: true,
};
const NOT_LISTED: Partial<ApprovalInCase> = { groups: new Set() };

function given(changes: Partial<Approval>, inCase: Partial<ApprovalInCase> = {}): ApprovalInCase {
  return { ...flawless, ...inCase, approval: { ...approval, ...changes } };
}

function barredAs(code: ApprovalInCase['barred'][number]['code']): ApprovalInCase {
  return given({}, { barred: [{ person: 'ann', code }] });
}

function requiring(changes: Partial<Requirement>): Evaluation {
  return { ...evaluation, requirements: [{ ...OWNERS, ...changes }] };
}

const asserted = { ...approval.approver, assurance: 'asserted' as const };
const nobody = { ...approval.approver, person: null };

/** A code, an approval to which it applies, and what would become of that without the check: another code, or it passes. */
type Case<Given> = [code: string, given: Given, without: string | null];

function describeChecks<Given>(checks: readonly ApprovalCheck<Given>[], cases: Case<Given>[]): void {
  it.each(cases)('%s', (code, each, without) => {
    expect(firstRefusal(checks, each)).toBe(code);
    const others = checks.filter((check) => check.code !== code);
    expect(others).toHaveLength(checks.length - 1);
    expect(firstRefusal(others, each)).toBe(without);
  });

  it('each have a test', () => {
    expect(new Set(cases.map(([code]) => code))).toEqual(new Set(checks.map(({ code }) => code)));
  });
}

describe('the checks of an approval, before it is placed', () => {
  it('let a flawless one pass', () => {
    expect(firstRefusal(APPROVAL_CHECKS, flawless)).toBeNull();
    expect(firstRefusal(APPROVAL_CHECKS, given({ verdict: 'reject' }))).toBeNull();
  });

  describeChecks(APPROVAL_CHECKS, [
    ['other_case', given({ case: OTHER_CASE }), null],
    ['other_case', given({}, { case: null }), null],
    ['other_request', given({ request_digest: digestOf('another') }), null],
    ['key_unknown', given({ approver: { ...nobody, assurance: 'signed' } }), 'person_unknown'],
    ['person_unknown', given({ approver: nobody }), null],
    ['approver_is_subject', barredAs('approver_is_subject'), null],
    ['approver_is_caller', barredAs('approver_is_caller'), null],
    ['approver_is_requester', barredAs('approver_is_requester'), null],
    ['submitter_unknown', given({ submitted_by: { client: 'c', principal: 'x', person: null } }), null],
    ['submitter_barred', given({ submitted_by: { client: 'c', principal: 'sue@x', person: 'sue' } }), null],
    ['on_behalf_of_unknown', given({ on_behalf_of: { identity: 'x', person: null } }), null],
    ['on_behalf_of_barred', given({ on_behalf_of: { identity: 'sue@x', person: 'sue' } }), null],
    ['not_yet_given', given({ at: LATER }), null],
    ['expired', given({ expires_at: NOW }), null],
    ['stale', given({}, { ...NOT_LISTED, hadCounted: true }), 'not_eligible'],
    ['not_eligible', given({}, NOT_LISTED), null],
    ['not_eligible_when_given', given({ verdict: 'reject' }, { wasEntitled: false }), null],
    [
      'assurance_too_low',
      given({ verdict: 'reject', approver: asserted }, { evaluation: requiring({ min_assurance: 'authenticated' }) }),
      null,
    ],
  ]);

  it('report the code of policy for an approval that policy does not list as eligible', () => {
    const ineligible = [{ approval: approval.id, code: 'approver_on_leave' }];
    const refused = given({}, { ...NOT_LISTED, evaluation: { ...evaluation, ineligible } });
    expect(firstRefusal(APPROVAL_CHECKS, refused)).toBe('approver_on_leave');
    const ofAnother = [{ approval: OTHER_CASE, code: 'approver_on_leave' }];
    expect(firstRefusal(APPROVAL_CHECKS, { ...refused, evaluation: { ...evaluation, ineligible: ofAnother } })).toBe(
      'not_eligible',
    );
  });

  it('leave to policy no word about what the engine refuses', () => {
    const ineligible = [{ approval: approval.id, code: 'approver_on_leave' }];
    const both = { ...barredAs('approver_is_caller'), ...NOT_LISTED, evaluation: { ...evaluation, ineligible } };
    expect(firstRefusal(APPROVAL_CHECKS, both)).toBe('approver_is_caller');
  });

  it('let no reject expire', () => {
    expect(firstRefusal(APPROVAL_CHECKS, given({ verdict: 'reject', expires_at: BEFORE }))).toBeNull();
  });

  it('are walked in the order of the table', () => {
    const barred = [
      { person: 'ann', code: 'approver_is_requester' as const },
      { person: 'ann', code: 'approver_is_caller' as const },
      { person: 'ann', code: 'approver_is_subject' as const },
      { person: 'sue', code: 'approver_is_subject' as const },
    ];
    const ofSue = { identity: 'sue@x', person: 'sue' };
    // Everything that can be wrong at once; each step mends what was found first.
    let flawed = given(
      {
        case: OTHER_CASE,
        request_digest: digestOf('another'),
        approver: { ...nobody, assurance: 'signed' },
        at: LATER,
        expires_at: BEFORE,
        submitted_by: { client: 'c', principal: 'x', person: null },
        on_behalf_of: { identity: 'x', person: null },
      },
      { ...NOT_LISTED, hadCounted: true, wasEntitled: false, barred },
    );
    const mend = (changes: Partial<Approval>, inCase: Partial<ApprovalInCase> = {}) => {
      flawed = { ...flawed, ...inCase, approval: { ...flawed.approval, ...changes } };
    };
    const withoutBar = (code: string) => ({
      barred: flawed.barred.filter((bar) => bar.person === 'sue' || bar.code !== code),
    });
    const steps: [string, () => void][] = [
      ['other_case', () => mend({ case: CASE })],
      ['other_request', () => mend({ request_digest: digestOf('request') })],
      ['key_unknown', () => mend({ approver: nobody })],
      ['person_unknown', () => mend({ approver: asserted })],
      ['approver_is_subject', () => mend({}, withoutBar('approver_is_subject'))],
      ['approver_is_caller', () => mend({}, withoutBar('approver_is_caller'))],
      ['approver_is_requester', () => mend({}, withoutBar('approver_is_requester'))],
      ['submitter_unknown', () => mend({ submitted_by: { client: 'c', principal: 'sue@x', person: 'sue' } })],
      ['submitter_barred', () => mend({ submitted_by: approval.submitted_by })],
      ['on_behalf_of_unknown', () => mend({ on_behalf_of: ofSue })],
      ['on_behalf_of_barred', () => mend({ on_behalf_of: null })],
      ['not_yet_given', () => mend({ at: BEFORE })],
      ['expired', () => mend({ verdict: 'reject' })],
      ['stale', () => mend({}, { hadCounted: false })],
      ['not_eligible', () => mend({}, { groups: flawless.groups, evaluation: requiring({ min_assurance: 'signed' }) })],
      ['not_eligible_when_given', () => mend({}, { wasEntitled: true })],
      ['assurance_too_low', () => mend({ approver: { ...asserted, assurance: 'signed' } })],
    ];
    expect(steps.map(([code]) => code)).toEqual(APPROVAL_CHECKS.map(({ code }) => code));
    for (const [code, step] of steps) {
      expect(firstRefusal(APPROVAL_CHECKS, flawed)).toBe(code);
      step();
    }
    expect(firstRefusal(APPROVAL_CHECKS, flawed)).toBeNull();
  });
});

describe('the reasons why an approval took no place', () => {
  const unplaced = (changes: Partial<Approval>, rest: Partial<UnplacedApproval> = {}): UnplacedApproval => ({
    ...given(changes),
    person: 'ann',
    isPersonPlaced: false,
    ...rest,
  });
  const recent = requiring({ max_authentication_age_seconds: 60 });

  describeChecks(UNPLACED_CHECKS, [
    ['person_already_counted', unplaced({}, { isPersonPlaced: true }), 'place_taken'],
    ['place_taken', unplaced({}), null],
    ['not_eligible_when_given', unplaced({}, { wasEntitled: false }), null],
    ['stale', unplaced({ seen_tier: 'low' }), null],
    ['stale', unplaced({}, { hadCounted: true, evaluation: requiring({ any_of: ['security'] }) }), 'not_eligible'],
    ['not_eligible', unplaced({}, { evaluation: requiring({ any_of: ['security'] }) }), 'assurance_too_low'],
    [
      'assurance_too_low',
      unplaced({}, { evaluation: requiring({ min_assurance: 'signed' }) }),
      'authentication_too_old',
    ],
    ['authentication_too_old', unplaced({ authenticated_at: BEFORE }, { evaluation: recent }), null],
    ['authentication_too_old', unplaced({ authenticated_at: null }, { evaluation: recent }), null],
  ]);

  it('say of nobody that they are placed or asked again who was not entitled', () => {
    const outsider = { wasEntitled: false, evaluation: requiring({ min_assurance: 'signed' }) };
    expect(firstRefusal(UNPLACED_CHECKS, unplaced({ seen_tier: 'low' }, { ...outsider, isPersonPlaced: true }))).toBe(
      'assurance_too_low',
    );
  });
});

describe('the codes of the engine', () => {
  it('each have one sentence, wherever they are given', () => {
    for (const { code, sentence } of [...APPROVAL_CHECKS, ...UNPLACED_CHECKS]) {
      expect(APPROVAL_REASONS.get(code)?.sentence, code).toBe(sentence);
      expect(sentence, code).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('tell which verdicts may count when they are given again, and whose givers were entitled', () => {
    const reasons = [...APPROVAL_REASONS.values()];
    const codesOf = (member: 'mayBeGivenAgain' | 'wasEntitled') =>
      reasons.flatMap((reason) => (reason[member] ? [reason.code] : [])).sort();
    expect(codesOf('mayBeGivenAgain')).toEqual([
      'authentication_too_old',
      'expired',
      'key_unknown',
      'not_eligible_when_given',
      'stale',
    ]);
    expect(codesOf('wasEntitled')).toEqual(['person_already_counted', 'place_taken', 'stale']);
  });
});
