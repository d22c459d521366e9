import { setImmediate, setTimeout } from 'node:timers/promises';
import { canonicalJson } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import { parseWith } from '../../base/parse.ts';
import type { ApiCall } from '../../contract/calls/api-call.ts';
import { NDJSON_TYPE } from '../../contract/calls/case-calls.ts';
import { CALLS } from '../../contract/calls/table.ts';
import {
  type CasePage,
  type CaseState,
  caseQuerySchema,
  type FoundCase,
  grantQuerySchema,
  MAX_CASES,
  type SearchQuery,
} from '../../contract/case-search.ts';
import { OUTCOMES, type Outcome } from '../../contract/decision.ts';
import { TIERS } from '../../contract/evaluation.ts';
import type { Caller } from '../../contract/record.ts';
import type { Directory } from '../../domain/directory.ts';
import { grantStatusAt } from '../../domain/grant.ts';
import { keyOf, keyOfPerson, type Named, namedBy } from '../../domain/history/case-keys.ts';
import { standingAt } from '../../store/case-head.ts';
import {
  type CaseHead,
  type CaseQuery,
  EVERY_CASE,
  NEWEST,
  type Position,
  type Store,
  type CasePage as StoredPage,
} from '../../store/store.ts';
import type { Cursors } from '../cursors.ts';
import type { Call, Route } from '../route.ts';

export interface CaseSearchParts {
  store: Pick<Store, 'search'>;
  /** The directory of the active policy. */
  directory: () => Directory;
  clock: () => Date;
  /** See createCursors. */
  cursors: Cursors;
}

/** The outcome of cases in a state, and which of their grants are meant. */
const MEANING: Record<CaseState, { outcome: Outcome; grant: NonNullable<CaseQuery['grant']>['state'] | null }> = {
  open: { outcome: 'approval_required', grant: null },
  closed: { outcome: 'deny', grant: null },
  granted: { outcome: 'allow', grant: 'in_force' },
  active: { outcome: 'allow', grant: 'active' },
  due: { outcome: 'allow', grant: 'due' },
  overdue: { outcome: 'allow', grant: 'overdue' },
  expired: { outcome: 'allow', grant: 'expired' },
  revoked: { outcome: 'allow', grant: 'revoked' },
};

/** Both lists are the same search: grants are the cases that ended in one. */
export function caseSearchRoutes(parts: CaseSearchParts): Route[] {
  return [
    searchRoute(parts, CALLS.searchCases, caseQuerySchema),
    searchRoute(parts, CALLS.searchGrants, grantQuerySchema, 'allow'),
  ];
}

/** `outcome`: the only one that is searched for. */
function searchRoute(
  { store, directory, clock, cursors }: CaseSearchParts,
  call: ApiCall,
  schema: typeof caseQuerySchema | typeof grantQuerySchema,
  outcome?: Outcome,
): Route {
  return {
    ...call,
    isLong: true,
    async handle({ query, caller, accepts, charge }) {
      const asked: SearchQuery = {
        ...parseWith(schema, query, 'invalid_request', 'The query'),
        ...(outcome && { outcome }),
      };
      const now = clock().toISOString();
      const { cursor: given, limit: _, ...lasting } = asked;
      const bound = canonicalJson([call.path, caller.client, isReader(caller), lasting]);
      const after = given === undefined ? NEWEST : cursors.open(given, bound);
      if (after === null) throw fault('cursor', 'is not the `next` of a page of this query and client');
      const wanted = toCaseQuery(asked, caller, { directory: directory(), now, after });
      if (accepts('json', NDJSON_TYPE) === NDJSON_TYPE) {
        if (asked.limit !== undefined) throw fault('limit', 'An export contains everything after the cursor.');
        const first = await store.search(wanted);
        return { status: 200, type: NDJSON_TYPE, body: exportLines({ store, charge }, wanted, first, now) };
      }
      const page = await store.search(wanted);
      await charge(pointsFor(page));
      const { cases, next } = page;
      const body: CasePage = {
        cases: cases.map((each) => toFound(each, now)),
        next: next && cursors.seal(next, bound),
      };
      return { status: 200, body };
    },
  };
}

/** Throws AppError `invalid_request` where the subject could be several. */
function toCaseQuery(
  asked: SearchQuery,
  caller: Caller,
  at: { directory: Directory; now: string; after: Position },
): CaseQuery {
  const { resource_type: type, resource_id: id, state, outcome, tier, kind, control, from, to, limit } = asked;
  const meaning = state === undefined ? null : MEANING[state];
  const outcomes = OUTCOMES.filter(
    (each) => (outcome ?? each) === each && (meaning === null || meaning.outcome === each),
  );
  return {
    ...EVERY_CASE,
    subjects: asked.subject === undefined ? null : subjectKeys(asked.subject, asked.subject_type, at.directory),
    resource: type === undefined || id === undefined ? null : keyOf({ type, id }),
    kind: kind ?? null,
    // A caller without `read` sees only the cases of its own client, as for a single case (visibleCase).
    client: isReader(caller) ? null : caller.client,
    control: control ?? null,
    outcomes,
    tiers: tier === undefined ? TIERS : [tier],
    grant: meaning?.grant ? { state: meaning.grant, now: at.now } : null,
    from: from ?? '',
    after: to === undefined ? at.after : earlier(at.after, { at: to, id: '' }),
    limit: limit ?? MAX_CASES,
  };
}

/**
 * A person has one key under all identities. A subject without a person is identified by its type too; a person who is no
 * longer in the data, or was not at the time, is found under both.
 */
function subjectKeys(subject: string, type: string | undefined, directory: Directory): string[] {
  const person = directory.personOf(subject);
  if (person === null && type === undefined) {
    throw fault('subject_type', `This subject is not a known person; state its type, for example user or workload.`);
  }
  const named = type === undefined ? [] : [keyOf({ type, id: subject })];
  return [...new Set([keyOfPerson(person ?? subject), ...named])];
}

function earlier(a: Position, b: Position): Position {
  return a.at < b.at || (a.at === b.at && a.id < b.id) ? a : b;
}

function isReader({ scopes }: Caller): boolean {
  return scopes.includes('read');
}

function toFound(head: CaseHead, now: string): FoundCase {
  return {
    case: head.case,
    kind: head.kind,
    subject: namedBy(head.subject),
    resource: namedBy(head.resource) as Named, // No person is a resource.
    client: head.client,
    outcome: head.outcome,
    tier: head.tier,
    seq: head.seq,
    latest: head.record,
    at: head.at,
    expires_at: head.expires_at,
    grant_status: grantStatusAt(standingAt(head), now),
    controls: [...head.controls],
  };
}

/** An index row is looked at in a microsecond or so; a page may look at very many of them to find a few cases. */
const ROWS_PER_POINT = 100;

/** The points of a page in the rate limit, in addition to the call itself. */
function pointsFor({ examined }: StoredPage): number {
  return Math.floor(examined / ROWS_PER_POINT);
}

/**
 * One page at a time, after the caller has read the previous one; other calls get turns in between. Each page costs the rows
 * that it examined, and if the client has no points left, the next page waits until it has.
 */
async function* exportLines(
  { store, charge }: Pick<CaseSearchParts, 'store'> & Pick<Call, 'charge'>,
  query: CaseQuery,
  first: StoredPage,
  now: string,
): AsyncGenerator<string, void> {
  for (let page = first; ; page = await store.search({ ...query, after: page.next })) {
    const waitMs = await charge(pointsFor(page));
    if (page.cases.length > 0) yield page.cases.map((each) => `${JSON.stringify(toFound(each, now))}\n`).join('');
    if (page.next === null) return;
    await (waitMs > 0 ? setTimeout(waitMs, undefined, { ref: false }) : setImmediate());
  }
}

function fault(name: string, detail: string): AppError {
  return new AppError('invalid_request', `The query is not valid: /${name}: ${detail}`, {
    faults: [{ pointer: `/${name}`, code: 'custom', detail }],
  });
}
