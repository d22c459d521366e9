import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../base/canonical-json.ts';
import type { HistoryEntry } from '../contract/record.ts';
import { AT, caseQuery, entry, historyOf, keep, NOBODY, randomFrom, tokenEntry } from './entries.contract.ts';
import {
  type CaseHead,
  type CasePage,
  type CaseQuery,
  type ChainPage,
  OUTBOX_START,
  type Position,
  type Store,
} from './store.ts';
import { INSTALLATION } from './stored-record.ts';
import { storm } from './storm.contract.ts';

/** What every store has to do. `open` gives the same store again after close, `fresh` an empty one. */
export function describeStore(
  name: string,
  stores: { fresh(): Promise<{ store: Store; open(): Promise<Store> }> },
): void {
  describe(`${name} keeps the store contract`, () => {
    let store: Store;
    let open: () => Promise<Store>;

    beforeEach(async () => {
      ({ store, open } = await stores.fresh());
    });
    afterEach(() => store.close());

    const page: ChainPage = { after: -1, limit: 100, maxBytes: 1e6 };
    const seqs = async (caseId: string, asked: ChainPage) => (await store.chain(caseId, asked)).map(({ seq }) => seq);
    const day = (n: number) => `2026-11-${String(n).padStart(2, '0')}T12:00:00.000Z`;
    const casesIn = (history: string) => (JSON.parse(history) as HistoryEntry[]).map((each) => each.case);

    it('keeps record, head and idempotency key, and has them after it was opened again', async () => {
      expect(await keep(store, entry('c1', 0, { key: 'k1' }))).toBe('committed');
      await store.close();
      store = await open();
      expect(await store.record('c1')).toEqual(entry('c1', 0).record);
      expect(await store.caseHead('c1')).toEqual(entry('c1', 0).caseHead);
      expect(await store.idempotency('k1', 0)).toEqual({ fingerprint: 'fingerprint of k1', record: 'c1' });
    });

    it('verifies records that are read in the background, and leaves out what does not exist', async () => {
      await keep(store, entry('c1', 0));
      await keep(store, entry('c2', 0));
      expect(await store.verifiedRecords(['c2', 'none', 'c1'])).toEqual([entry('c2', 0).record, entry('c1', 0).record]);
    });

    it('leads from any record of a case to its newest head and its chain', async () => {
      for (const seq of [0, 1, 2]) await keep(store, entry('c1', seq));
      expect((await store.caseHead('c1'))?.seq).toBe(2);
      expect(await store.caseHead('c1-1')).toEqual(await store.caseHead('c1'));
      expect(await seqs('c1', page)).toEqual([0, 1, 2]);
      expect(await store.chain('c1', { ...page, limit: 1 })).toEqual([entry('c1', 0).record]);
      expect(await seqs('c1', { ...page, after: 0, limit: 1 })).toEqual([1]);
    });

    it('says conflict for a seq that is taken or skips one, and keeps nothing of it', async () => {
      await keep(store, entry('c1', 0));
      const twin = entry('c1', 0, { key: 'k' });
      expect(await keep(store, { ...twin, record: { ...twin.record, id: 'other' } })).toBe('conflict');
      expect(await keep(store, entry('c1', 2, { key: 'k' }))).toBe('conflict');
      expect(await store.record('other')).toBeNull();
      expect(await store.record('c1-2')).toBeNull();
      expect(await store.idempotency('k', 0)).toBeNull();
      expect((await store.caseHead('c1'))?.seq).toBe(0);
    });

    it('says duplicate for a key that is held, and takes it again a day later', async () => {
      await keep(store, entry('c1', 0, { key: 'k' }));
      expect(await keep(store, entry('c2', 0, { key: 'k' }))).toBe('duplicate');
      expect(await store.record('c2')).toBeNull();
      const nextDay = entry('c3', 0, { key: 'k' });
      const at = Date.parse('2026-11-23T12:00:01Z');
      // The caller's clock alone makes no key old: that takes a record of then.
      expect(await keep(store, { ...nextDay, idempotency: { key: 'k', fingerprint: 'new', at } })).toBe('duplicate');
      await keep(store, entry('c4', 0, { at: new Date(at).toISOString() }));
      expect(await keep(store, { ...nextDay, idempotency: { key: 'k', fingerprint: 'new', at } })).toBe('committed');
      expect(await store.idempotency('k', 0)).toEqual({ fingerprint: 'new', record: 'c3' });
      expect(await store.idempotency('k', at + 1)).toBeNull();
    });

    it('remembers a key for as long as nothing newer is kept, whatever the machine says of the time', async () => {
      await keep(store, entry('c1', 0, { key: 'k' })); // Of a day that is long over.
      await store.close();
      store = await open();
      await keep(store, entry('c2', 0));
      expect(await store.idempotency('k', 0)).toEqual({ fingerprint: 'fingerprint of k', record: 'c1' });
    });

    it('keeps nothing more for a process when another one has opened the store', async () => {
      await keep(store, entry('c1', 0));
      const other = await open();
      await expect(keep(store, entry('c2', 0))).rejects.toMatchObject({ code: 'store_unavailable' });
      expect(await keep(other, entry('c2', 0))).toBe('committed');
      await expect(keep(store, entry('c3', 0))).rejects.toMatchObject({ code: 'store_unavailable' });
      expect(await other.record('c3')).toBeNull();
      await other.close();
    });

    it('lets a conflict in a group fail alone', async () => {
      const entries = Array.from({ length: 50 }, (_, index) => entry(`c${index % 25}`, 0));
      const results = await Promise.all(
        entries.map((each, index) =>
          keep(store, index < 25 ? each : { ...each, record: { ...each.record, id: `twin${index}` } }),
        ),
      );
      expect(results.filter((result) => result === 'committed')).toHaveLength(25);
      expect(results.filter((result) => result === 'conflict')).toHaveLength(25);
    });

    it('commits a group in its order, says where each entry stands in the log, and lets those fail that conflict', async () => {
      await keep(store, entry('holder', 0, { key: 'held' }));
      const results = await store.commit([
        entry('c1', 0),
        entry('c1', 1),
        entry('c1', 1, { key: 'twin' }),
        entry('c2', 0, { key: 'held', subject: 'bob', resource: 'other' }),
        entry('c3', 0, { key: 'k3', subject: 'cyd', resource: 'third' }),
      ]);
      expect(results).toEqual([
        { status: 'committed', position: 1 },
        { status: 'committed', position: 2 },
        { status: 'conflict', position: null },
        { status: 'duplicate', position: null },
        { status: 'committed', position: 3 },
      ]);
      expect(await seqs('c1', page)).toEqual([0, 1]);
      expect(await store.idempotency('twin', 0)).toBeNull();
      expect(await store.caseHead('c2')).toBeNull();
      expect(await store.commit([])).toEqual([]);
    });

    it('lets an entry of a group fail whose history may show one before it that conflicts', async () => {
      await keep(store, entry('holder', 0, { key: 'held', subject: 'bob', resource: 'other' }));
      const results = await store.commit([entry('c1', 0, { key: 'held' }), entry('c2', 0), entry('c3', 0)]);
      expect(results.map(({ status }) => status)).toEqual(['duplicate', 'conflict', 'conflict']);
      expect(await store.newest()).toMatchObject({ id: 'holder', position: 0 });
    });

    it('keeps the events of a record with it, in the order of the log, and none of a record that it does not keep', async () => {
      const events = (...types: string[]) => types.map((type) => ({ type, payload: `{"type":"${type}"}` }));
      await store.commit([
        { ...entry('c1', 0), outbox: events('opened', 'asked') },
        { ...entry('c1', 2), outbox: events('lost') },
        { ...entry('c2', 0, { subject: 'bob', resource: 'other' }), outbox: [] },
        { ...entry('c1', 1), outbox: events('allowed') },
      ]);
      await store.close();
      store = await open();
      const all = await store.outbox(OUTBOX_START, 10);
      expect(all).toEqual([
        { position: 0, ordinal: 0, ...events('opened')[0] },
        { position: 0, ordinal: 1, ...events('asked')[0] },
        { position: 2, ordinal: 0, ...events('allowed')[0] },
      ]);
      expect(await store.outbox(OUTBOX_START, 2)).toEqual(all.slice(0, 2));
      expect(await store.outbox({ position: 0, ordinal: 0 }, 10)).toEqual(all.slice(1));
      expect(await store.outbox({ position: 2, ordinal: 0 }, 10)).toEqual([]);
    });

    it('gives the newest other cases of the same subject or resource, each once', async () => {
      await keep(store, entry('c1', 0, { at: day(1), resource: 'other' }));
      await keep(store, entry('c2', 0, { at: day(2), subject: 'bob' }));
      await keep(store, entry('c3', 0, { at: day(3) }));
      await keep(store, entry('c4', 0, { at: day(4), subject: 'bob', resource: 'other' }));
      const query = { kind: 'issue/api_key', subject: 'ann', resource: 'key', ...NOBODY };
      expect(casesIn(await historyOf(store, query))).toEqual(['c3', 'c2', 'c1']);
      expect(casesIn(await historyOf(store, { ...query, except: 'c3' }))).toEqual(['c2', 'c1']);
      expect(await historyOf(store, { ...query, subject: 'cyd', resource: 'none' })).toBe('[]');
    });

    it('gives the history as it is, whatever was asked for before', async () => {
      const query = { kind: 'issue/api_key', subject: 'ann', resource: 'key', ...NOBODY };
      const looks: string[][] = [];
      const look = async () => looks.push(casesIn(await historyOf(store, query)));
      await look();
      await keep(store, entry('c1', 0, { at: day(1) }));
      await look();
      await keep(store, entry('c3', 0, { at: day(3), subject: 'bob' }));
      await keep(store, entry('c2', 0, { at: day(2), resource: 'other' }));
      await look();
      await keep(store, entry('c1', 1, { at: day(4), subject: 'renamed' }));
      await look();
      expect(looks).toEqual([[], ['c1'], ['c3', 'c2', 'c1'], ['c1', 'c3', 'c2']]);
      const remembered = await historyOf(store, query);
      expect(remembered).toContain(day(4));
      await store.close();
      store = await open();
      expect(await historyOf(store, query)).toBe(remembered);
    });

    it('says what earlier cases share, when they were over, and which reviews of the team are overdue', async () => {
      const query = { kind: 'issue/api_key', subject: 'ann', resource: 'key', ...NOBODY, team: 'a', now: day(20) };
      const grant = { outcome: 'allow' as const, expires_at: day(30), team: 'a' };
      await keep(store, entry('both', 0, { ...grant, at: day(1), revoked_at: day(2) }));
      await keep(store, entry('resource', 0, { ...grant, at: day(2), subject: 'bob', team: 'b' }));
      await keep(
        store,
        entry('overdue', 0, { ...grant, at: day(3), subject: 'cyd', resource: 'x', review_by: day(4) }),
      );
      await keep(
        store,
        entry('not yet', 0, { ...grant, at: day(4), subject: 'cyd', resource: 'x', review_by: day(25) }),
      );
      const others = { ...grant, subject: 'dan', resource: 'x', review_by: day(4) };
      await keep(store, entry('other team', 0, { ...others, at: day(5), team: 'b' }));
      await keep(store, entry('other kind', 0, { ...others, at: day(6), kind: 'x/y' }));
      const told = async () =>
        (JSON.parse(await historyOf(store, query)) as HistoryEntry[]).map((each) => [
          each.case,
          each.shares,
          each.expires_at,
        ]);
      const all = [
        ['overdue', ['team'], day(30)],
        ['resource', ['resource'], day(30)],
        ['both', ['resource', 'subject', 'team'], day(2)],
      ];
      expect(await told()).toEqual(all);
      await store.close();
      store = await open();
      expect(await told()).toEqual(all);
      const reviewed = { ...grant, at: day(3), subject: 'cyd', resource: 'x', review: 'keep' as const };
      await keep(store, entry('overdue', 1, reviewed));
      expect(await told()).toEqual(all.slice(1));
    });

    it('ends a page of records where it gets too large, but never before the first', async () => {
      for (const seq of [0, 1, 2]) await keep(store, entry('c1', seq));
      expect(await seqs('c1', { ...page, maxBytes: 1 })).toEqual([0]);
      const maxBytes = entry('c1', 1).record.jws.length + 1;
      expect(await seqs('c1', { ...page, after: 0, maxBytes })).toEqual([1, 2]);
    });

    it('does not let requests that lead nowhere push grants out of the history', async () => {
      await keep(store, entry('granted', 0, { at: '2026-11-01T12:00:00.000Z', outcome: 'allow' }));
      const query = { kind: 'issue/api_key', subject: 'ann', resource: 'key', ...NOBODY };
      expect(casesIn(await historyOf(store, query))).toEqual(['granted']);
      for (let index = 0; index < 30; index++) {
        const junk = { kind: index % 2 === 0 ? 'issue/api_key' : 'x/y', outcome: 'deny' as const };
        await keep(store, entry(`junk${index}`, 0, { ...junk, at: `2026-11-02T12:00:${10 + index}.000Z` }));
      }
      const remembered = casesIn(await historyOf(store, query));
      await store.close();
      store = await open();
      for (const found of [remembered, casesIn(await historyOf(store, query))]) {
        expect(found).toHaveLength(20);
        expect(found.at(-1)).toBe('granted');
        expect(found[0]).toBe('junk29');
      }
    });

    describe('searches', () => {
      const at = (n: number) => `2026-11-22T12:00:${String(n).padStart(2, '0')}.000Z`;
      const allow = (expires: number) => ({ outcome: 'allow' as const, expires_at: at(expires) });
      const heads: Record<string, Partial<CaseHead> & { at: string }> = {
        c1: { at: at(1), subject: 'bob', tier: 'low', ...allow(30), controls: ['AC-2', 'AC-6'] },
        c2: { at: at(2), kind: 'x/y', resource: 'other', outcome: 'deny', controls: [] },
        c3: { at: at(2), client: 'portal', tier: 'critical' },
        c4: { at: at(4), subject: 'cyd', tier: 'low', ...allow(50), controls: ['AC-2'] },
        c5: { at: at(5), subject: 'bob', kind: 'x/y', client: 'portal', outcome: 'deny' },
      };
      const ids = async (changes: Partial<CaseQuery>) =>
        (await store.search(caseQuery(changes))).cases.map((each) => each.case);

      beforeEach(async () => {
        for (const [id, head] of Object.entries(heads)) await keep(store, entry(id, 0, head));
      });

      it.each<[string, Partial<CaseQuery>, string[]]>([
        ['all, newest first', {}, ['c5', 'c4', 'c3', 'c2', 'c1']],
        ['subjects', { subjects: ['cyd', 'bob'] }, ['c5', 'c4', 'c1']],
        ['a resource', { resource: 'other' }, ['c2']],
        ['a kind', { kind: 'x/y' }, ['c5', 'c2']],
        ['a client', { client: 'portal' }, ['c5', 'c3']],
        ['a control', { control: 'AC-2' }, ['c4', 'c1']],
        ['a control that nothing names', { control: 'AC' }, []],
        ['outcomes', { outcomes: ['allow', 'deny'] }, ['c5', 'c4', 'c2', 'c1']],
        ['no outcome', { outcomes: [] }, []],
        ['no outcome of a subject', { subjects: ['bob'], outcomes: [] }, []],
        ['tiers', { tiers: ['critical', 'low'] }, ['c4', 'c3', 'c1']],
        ['what ends after now', { outcomes: ['allow'], grant: { state: 'in_force', now: at(30) } }, ['c4']],
        ['what ended by now', { outcomes: ['allow'], grant: { state: 'expired', now: at(30) } }, ['c1']],
        ['time', { from: at(2), after: { at: at(5), id: '' } }, ['c4', 'c3', 'c2']],
        ['subject and outcome', { subjects: ['bob'], outcomes: ['deny'] }, ['c5']],
        ['subject, resource, tier', { subjects: ['bob'], resource: 'key', tiers: ['low'] }, ['c1']],
        ['subject, client, control', { subjects: ['bob'], client: 'portal', control: 'AC-6' }, ['c5']],
        ['resource and kind', { resource: 'key', kind: 'x/y' }, ['c5']],
        ['control, kind and client', { control: 'AC-6', kind: 'issue/api_key', client: 'portal' }, ['c3']],
        ['control, outcome and state', { control: 'AC-2', grant: { state: 'in_force', now: at(40) } }, ['c4']],
        ['kind, client, tier', { kind: 'x/y', client: 'portal', tiers: ['medium'] }, ['c5']],
      ])('by %s', async (_what, changes, wanted) => {
        expect(await ids(changes)).toEqual(wanted);
      });

      it('gives heads, and pages that leave nothing out and repeat nothing', async () => {
        const { cases } = await store.search(caseQuery());
        expect(cases[4]).toEqual(entry('c1', 0, heads['c1']).caseHead);
        for (const limit of [1, 2, 4, 5]) {
          const found: string[] = [];
          for (let after: Position | null = caseQuery().after; after !== null; ) {
            const page: CasePage = await store.search(caseQuery({ after, limit }));
            found.push(...page.cases.map((each) => each.case));
            after = page.next;
          }
          expect(found, `pages of ${limit}`).toEqual(['c5', 'c4', 'c3', 'c2', 'c1']);
        }
        expect((await store.search(caseQuery({ limit: 5 }))).next).toBeNull();
      });

      it('finds a case by its newest decision alone', async () => {
        const now = { at: at(9), outcome: 'allow' as const, expires_at: at(59), controls: ['AC-3'] };
        await keep(store, entry('c3', 1, { ...now, client: 'portal', tier: 'critical' }));
        expect((await ids({}))[0]).toBe('c3');
        expect(await ids({ control: 'AC-6' })).toEqual(['c5', 'c1']);
        expect(await ids({ control: 'AC-3' })).toEqual(['c3']);
        expect(await ids({ outcomes: ['approval_required'] })).toEqual([]);
      });

      it('does not find by the controls of a decision that was not kept', async () => {
        expect(await keep(store, entry('c1', 2, { controls: ['AC-99'] }))).toBe('conflict');
        expect(await ids({ control: 'AC-99' })).toEqual([]);
        expect(await keep(store, entry('c6', 0, { controls: ['AC-99'] }))).toBe('committed');
        expect(await ids({ control: 'AC-99' })).toEqual(['c6']);
      });
    });

    it('knows the newest record of the log, and its place in it', async () => {
      await keep(store, entry('c1', 0));
      await keep(store, entry('c2', 0));
      expect(await keep(store, entry('c2', 0))).toBe('conflict');
      await keep(store, entry('c1', 1));
      expect(await store.newest()).toEqual({ ...entry('c1', 1).record, position: 2, leaf: entry('c1', 1).leaf });
    });

    describe('which policy examined a case last', () => {
      const grant = (ends: number) => ({ outcome: 'allow' as const, expires_at: day(ends) });
      const opened = { notSweptBy: 'new', outcomes: ['approval_required' as const] };
      const granted = {
        notSweptBy: 'new',
        outcomes: ['allow' as const],
        grant: { state: 'in_force' as const, now: day(10) },
      };
      const found = async (changes: Partial<CaseQuery>) => {
        const cases: string[] = [];
        let examined = 0;
        for (let after: Position | null = caseQuery().after; after !== null; ) {
          const page: CasePage = await store.search(caseQuery({ ...changes, after, limit: 2 }));
          cases.push(...page.cases.map((each) => each.case));
          examined += page.examined;
          after = page.next;
        }
        return { cases: cases.sort(), examined };
      };

      beforeEach(async () => {
        await keep(store, entry('open', 0, { last_policy: 'old' }));
        await keep(store, entry('open before', 0, { last_policy: 'older' }));
        await keep(store, entry('open and judged', 0, { last_policy: 'new' }));
        await keep(store, entry('denied', 0, { last_policy: 'old', outcome: 'deny' }));
        await keep(store, entry('granted', 0, { last_policy: 'old', ...grant(20) }));
        await keep(store, entry('granted for long', 0, { last_policy: 'old', ...grant(21) }));
        await keep(store, entry('granted before', 0, { last_policy: 'older', ...grant(20) }));
        await keep(store, entry('granted and judged', 0, { last_policy: 'new', ...grant(20) }));
        await keep(store, entry('over', 0, { last_policy: 'old', ...grant(10) }));
        await keep(store, entry('revoked', 0, { last_policy: 'old', ...grant(20), revoked_at: day(9) }));
      });

      it('finds what is open or in force and was not judged by it, and examines nothing else', async () => {
        expect(await found(opened)).toEqual({ cases: ['open', 'open before'], examined: 2 });
        const inForce = await found(granted);
        expect(inForce.cases).toEqual(['granted', 'granted before', 'granted for long']);
        expect(inForce.examined).toBeLessThanOrEqual(4);
      });

      it('is kept without a record, unless the case went on', async () => {
        await keep(store, entry('open before', 1, { last_policy: 'old' }));
        await store.markSwept([
          { case: 'open', seq: 0, policy: 'new' },
          { case: 'open before', seq: 0, policy: 'new' },
          { case: 'granted', seq: 0, policy: 'new' },
          { case: 'nobody', seq: 0, policy: 'new' },
        ]);
        await store.markSwept([]);
        expect((await found(opened)).cases).toEqual(['open before']);
        expect((await found(granted)).cases).toEqual(['granted before', 'granted for long']);
        expect(await store.caseHead('open')).toEqual(entry('open', 0, { last_policy: 'new' }).caseHead);
        expect((await store.newest())?.position).toBe(10);
      });
    });

    it('finds open cases that end by an instant, and looks at no others', async () => {
      for (const n of [5, 6, 7, 8]) await keep(store, entry(`c${n}`, 0, { closes_at: day(n) }));
      await keep(store, entry('c6', 1, { outcome: 'deny', closes_at: null }));
      const { cases, examined } = await store.search(caseQuery({ closesBefore: day(7) }));
      expect(cases.map((each) => each.case)).toEqual(['c7', 'c5']);
      expect(examined).toBe(2);
    });

    it('says how many rows a page examined', async () => {
      for (let n = 0; n < 10; n++) {
        await keep(
          store,
          entry(`c${n}`, 0, { at: day(10 + n), kind: n < 3 ? 'x/y' : 'z', client: n < 2 ? 'rare' : 'ci' }),
        );
      }
      const examined = async (changes: Partial<CaseQuery>) => (await store.search(caseQuery(changes))).examined;
      expect(await examined({ subjects: ['ann'] })).toBe(10);
      expect(await examined({ subjects: ['ann'], limit: 4 })).toBe(5);
      expect(await examined({ subjects: ['ann'], kind: 'nothing' })).toBe(10);
      expect(await examined({ subjects: ['nobody'] })).toBe(0);
    });

    describe('new cases that are not kept yet', () => {
      const query = { kind: 'issue/api_key', subject: 'ann', resource: 'key', ...NOBODY };

      it('are in the history from the call of commit() on, whatever was asked for before', async () => {
        const fresh = { ...query, subject: 'bob' };
        expect(await historyOf(store, query)).toBe('[]');
        const first = keep(store, entry('c1', 0, { at: day(1) }));
        expect(casesIn(await historyOf(store, query))).toEqual(['c1']);
        expect(casesIn(await historyOf(store, { ...fresh, resource: 'key' }))).toEqual(['c1']);
        const second = keep(store, entry('c2', 0, { at: day(2), outcome: 'allow' }));
        expect(casesIn(await historyOf(store, query))).toEqual(['c2', 'c1']);
        expect(await Promise.all([first, second])).toEqual(['committed', 'committed']);
        expect(casesIn(await historyOf(store, query))).toEqual(['c2', 'c1']);
      });

      it('take with them what may have seen them, where they are not kept, and nothing else', async () => {
        await keep(store, entry('holder', 0, { key: 'k', subject: 'x', resource: 'x' }));
        const results = await Promise.all([
          keep(store, entry('duplicate', 0, { key: 'k', team: 'a' })),
          keep(store, entry('same subject', 0, { resource: 'r1' })),
          keep(store, entry('same resource', 0, { subject: 's2' })),
          keep(store, entry('same team', 0, { subject: 's3', resource: 'r3', team: 'a' })),
          keep(store, entry('after those', 0, { subject: 's3', resource: 'r4' })),
          keep(store, entry('stranger', 0, { subject: 's5', resource: 'r5', team: 'b' })),
        ]);
        expect(results).toEqual(['duplicate', 'conflict', 'conflict', 'conflict', 'conflict', 'committed']);
        expect(await historyOf(store, query)).toBe('[]');
        expect(await keep(store, entry('again', 0))).toBe('committed');
      });

      it('are followed also by a decision that began while they were pending and is handed in later', async () => {
        await keep(store, entry('holder', 0, { key: 'k', subject: 'x', resource: 'x' }));
        const duplicate = keep(store, entry('duplicate', 0, { key: 'k' }));
        expect(casesIn(await historyOf(store, query))).toEqual(['duplicate']);
        expect(await duplicate).toBe('duplicate');
        expect(await keep(store, entry('c1', 0))).toBe('conflict');
        expect(await historyOf(store, query)).toBe('[]');
        expect(await keep(store, entry('c1', 0))).toBe('committed');
      });

      it('never stand in the history of a record that is kept, where they were not, in a storm of failures', async () => {
        const seed = Date.now() % 1e6; // Told where it fails.
        await keep(store, entry('holder', 0, { key: 'held', subject: 'none', resource: 'none' }));
        const { kept, conflicts } = await storm(store, randomFrom(seed));
        expect(conflicts, `seed ${seed}`).toBeGreaterThan(0);
        expect(kept.size, `seed ${seed}`).toBeGreaterThan(300);
        for (const [id, seen] of kept) {
          expect(await store.record(id), `seed ${seed}`).not.toBeNull();
          for (const other of seen) expect([id, other, kept.has(other)], `seed ${seed}`).toEqual([id, other, true]);
        }
      });
    });

    it('knows nothing of what was never kept', async () => {
      expect(await store.record('x')).toBeNull();
      expect(await store.caseHead('x')).toBeNull();
      expect(await store.chain('x', page)).toEqual([]);
      expect(await store.newest()).toBeNull();
      expect(await store.idempotency('x', 0)).toBeNull();
    });

    describe('access tokens', () => {
      const REVOKED = { revoked_at: '2026-11-23T12:00:00.000Z' };
      const idsOf = async (after: number, limit = 100) => (await store.tokens({ after, limit })).map(({ id }) => id);

      it('are kept with their record, in the order of the log, and are there after it was opened again', async () => {
        expect(await keep(store, entry('c1', 0))).toBe('committed');
        expect(await store.keepToken(tokenEntry('b', 0))).toBe('committed');
        expect(await store.keepToken(tokenEntry('a', 1, { principal: 'ann', may_grant: ['approve'] }))).toBe(
          'committed',
        );
        await store.close();
        store = await open();
        expect(await store.token('b')).toEqual(tokenEntry('b', 0).token);
        expect(await store.token('c')).toBeNull();
        const listed = await store.tokens({ after: -1, limit: 10 });
        expect(listed.map(({ id, position }) => [id, position])).toEqual([
          ['b', 1],
          ['a', 2],
        ]);
        expect(await idsOf(1)).toEqual(['a']);
        expect(await idsOf(-1, 1)).toEqual(['b']);
        expect(await store.installationHead()).toEqual(
          tokenEntry('a', 1, { principal: 'ann', may_grant: ['approve'] }).record,
        );
        expect(await seqs(INSTALLATION, page)).toEqual([0, 1]);
        expect((await store.newest())?.position).toBe(2);
      });

      it('are revoked once and for all', async () => {
        await store.keepToken(tokenEntry('a', 0));
        const revoked = tokenEntry('a', 1, REVOKED);
        expect(await store.keepToken(revoked)).toBe('committed');
        expect(await store.token('a')).toEqual(revoked.token);
        expect(await store.keepToken(tokenEntry('a', 2, REVOKED))).toBe('conflict');
        expect(await store.keepToken(tokenEntry('a', 2))).toBe('conflict');
        expect(await store.token('a')).toEqual(revoked.token);
        expect(await seqs(INSTALLATION, page)).toEqual([0, 1]);
      });

      it('change nothing but their end', async () => {
        await store.keepToken(tokenEntry('a', 0));
        await store.keepToken(tokenEntry('a', 1, { ...REVOKED, scopes: ['admin'], secret_sha256: 'b'.repeat(64) }));
        expect(await store.token('a')).toEqual({ ...tokenEntry('a', 0).token, ...REVOKED, record: 'installation-1' });
      });

      it('conflict where another record of the installation came first, or one is skipped, and nothing is kept', async () => {
        await store.keepToken(tokenEntry('a', 0));
        for (const seq of [0, 2]) expect(await store.keepToken(tokenEntry('b', seq))).toBe('conflict');
        expect(await store.keepToken(tokenEntry('a', 1))).toBe('conflict'); // It is made once.
        expect(await store.token('b')).toBeNull();
        expect(await seqs(INSTALLATION, page)).toEqual([0]);
        expect(await store.keepToken(tokenEntry('b', 1))).toBe('committed');
      });

      it('belong to no case', async () => {
        await store.keepToken(tokenEntry('a', 0));
        expect(await store.caseHead('installation-0')).toBeNull();
        expect((await store.search(caseQuery())).cases).toEqual([]);
        expect(await store.check()).toEqual([]);
      });

      it('are not kept once it is closed', async () => {
        await store.close();
        await expect(store.keepToken(tokenEntry('a', 0))).rejects.toMatchObject({ code: 'store_unavailable' });
        store = await open();
        expect(await store.token('a')).toBeNull();
      });
    });

    describe('uploaded bundles', () => {
      const bytes = (text: string) => new TextEncoder().encode(text);
      const by = { client: 'release', principal: 'rkhan' };
      const configured = sha256('the configured bundle');
      const details = { by, at: AT, configured };

      it('are found again over the configured bundle that they replace, the last one, and over no other', async () => {
        expect(await store.findUpload(configured)).toBeNull();
        await store.keepUpload(bytes('one'), { ...details, by: { client: 'ci', principal: null } });
        await store.keepUpload(bytes('two'), details);
        await store.close();
        store = await open();
        const found = await store.findUpload(configured);
        expect(found?.by).toEqual(by);
        expect(Buffer.from(found?.bundle ?? []).toString()).toBe('two');
        expect(await store.findUpload(sha256('another'))).toBeNull();
      });

      it('stay by their digest for ever, also when none replaces the configured one any more', async () => {
        await store.keepUpload(bytes('one'), details);
        await store.keepUpload(bytes('two'), details);
        await store.keepUpload(bytes('one'), details);
        await store.forgetUpload();
        await store.close();
        store = await open();
        expect(await store.findUpload(configured)).toBeNull();
        for (const text of ['one', 'two']) {
          expect(Buffer.from((await store.uploadedBundle(sha256(text))) ?? []).toString()).toBe(text);
        }
        expect(await store.uploadedBundle(sha256('three'))).toBeNull();
      });
    });

    it('counts the open cases and the grants in force that another policy judged last', async () => {
      const open = { outcome: 'approval_required', closes_at: day(20) } as const;
      const grant = { outcome: 'allow', expires_at: day(20) } as const;
      await keep(store, entry('open-old', 0, { ...open, last_policy: 'old' }));
      await keep(store, entry('open-new', 0, { ...open, last_policy: 'new' }));
      await keep(store, entry('open-z', 0, { ...open, last_policy: 'z' }));
      await keep(store, entry('grant-old', 0, { ...grant, last_policy: 'old' }));
      await keep(store, entry('grant-new', 0, { ...grant, last_policy: 'new' }));
      await keep(store, entry('grant-over', 0, { ...grant, expires_at: day(5), last_policy: 'old' }));
      await keep(store, entry('grant-revoked', 0, { ...grant, revoked_at: day(3), last_policy: 'old' }));
      await keep(store, entry('denied', 0, { outcome: 'deny', last_policy: 'old' }));
      expect(await store.countToSweep('new', day(10))).toBe(3);
      expect(await store.countToSweep('old', day(10))).toBe(3);
      expect(await store.countToSweep('other', day(10))).toBe(5);
    });

    describe('the progress of sweeps', () => {
      const counts = { examined: 3, changed: 1, failed: 0 };

      it('is found again by the policy, as it was kept last', async () => {
        const policy = sha256('policy');
        const other = { policy: sha256('other'), started_at: day(1), finished_at: day(2), ...counts };
        expect(await store.sweep(policy)).toBeNull();
        await store.keepSweep(other);
        await store.keepSweep({ policy, started_at: day(3), finished_at: null, examined: 0, changed: 0, failed: 0 });
        await store.keepSweep({ policy, started_at: day(3), finished_at: null, ...counts });
        await store.close();
        store = await open();
        expect(await store.sweep(policy)).toEqual({ policy, started_at: day(3), finished_at: null, ...counts });
        expect(await store.sweep(other.policy)).toEqual(other);
      });
    });

    it('can be probed', async () => {
      await expect(store.probe()).resolves.toBeUndefined();
    });

    it('refuses to commit once it is closed', async () => {
      await store.close();
      await expect(keep(store, entry('c1', 0))).rejects.toMatchObject({ code: 'store_unavailable' });
      store = await open();
    });
  });
}
