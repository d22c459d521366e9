import { setImmediate, setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { canonicalJson } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import { anyInstant, instantSchema } from '../../base/instant.ts';
import { parseWith } from '../../base/parse.ts';
import { integerText, text } from '../../base/text.ts';
import { OUTCOMES, type Outcome, outcomeSchema } from '../../contract/decision.ts';
import { TIERS, tierSchema } from '../../contract/evaluation.ts';
import { GRANT_STATES, grantStateSchema, standingSchema } from '../../contract/grant.ts';
import type { Caller } from '../../contract/record.ts';
import type { Directory } from '../../domain/directory.ts';
import { stateOf } from '../../domain/grant.ts';
import { keyOf, keyOfPerson, type Named, namedBy, standingAt } from '../../store/case-head.ts';
import {
  type CaseHead,
  type CasePage,
  type CaseQuery,
  EVERY_CASE,
  NEWEST,
  type Position,
  type Store,
} from '../../store/store.ts';
import { CURSOR_PATTERN, type Cursors } from '../cursors.ts';
import type { Call, Route } from '../route.ts';

export interface CaseSearchParts {
  store: Pick<Store, 'search'>;
  /** Who is who by the active policy. */
  directory: () => Directory;
  clock: () => Date;
  /** See createCursors. */
  cursors: Cursors;
}

const MAX_PAGE = 100;
const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';

const STATES = ['open', 'closed', 'granted', ...GRANT_STATES] as const;
type State = (typeof STATES)[number];
/** The outcome of cases in a state, and which of their grants are meant. */
const MEANING: Record<State, { outcome: Outcome; grant: NonNullable<CaseQuery['grant']>['state'] | null }> = {
  open: { outcome: 'approval_required', grant: null },
  closed: { outcome: 'deny', grant: null },
  granted: { outcome: 'allow', grant: 'in_force' },
  active: { outcome: 'allow', grant: 'active' },
  due: { outcome: 'allow', grant: 'due' },
  overdue: { outcome: 'allow', grant: 'overdue' },
  expired: { outcome: 'allow', grant: 'expired' },
  revoked: { outcome: 'allow', grant: 'revoked' },
};

const words = text(512).min(1);

/** Sealed: what it was made of is in createCursors. */
const cursor = z.string().regex(CURSOR_PATTERN, 'is not the `next` of a page');

const members = z.strictObject({
  subject: words.optional().meta({ description: 'An identity; all identities of a person lead to the same cases' }),
  subject_type: words.optional().meta({ description: 'Needed for a subject behind whom no person is known' }),
  resource_type: words.optional(),
  resource_id: words.optional(),
  kind: words.optional().meta({ description: 'Action name and resource type, for example `issue/api_key`' }),
  tier: tierSchema.optional(),
  outcome: outcomeSchema.optional(),
  control: words.optional().meta({ description: 'The id of a control that the latest decision names' }),
  state: z
    .enum(STATES)
    .optional()
    .meta({
      description:
        'open: waits for approval; closed: denied; granted: allowed, and neither expired nor taken back; ' +
        'the others are those of grants',
    }),
  from: anyInstant.optional().meta({ description: 'The last decision was at this instant or later' }),
  to: anyInstant.optional().meta({ description: 'The last decision was before this instant' }),
  cursor: cursor.optional().meta({
    description: 'The `next` of the page before, asked by the same client with the same query but for `limit`',
  }),
  limit: integerText(1, MAX_PAGE)
    .optional()
    .meta({ description: `1 to ${MAX_PAGE}, the default` }),
});

function belongTogether(query: z.output<typeof members>, context: z.RefinementCtx): void {
  const { resource_type, resource_id, subject, subject_type } = query;
  const needs = (missing: string, message: string) =>
    context.addIssue({ code: 'custom', path: [missing], message, input: undefined });
  if (resource_id !== undefined && resource_type === undefined) needs('resource_type', 'is needed with resource_id');
  if (resource_type !== undefined && resource_id === undefined) needs('resource_id', 'is needed with resource_type');
  if (subject_type !== undefined && subject === undefined) needs('subject', 'is needed with subject_type');
}

const caseQuery = members.superRefine(belongTogether);
const grantQuery = members
  .omit({ outcome: true })
  .extend({ state: grantStateSchema.optional() })
  .superRefine(belongTogether);
type SearchQuery = z.output<typeof members>;

const namedSchema = z.strictObject({ type: z.string(), id: z.string() });
const foundCaseSchema = z
  .strictObject({
    case: z.uuid(),
    kind: z.string(),
    subject: z.union([z.strictObject({ person: z.string() }), namedSchema]),
    resource: namedSchema,
    client: z.string().meta({ description: 'Who opened the case' }),
    outcome: outcomeSchema,
    tier: tierSchema,
    seq: z.int(),
    latest: z.uuid().meta({ description: 'The id of the newest record' }),
    at: instantSchema,
    expires_at: instantSchema.nullable(),
    grant: standingSchema.extend({ state: grantStateSchema }).nullable(),
    controls: z.array(z.string()),
  })
  .meta({ id: 'FoundCase' });
type FoundCase = z.infer<typeof foundCaseSchema>;

const pageSchema = z
  .strictObject({
    cases: z.array(foundCaseSchema),
    next: cursor.nullable().meta({
      description:
        'Ask again with `cursor` set to this; null at the end. A page may hold few cases, or none, before the end',
    }),
  })
  .meta({ id: 'CasePage' });

/** Both lists are the same search: grants are the cases that ended in one. */
export function caseSearchRoutes(parts: CaseSearchParts): Route[] {
  return [
    searchRoute(parts, {
      path: '/v1/cases',
      operationId: 'searchCases',
      what: 'Cases by what they are about',
      schema: caseQuery,
    }),
    searchRoute(parts, {
      path: '/v1/grants',
      operationId: 'searchGrants',
      what: 'Grants, for example those to review',
      schema: grantQuery,
      outcome: 'allow',
    }),
  ];
}

interface SearchPath {
  path: string;
  operationId: string;
  what: string;
  schema: typeof caseQuery | typeof grantQuery;
  /** The only one that is looked for. */
  outcome?: Outcome;
}

function searchRoute({ store, directory, clock, cursors }: CaseSearchParts, search: SearchPath): Route {
  const { path, operationId, what, schema, outcome } = search;
  return {
    method: 'get',
    path,
    scopes: ['decide', 'read'],
    isLong: true,
    operation: {
      operationId,
      summary: `${what}, newest first; \`Accept: ${NDJSON_TYPE}\` gives all of them, one a line`,
      requestParams: { query: schema },
      responses: {
        200: {
          description: 'One page; as NDJSON everything from the cursor on',
          content: { [JSON_TYPE]: { schema: pageSchema }, [NDJSON_TYPE]: { schema: foundCaseSchema } },
        },
      },
    },
    async handle({ query, caller, accepts, charge }) {
      const asked: SearchQuery = {
        ...parseWith(schema, query, 'invalid_request', 'The query'),
        ...(outcome && { outcome }),
      };
      const now = clock().toISOString();
      const { cursor: given, limit: _, ...lasting } = asked;
      const bound = canonicalJson([path, caller.client, isReader(caller), lasting]);
      const after = given === undefined ? NEWEST : cursors.open(given, bound);
      if (after === null) throw fault('cursor', 'is not the `next` of a page of this query and client');
      const wanted = toCaseQuery(asked, caller, { directory: directory(), now, after });
      if (accepts('json', NDJSON_TYPE) === NDJSON_TYPE) {
        if (asked.limit !== undefined) throw fault('limit', 'An export holds everything from the cursor on.');
        const first = await store.search(wanted);
        return { status: 200, type: NDJSON_TYPE, body: exportLines({ store, charge }, wanted, first, now) };
      }
      const page = await store.search(wanted);
      await charge(pointsFor(page));
      const { cases, next } = page;
      const body: z.infer<typeof pageSchema> = {
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
    // Whoever may not read all sees the cases of their own client, as for a single one (visibleCase).
    client: isReader(caller) ? null : caller.client,
    control: control ?? null,
    outcomes,
    tiers: tier === undefined ? TIERS : [tier],
    grant: meaning?.grant ? { state: meaning.grant, now: at.now } : null,
    from: from ?? '',
    after: to === undefined ? at.after : earlier(at.after, { at: to, id: '' }),
    limit: limit ?? MAX_PAGE,
  };
}

/**
 * A person has one key under all identities. What nobody is behind is told apart by its type; a person who is no longer in
 * the data, or was not at the time, is found under both.
 */
function subjectKeys(subject: string, type: string | undefined, directory: Directory): string[] {
  const person = directory.personOf(subject);
  if (person === null && type === undefined) {
    throw fault('subject_type', `No person is known as this subject; say its type, for example user or workload.`);
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
  const { case: caseId, subject, resource, kind, client, outcome, tier, seq, record, at, expires_at, controls } = head;
  const standing = standingAt(head);
  return {
    case: caseId,
    kind,
    subject: namedBy(subject),
    resource: namedBy(resource) as Named, // No person is a resource.
    client,
    outcome,
    tier,
    seq,
    latest: record,
    at,
    expires_at,
    grant: standing && { ...standing, state: stateOf(standing, now) },
    controls: [...controls],
  };
}

/** An index row is looked at in a microsecond or so; a page may look at very many of them to find a few cases. */
const ROWS_PER_POINT = 100;

/** What a page costs in the rate limit, beside the call itself. */
function pointsFor({ looked }: CasePage): number {
  return Math.floor(looked / ROWS_PER_POINT);
}

/**
 * A page at a time, when the caller has taken the one before; the others have their turn in between. Each page costs what it
 * looked at, and where the client has no points left, the next one waits until it has.
 */
async function* exportLines(
  { store, charge }: Pick<CaseSearchParts, 'store'> & Pick<Call, 'charge'>,
  query: CaseQuery,
  first: CasePage,
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
