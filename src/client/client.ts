/** The typed client of Countersign: a leaf that needs only `fetch`, so that it works without the rest of the package. */
import { checkedCaseEnd, checkedDecision, checkedGrantEvent, checkedRecord, checkedResults } from './answers.ts';
import { CountersignError, notAnAnswer } from './error.ts';
import { createTransport, type Sent, type TransportOptions } from './transport.ts';
import type {
  AccessRequest,
  AccessToken,
  ApprovalRequest,
  Calls,
  Case,
  CaseEndAnswer,
  CasePage,
  CreatedToken,
  DecisionAnswer,
  FoundCase,
  FoundGrant,
  GrantEventAnswer,
  GrantPage,
  IssuanceRequest,
  Jwks,
  Policies,
  ReviewRequest,
  RevocationRequest,
  RevokedToken,
  ServiceStatus,
  TokenPage,
  TokenRecordPage,
  TokenRequest,
  TokenRevocation,
  WithdrawalRequest,
} from './wire.ts';

export type { ClientErrorCode, ErrorCode } from './error.ts';
export type * from './wire.ts';
export { CountersignError };

export interface ClientOptions {
  /** Base address of the service, for example `http://127.0.0.1:8480`. */
  url: string;
  /** An access token; calls that are open to everybody work without one. */
  token?: string | undefined;
  /** Milliseconds after which a try is given up; default 10,000. */
  timeoutMs?: number | undefined;
  /** How often a call is tried in all; default 4. */
  tries?: number | undefined;
  /** The longest pause between two tries, in milliseconds; default 10,000. Where the service asks for more, the call fails. */
  maxDelayMs?: number | undefined;
}

export interface CallOptions {
  /** Ends the call and its retries. The call then rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Without one, the client makes a key for each call, so that its retries never do something twice. */
  idempotencyKey?: string | undefined;
}

export interface CasePageOptions extends CallOptions {
  /** Only records with a seq above this one. */
  after?: number | undefined;
  limit?: number | undefined;
}

export interface TokenPageOptions extends CallOptions {
  /** The `next_after` of the previous page. */
  after?: number | undefined;
  limit?: number | undefined;
}

export type CaseQuery = Calls['searchCases']['query'];
export type GrantQuery = Calls['searchGrants']['query'];
/** A record of a case, by its id and its place in the chain. */
export type CaseRecord = Case['chain'][number];

/**
 * Every call of the API. A call is repeated, at most `tries` times, where the service says that it is busy (429, 503) or
 * cannot be reached. All calls reject with CountersignError. `caseId` is the id of any record of the case.
 */
export interface Client {
  /**
   * Decides an access request: a new case.
   *
   * @example
   * const answer = await client.decide(request, { idempotencyKey: jobId });
   * if (answer.outcome === 'allow') await issueToken(answer.obligations, answer.expires_at);
   */
  decide(request: AccessRequest, options?: WriteOptions): Promise<DecisionAnswer>;

  /**
   * Decides up to 256 requests at once. The results are in the order of the requests: an answer, or the error that says
   * why there is none.
   *
   * @example
   * for (const result of await client.decideMany(requests)) {
   *   if (result instanceof CountersignError) console.error(result.code, result.detail);
   * }
   */
  decideMany(
    requests: readonly AccessRequest[],
    options?: WriteOptions,
  ): Promise<(DecisionAnswer | CountersignError)[]>;

  /** One record, whatever it states. Those of decisions have no member `statement`. */
  getDecision(id: string, options?: CallOptions): Promise<Calls['getDecision']['answer']>;

  /** The head of a case, and one page of its records: those after `after`, at most `limit`. */
  getCase(caseId: string, options?: CasePageOptions): Promise<Case>;

  /**
   * All records of a case, oldest first; further pages are fetched when they are needed.
   *
   * @example
   * for await (const { seq, record } of client.caseRecords(id)) await keep(seq, record);
   */
  caseRecords(caseId: string, options?: CallOptions): AsyncIterable<CaseRecord>;

  /**
   * Cases, newest first; further pages are fetched when they are needed. All members of the query have to hold.
   *
   * @example
   * for await (const found of client.searchCases({ state: 'open', tier: 'critical' })) console.log(found.case);
   */
  searchCases(query?: CaseQuery, options?: CallOptions): AsyncIterable<FoundCase>;

  /** One page of a search. Its `next` is the `cursor` of the query for the following page; null at the end. */
  searchCasesPage(query?: CaseQuery, options?: CallOptions): Promise<CasePage>;

  /**
   * Grants, newest first, as `searchCases`.
   *
   * @example
   * for await (const { case: id } of client.searchGrants({ state: 'overdue' })) await remind(id);
   */
  searchGrants(query?: GrantQuery, options?: CallOptions): AsyncIterable<FoundGrant>;

  /** One page of grants, as `searchCasesPage`. */
  searchGrantsPage(query?: GrantQuery, options?: CallOptions): Promise<GrantPage>;

  /**
   * Gives a verdict on an open case, which is then decided again. `seen` is the id of the record that the person was shown.
   *
   * @example
   * const { outcome, next } = await client.approve(caseId, { verdict: 'approve', seen: shown.id, comment: 'ticket 4711' });
   */
  approve(caseId: string, verdict: ApprovalRequest, options?: WriteOptions): Promise<DecisionAnswer>;

  /** Withdraws a request that waits for approval: by the client or person that asked, or by its subject. */
  withdraw(caseId: string, withdrawal?: WithdrawalRequest, options?: WriteOptions): Promise<CaseEndAnswer>;

  /**
   * Reviews a grant: keeps or revokes it. The token has to represent a person who neither requested nor received the grant.
   */
  review(caseId: string, review: ReviewRequest, options?: WriteOptions): Promise<GrantEventAnswer>;

  /** Revokes a grant permanently. */
  revoke(caseId: string, revocation: RevocationRequest, options?: WriteOptions): Promise<GrantEventAnswer>;

  /**
   * Records the credential that was issued for a grant, never the secret itself.
   *
   * @example
   * await client.issue(caseId, { issuer: 'vault', credential_ref: accessor, expires_at: '2026-12-01T12:00:00Z' });
   */
  issue(caseId: string, issuance: IssuanceRequest, options?: WriteOptions): Promise<GrantEventAnswer>;

  /** The active policy bundle, why the newest one was refused, and how far the sweep of the active one is. */
  getPolicies(options?: CallOptions): Promise<Policies>;

  /**
   * Makes a bundle (the bytes of its `.tar.gz`) the active policy. Rejects with the code `bundle_refused`, and changes
   * nothing, where it is not fit to decide.
   *
   * @example
   * await client.activatePolicy(await readFile('bundle.tar.gz'));
   */
  activatePolicy(bundle: Uint8Array, options?: CallOptions): Promise<Policies>;

  /**
   * Makes an access token, with the scope `admin`. `token` in the answer is its text, which is shown only this once. It is
   * valid for 90 days unless `wanted` sets another end, and for a year at most. The call takes no idempotency key, so it is
   * repeated after a 429 only, when nothing was made. If its answer is lost, the token may exist: find it with `listTokens`
   * and revoke it.
   *
   * @example
   * const { token, id } = await client.createToken({
   *   client: 'storefront-ci',
   *   scopes: ['decide'],
   *   expires_in_seconds: 30 * 86_400,
   * });
   */
  createToken(wanted: TokenRequest, options?: CallOptions): Promise<CreatedToken>;

  /**
   * Access tokens in order of creation, including revoked and expired ones; further pages are fetched when
   * they are needed.
   */
  listTokens(options?: CallOptions): AsyncIterable<AccessToken>;

  /** One page of access tokens: those after `after`, at most `limit`. */
  listTokensPage(options?: TokenPageOptions): Promise<TokenPage>;

  /** One page of the signed records of token creations and revocations: those with a seq above `after`. */
  listTokenRecords(options?: TokenPageOptions): Promise<TokenRecordPage>;

  /** Revokes an access token at once, also for calls in progress. */
  revokeToken(id: string, revocation?: TokenRevocation, options?: CallOptions): Promise<RevokedToken>;

  /** The public keys that verify records, retired ones included. */
  getJwks(options?: CallOptions): Promise<Jwks>;

  /** The OpenAPI 3.1 document of the service. */
  getOpenApi(options?: CallOptions): Promise<Calls['getOpenApi']['answer']>;

  /** Resolves where the process answers. */
  getHealth(options?: CallOptions): Promise<ServiceStatus>;

  /** Whether decisions can be made and stored now. It does not reject where they cannot: `status` is `unavailable` then. */
  getReadiness(options?: CallOptions): Promise<ServiceStatus>;

  /** The metrics of the service in the text format of Prometheus. */
  getMetrics(options?: CallOptions): Promise<string>;
}

/**
 * A client of the service at an address. Throws TypeError for a token that cannot be sent in a header; the message does not
 * contain it.
 *
 * @example
 * import { createClient } from 'countersign/client';
 *
 * const client = createClient({ url: 'http://127.0.0.1:8480', token: process.env.COUNTERSIGN_TOKEN });
 * const { outcome, record } = await client.decide(request);
 */
export function createClient(options: ClientOptions): Client {
  const { url, token } = options;
  // Otherwise fetch would refuse the header with a message that repeats the token.
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new TypeError('The token is empty, or contains a space or a line break.');
  }
  const call = createTransport({ url: url.replace(/\/+$/, ''), token: token ?? null, ...limitsOf(options) });

  async function answerTo<Id extends keyof Calls>(id: Id, sent?: Sent): Promise<Calls[Id]['answer']> {
    return (await call(id, sent)).answer;
  }

  async function eventOf(id: 'review' | 'revoke' | 'issue', sent: Sent): Promise<GrantEventAnswer> {
    const { answer, status } = await call(id, sent);
    return checkedGrantEvent(answer, status, STATEMENTS[id]);
  }

  const searchCasesPage = (query: CaseQuery = {}, options: CallOptions = {}) =>
    answerTo('searchCases', { query, ...options });
  const searchGrantsPage = (query: GrantQuery = {}, options: CallOptions = {}) =>
    answerTo('searchGrants', { query, ...options });
  const listTokensPage = ({ signal, ...query }: TokenPageOptions = {}) => answerTo('listTokens', { query, signal });
  const getCase = (id: string, { signal, ...query }: CasePageOptions = {}) =>
    answerTo('getCase', { path: { id }, query, signal });

  return {
    async decide(body, options) {
      const { answer, status } = await call('decide', { body, ...options });
      return checkedDecision(answer, status);
    },
    async decideMany(requests, options) {
      const { answer, status } = await call('decideMany', { body: { requests }, ...options });
      return checkedResults(answer, status, requests.length);
    },
    async getDecision(id, options) {
      const { answer, status } = await call('getDecision', { path: { id }, ...options });
      return checkedRecord(answer, status, id);
    },
    getCase,
    async *caseRecords(id, options = {}) {
      for (let after: number | null = -1; after !== null; ) {
        const { chain, next_after: next }: Case = await getCase(id, { after, ...options });
        if (next !== null && next <= after) throw notAnAnswer(200, 'The pages of the case never end.');
        yield* chain;
        after = next;
      }
    },
    searchCases: (query = {}, options = {}) => itemsOf((cursor) => searchCasesPage({ ...query, ...cursor }, options)),
    searchCasesPage,
    searchGrants: (query = {}, options = {}) => itemsOf((cursor) => searchGrantsPage({ ...query, ...cursor }, options)),
    searchGrantsPage,
    async approve(id, body, options) {
      const { answer, status } = await call('approve', { path: { id }, body, ...options });
      return checkedDecision(answer, status);
    },
    async withdraw(id, body = {}, options = {}) {
      const { answer, status } = await call('withdraw', { path: { id }, body, ...options });
      return checkedCaseEnd(answer, status, 'withdrawal');
    },
    review: (id, body, options) => eventOf('review', { path: { id }, body, ...options }),
    revoke: (id, body, options) => eventOf('revoke', { path: { id }, body, ...options }),
    issue: (id, body, options) => eventOf('issue', { path: { id }, body, ...options }),
    getPolicies: (options) => answerTo('getPolicies', options),
    activatePolicy: (body, options) => answerTo('activatePolicy', { body, ...options }),
    createToken: (body, options) => answerTo('createToken', { body, ...options }),
    async *listTokens(options = {}) {
      for (let after: number | null = -1; after !== null; ) {
        const { tokens, next_after: next }: TokenPage = await listTokensPage({ after, ...options });
        if (next !== null && next <= after) throw notAnAnswer(200, 'The pages of tokens never end.');
        yield* tokens;
        after = next;
      }
    },
    listTokensPage,
    listTokenRecords: ({ signal, ...query } = {}) => answerTo('listTokenRecords', { query, signal }),
    revokeToken: (id, body = {}, options = {}) => answerTo('revokeToken', { path: { id }, body, ...options }),
    getJwks: (options) => answerTo('getJwks', options),
    getOpenApi: (options) => answerTo('getOpenApi', options),
    getHealth: (options) => answerTo('getHealth', options),
    getReadiness: (options) => answerTo('getReadiness', options),
    getMetrics: (options) => answerTo('getMetrics', options),
  };
}

function limitsOf({
  timeoutMs = 10_000,
  tries = 4,
  maxDelayMs = 10_000,
}: ClientOptions): Pick<TransportOptions, 'timeoutMs' | 'tries' | 'maxDelayMs'> {
  return { timeoutMs, tries, maxDelayMs };
}

const STATEMENTS = { review: 'review', revoke: 'revocation', issue: 'issuance' } as const;

/** What the pages of a search hold. */
async function* itemsOf<T>(
  pageAt: (cursor: { cursor?: string }) => Promise<{ cases: T[]; next: string | null }>,
): AsyncGenerator<T, void> {
  for (let cursor: { cursor?: string } | null = {}; cursor !== null; ) {
    const { cases, next }: { cases: T[]; next: string | null } = await pageAt(cursor);
    if (next !== null && next === cursor.cursor) throw notAnAnswer(200, 'The pages of the search never end.');
    yield* cases;
    cursor = next === null ? null : { cursor: next };
  }
}
