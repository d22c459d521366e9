import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../base/canonical-json.ts';
import { HISTORY_LIMIT, type HistoryEntry } from '../../contract/record.ts';
import {
  byAge,
  type HistoryCandidates,
  type HistoryCase,
  type HistoryQuery,
  historyText,
  isGrantOf,
  MAX_OVERDUE,
  mergeByAge,
  selectHistory,
} from './history.ts';

const day = (n: number) => `2026-11-${String(n).padStart(2, '0')}T12:00:00.000Z`;
const KIND = 'issue/api_key';
const QUERY: HistoryQuery = { kind: KIND, subject: 'ann', resource: 'key', team: 'a', except: null, now: day(20) };

function row(id: string, changes: Partial<HistoryCase> = {}): HistoryCase {
  const keys = { kind: KIND, subject: 'ann', resource: 'key', team: 'a' };
  const times = { at: day(1), expires_at: null, review: null, review_by: null, revoked_at: null };
  return { case: id, ...keys, outcome: 'deny', tier: 'low', ...times, ...changes };
}

const candidates = (lists: Partial<HistoryCandidates>): HistoryCandidates => ({
  subject: [],
  resource: [],
  toReview: [],
  ...lists,
});
const idsOf = (rows: readonly HistoryCase[]) => rows.map((each) => each.case);

describe('the history of a case', () => {
  it('shows other cases of the subject and the resource, newest first, each once', () => {
    const both = row('both', { at: day(2) });
    const subject = [row('self', { at: day(4) }), both, row('old', { at: day(1) })];
    const resource = [row('new', { at: day(3) }), both];
    const selected = selectHistory(candidates({ subject, resource }), { ...QUERY, except: 'self' });
    expect(idsOf(selected)).toEqual(['new', 'both', 'old']);
  });

  it('takes the newer state of a case that one list shows as it was and the other as it is', () => {
    const subject = [row('c', { at: day(1), tier: 'low' })];
    const resource = [row('c', { at: day(2), tier: 'high' })];
    expect(selectHistory(candidates({ subject, resource }), QUERY)).toEqual(resource);
  });

  it('gives the first places to grants of the same kind', () => {
    const junk = Array.from({ length: 20 }, (_, n) => row(`junk${n}`, { at: day(28 - n) }));
    const other = row('other kind', { at: day(2), kind: 'x/y', outcome: 'allow' });
    const grant = row('grant', { at: day(1), outcome: 'allow' });
    const selected = selectHistory(candidates({ subject: [...junk, other, grant] }), QUERY);
    expect(idsOf(selected)).toEqual([...idsOf(junk.slice(0, 19)), 'grant']);
  });

  it('shows the reviews of the team that are overdue, the most overdue ones, and no others', () => {
    const overdue = Array.from({ length: 7 }, (_, n) =>
      row(`overdue${n}`, { at: day(n + 1), outcome: 'allow', review_by: day(n + 10), subject: `s${n}`, resource: 'x' }),
    );
    const later = row('later', { outcome: 'allow', review_by: day(21) });
    const selected = selectHistory(candidates({ toReview: [...overdue, later] }), QUERY);
    expect(idsOf(selected)).toEqual(['overdue4', 'overdue3', 'overdue2', 'overdue1', 'overdue0']);
  });

  it('is written as canonical JSON, with what each case shares and when it was over', () => {
    const revoked = row('revoked', { at: day(2), outcome: 'allow', expires_at: day(30), revoked_at: day(3) });
    const ofTeam = row('team', { subject: 'bob', resource: 'x', outcome: 'allow', review: 'keep', review_by: day(2) });
    const text = historyText(candidates({ subject: [revoked], toReview: [ofTeam] }), QUERY);
    const entries: HistoryEntry[] = [
      {
        case: 'revoked',
        kind: KIND,
        outcome: 'allow',
        tier: 'low',
        at: day(2),
        expires_at: day(3),
        review: null,
        shares: ['resource', 'subject', 'team'],
      },
      {
        case: 'team',
        kind: KIND,
        outcome: 'allow',
        tier: 'low',
        at: day(1),
        expires_at: null,
        review: 'keep',
        shares: ['team'],
      },
    ];
    expect(text).toBe(canonicalJson(entries));
    // The same row, for a case that shares less with it.
    const less = historyText(candidates({ subject: [revoked] }), { ...QUERY, resource: 'x', team: null });
    expect(JSON.parse(less)).toEqual([{ ...entries[0], shares: ['subject'] }]);
  });
});

const anyRow = fc
  .record({
    case: fc.constantFrom(...Array.from({ length: 60 }, (_, n) => `case${n}`)),
    at: fc.integer({ min: 1, max: 28 }).map(day),
    kind: fc.constantFrom(KIND, 'x/y'),
    outcome: fc.constantFrom('allow' as const, 'deny' as const, 'approval_required' as const),
    subject: fc.constantFrom('ann', 'bob'),
    review_by: fc.option(fc.integer({ min: 1, max: 28 }).map(day)),
  })
  .map(({ case: id, ...changes }) => row(id, changes));
/** As a store gives them: newest first, each case once. */
const list = fc.uniqueArray(anyRow, { selector: (each) => each.case, maxLength: 42 }).map((rows) => rows.sort(byAge));
const toReview = fc
  .uniqueArray(
    anyRow.filter(({ review_by }) => review_by !== null),
    { selector: (each) => each.case, maxLength: 8 },
  )
  .map((rows) => rows.sort((a, b) => ((a.review_by ?? '') < (b.review_by ?? '') ? -1 : 1)));
const anyCandidates = fc.record({ subject: list, resource: list, toReview });
const except = fc.option(fc.constantFrom('case1', 'case2'));

describe('whatever the candidates are, their selection', () => {
  it('is bounded, in order, without repetition, made of candidates, and does not change them', () => {
    fc.assert(
      fc.property(anyCandidates, except, (given, self) => {
        const before = structuredClone(given);
        const selected = selectHistory(given, { ...QUERY, except: self });
        expect(given).toEqual(before);
        expect(selected.length).toBeLessThanOrEqual(HISTORY_LIMIT);
        expect(new Set(idsOf(selected)).size).toBe(selected.length);
        expect(idsOf(selected)).not.toContain(self);
        expect(selected).toEqual(selected.toSorted(byAge));
        const all = new Set([...given.subject, ...given.resource, ...given.toReview]);
        for (const each of selected) expect(all.has(each)).toBe(true);
      }),
    );
  });

  it('leaves no place empty while there is a candidate, and no grant of the kind out for anything else', () => {
    fc.assert(
      fc.property(anyCandidates, (given) => {
        const shown = new Set(idsOf(selectHistory(given, QUERY)));
        const missing = mergeByAge(given.subject, given.resource).filter((each) => !shown.has(each.case));
        if (missing.length > 0) expect(shown.size).toBe(HISTORY_LIMIT);
        const overdue = given.toReview.filter(({ review_by }) => review_by !== null && review_by <= QUERY.now);
        for (const each of overdue.slice(0, MAX_OVERDUE)) expect(shown).toContain(each.case);
        const reserved = new Set(idsOf(overdue.slice(0, MAX_OVERDUE)));
        const isLeftOut = missing.some((each) => isGrantOf(newestOf(given, each.case), KIND));
        const others = selectHistory(given, QUERY).filter((each) => !isGrantOf(each, KIND) && !reserved.has(each.case));
        if (isLeftOut) expect(idsOf(others)).toEqual([]);
      }),
    );
  });

  it('does not depend on whether a list repeats rows', () => {
    fc.assert(
      fc.property(anyCandidates, (given) => {
        const twice = { ...given, subject: mergeByAge(given.subject, given.subject) };
        expect(historyText(twice, QUERY)).toBe(historyText(given, QUERY));
      }),
    );
  });
});

function newestOf({ subject, resource }: HistoryCandidates, id: string): HistoryCase {
  return mergeByAge(subject, resource).find((each) => each.case === id) as HistoryCase;
}
