/** The typed client: a leaf that needs only `fetch`, so that it can be used without the rest of Countersign. */
import { explainUnreachable } from './unreachable.ts';
import type {
  AccessRequest,
  Answer,
  Case,
  EndingAnswer,
  FollowUpAnswer,
  GrantPage,
  GrantQuery,
  GrantState,
  Issuance,
  Review,
  Revocation,
  Verdict,
  Withdrawal,
} from './wire.ts';

export type {
  AccessRequest,
  Answer,
  Case,
  CaseEnd,
  EndingAnswer,
  FollowUpAnswer,
  FoundGrant,
  Grant,
  GrantPage,
  GrantQuery,
  GrantState,
  Issuance,
  Missing,
  Review,
  Revocation,
  Verdict,
  Withdrawal,
} from './wire.ts';

/** Of answers that say to come back later. */
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A call that was not answered with what it asked for. `status` is 0 where the service could not be reached. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly status: number;
  readonly code: string;
  /** Whether the same call, made again some seconds later, may succeed. */
  readonly isPassing: boolean;

  constructor(
    status: number,
    code: string,
    message: string,
    { cause, isPassing = RETRIED.has(status) }: { cause?: unknown; isPassing?: boolean } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.code = code;
    this.isPassing = isPassing;
  }
}

export interface ClientOptions {
  /** Base address of the service, for example `http://127.0.0.1:8480`. */
  url: string;
  /** A bearer token. Throws TypeError for text that cannot stand in a header. */
  token: string;
  /** For one try; default 10,000. */
  timeoutMs?: number;
  /** How often a call is tried in all where the service is busy, restarting or out of reach; default 4. */
  tries?: number;
}

export interface Client {
  /** The same idempotency key gives the first answer again; without one a random one makes retries safe. */
  decide(request: AccessRequest, idempotencyKey?: string): Promise<Answer>;
  /** Up to 256 at once: an answer for each, in their order, or the CallError that says why there is none. */
  decideMany(requests: readonly AccessRequest[], idempotencyKey?: string): Promise<(Answer | CallError)[]>;
  approve(caseId: string, verdict: Verdict, idempotencyKey?: string): Promise<Answer>;
  decision(id: string): Promise<Answer>;
  case(id: string, after?: number): Promise<Case>;
  /** Takes a request back that waits for approval: by whoever asked, or its subject. Any record id of the case will do. */
  withdraw(caseId: string, withdrawal?: Withdrawal, idempotencyKey?: string): Promise<EndingAnswer>;
  /** Any record id of the case will do, here and below. */
  review(caseId: string, review: Review, idempotencyKey?: string): Promise<FollowUpAnswer>;
  revoke(caseId: string, revocation: Revocation, idempotencyKey?: string): Promise<FollowUpAnswer>;
  issue(caseId: string, issuance: Issuance, idempotencyKey?: string): Promise<FollowUpAnswer>;
  /** One page; without a query, of all grants. */
  grants(query?: GrantQuery): Promise<GrantPage>;
}

const GRANT_STATES: ReadonlySet<string> = new Set<GrantState>(['active', 'due', 'overdue', 'expired', 'revoked']);

/** Whatever answers 200 is not yet a decision: a proxy's page must never be taken for an allow. */
function parseAnswer(value: unknown): Answer {
  const answer = value as Partial<Answer> | null;
  const isAnswer =
    typeof answer?.id === 'string' &&
    typeof answer.case === 'string' &&
    ['allow', 'deny', 'approval_required'].includes(answer.outcome ?? '') &&
    typeof answer.tier === 'string' &&
    typeof answer.summary === 'string' &&
    [answer.denials, answer.next, answer.not_counted, answer.obligations, answer.controls].every(Array.isArray) &&
    (answer.outcome === 'allow') ===
      (typeof answer.expires_at === 'string' && Number.isFinite(Date.parse(answer.expires_at))) &&
    saysTheSame(answer as Answer);
  if (isAnswer) return answer as Answer;
  throw new CallError(200, 'not_an_answer', 'What came back is not an answer of Countersign; is the address right?');
}

/** Compares an answer with the record in it. This does not verify the record: `countersign verify` does. */
function saysTheSame({ id, outcome, expires_at, record }: Answer): boolean {
  const said = payloadOf(record) as { jti?: string; decision?: Pick<Answer, 'outcome' | 'expires_at'> };
  return said.jti === id && said.decision?.outcome === outcome && said.decision.expires_at === expires_at;
}

/** The members of a record; none where it is no record. */
function payloadOf(record: unknown): object {
  try {
    const text = atob((String(record).split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'));
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}

/** A review that was not kept must not be taken for one, nor a grant for revoked that is not. */
function parseFollowUp(value: unknown, statement: FollowUpAnswer['statement']): FollowUpAnswer {
  const answer = value as Partial<FollowUpAnswer> | null;
  const said = payloadOf(answer?.record) as Partial<FollowUpAnswer> & {
    jti?: string;
    standing?: { expires_at?: string; review_by?: string | null; due?: string | null; revoked_at?: string | null };
  };
  const isAnswer =
    typeof answer?.id === 'string' &&
    typeof answer.case === 'string' &&
    typeof answer.expires_at === 'string' &&
    answer.statement === statement &&
    GRANT_STATES.has(answer.grant_state ?? '') &&
    said.jti === answer.id &&
    said.case === answer.case &&
    said.statement === statement &&
    said.standing?.expires_at === answer.expires_at &&
    said.standing?.review_by === answer.review_by &&
    said.standing?.due === answer.review_reason &&
    (answer.grant_state === 'revoked' || said.standing?.revoked_at === null);
  if (isAnswer) return answer as FollowUpAnswer;
  throw new CallError(200, 'not_an_answer', `What came back is not the ${statement} that was sent.`);
}

/** A request that was not withdrawn must not be taken for one. */
function parseWithdrawal(value: unknown): EndingAnswer {
  const answer = value as Partial<EndingAnswer> | null;
  const said = payloadOf(answer?.record) as Partial<EndingAnswer> & { jti?: string };
  const isAnswer =
    typeof answer?.id === 'string' &&
    typeof answer.case === 'string' &&
    answer.statement === 'withdrawal' &&
    answer.outcome === 'deny' &&
    said.jti === answer.id &&
    said.case === answer.case &&
    said.statement === 'withdrawal' &&
    said.at === answer.at;
  if (isAnswer) return answer as EndingAnswer;
  throw new CallError(200, 'not_an_answer', 'What came back is not the withdrawal that was sent.');
}

function parseGrants(value: unknown): GrantPage {
  const page = value as Partial<GrantPage> | null;
  const isPage =
    Array.isArray(page?.cases) &&
    (page.next === null || typeof page.next === 'string') &&
    page.cases.every((each) => typeof each?.case === 'string' && GRANT_STATES.has(each.grant_status?.state));
  if (isPage) return page as GrantPage;
  throw new CallError(200, 'not_an_answer', 'What came back are not grants of Countersign; is the address right?');
}

function parseResults(value: unknown, length: number): (Answer | CallError)[] {
  const results = (value as { results?: unknown } | null)?.results;
  if (!Array.isArray(results) || results.length !== length) {
    throw new CallError(200, 'not_an_answer', 'What came back are not the answers of Countersign.');
  }
  return results.map((result: { answer?: unknown; problem?: Record<string, unknown> } | null) => {
    const { answer, problem } = result ?? {};
    return problem === undefined
      ? parseAnswer(answer)
      : new CallError(Number(problem['status']), String(problem['code']), String(problem['detail']));
  });
}

function parseCase(value: unknown): Case {
  const found = value as Partial<Case> | null;
  if (typeof found?.case === 'string' && Array.isArray(found.chain)) return found as Case;
  throw new CallError(200, 'not_an_answer', 'What came back is not a case of Countersign; is the address right?');
}

export function createClient({ url, token, timeoutMs = 10_000, tries = 4 }: ClientOptions): Client {
  const base = url.replace(/\/+$/, '');
  // Else fetch would refuse the header in words that repeat the token.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError('The token is empty, or holds a blank or a line break.');

  async function attempt(path: string, init: RequestInit): Promise<unknown> {
    const unreachable = (cause: unknown) => {
      const { message, isPassing } = explainUnreachable(`The service at ${base}`, cause);
      throw new CallError(0, 'unreachable', message, { cause, isPassing });
    };
    const response = await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(timeoutMs) }).catch(
      unreachable,
    );
    const body = parseBody(await response.text().catch(unreachable));
    if (response.ok && body !== null) return body;
    const code = typeof body?.code === 'string' ? body.code : 'unknown';
    const detail = typeof body?.detail === 'string' ? body.detail : `The service answered ${response.status}.`;
    throw new CallError(response.status, code, detail);
  }

  async function call(method: 'GET' | 'POST', path: string, body?: unknown, key?: string): Promise<unknown> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (key !== undefined) headers['idempotency-key'] = key;
    return retry(() => attempt(path, { method, headers, body: JSON.stringify(body) ?? null }), tries);
  }

  const pathOf = (caseId: string, of: string) => `/v1/cases/${encodeURIComponent(caseId)}/${of}`;

  return {
    decide: async (request, key = crypto.randomUUID()) =>
      parseAnswer(await call('POST', '/v1/decisions', request, key)),
    decideMany: async (requests, key = crypto.randomUUID()) =>
      parseResults(await call('POST', '/v1/decisions/batch', { requests }, key), requests.length),
    approve: async (caseId, verdict, key = crypto.randomUUID()) =>
      parseAnswer(await call('POST', pathOf(caseId, 'approvals'), verdict, key)),
    decision: async (id) => parseAnswer(await call('GET', `/v1/decisions/${encodeURIComponent(id)}`)),
    case: async (id, after = -1) => parseCase(await call('GET', `/v1/cases/${encodeURIComponent(id)}?after=${after}`)),
    withdraw: async (caseId, withdrawal = {}, key = crypto.randomUUID()) =>
      parseWithdrawal(await call('POST', pathOf(caseId, 'withdrawals'), withdrawal, key)),
    review: async (caseId, review, key = crypto.randomUUID()) =>
      parseFollowUp(await call('POST', pathOf(caseId, 'reviews'), review, key), 'review'),
    revoke: async (caseId, revocation, key = crypto.randomUUID()) =>
      parseFollowUp(await call('POST', pathOf(caseId, 'revocations'), revocation, key), 'revocation'),
    issue: async (caseId, issuance, key = crypto.randomUUID()) =>
      parseFollowUp(await call('POST', pathOf(caseId, 'issuances'), issuance, key), 'issuance'),
    grants: async (query = {}) =>
      parseGrants(await call('GET', `/v1/grants?${new URLSearchParams(parametersOf(query))}`)),
  };
}

/** Null for what is no JSON: a page of a proxy, say. */
function parseBody(text: string): { code?: unknown; detail?: unknown } | null {
  try {
    return JSON.parse(text) as object | null;
  } catch {
    return null;
  }
}

/** What is left out asks for nothing. */
function parametersOf(query: GrantQuery): [string, string][] {
  return Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
}

/** Waits longer each time. Safe for every call: reads change nothing, and writes carry an idempotency key. */
async function retry<T>(act: () => Promise<T>, tries: number): Promise<T> {
  for (let left = tries - 1, delayMs = 200; ; left--, delayMs *= 3) {
    try {
      return await act();
    } catch (error) {
      if (left <= 0 || !(error instanceof CallError && error.isPassing)) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}
