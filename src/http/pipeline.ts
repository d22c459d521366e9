import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { AppError } from '../base/errors.ts';
import { PROBLEM_TYPE, type Problem } from '../contract/problem.ts';
import type { Caller } from '../contract/record.ts';
import { authorise } from './access.ts';
import { end, isInParts, send, sendParts } from './answer.ts';
import { HEAVY_BYTES, isJson, parseAtOnce, parseInSteps, readBodyHead, readBytes } from './body.ts';
import { createClientBudget, pointsOf } from './client-budget.ts';
import { type CallInFlight, createInFlight } from './in-flight.ts';
import { createLanes, type Lanes } from './lanes.ts';
import type { ClientLimits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { createParseTurns } from './parse-turns.ts';
import { toAppError, toProblem } from './problems.ts';
import { type Call, NOBODY, type Reply, type Route } from './route.ts';

/** What is noted of a caller who did not wait for the answer; no such status is ever sent. */
const HUNG_UP = 499;
/** Between two large bodies of a client, however few points it gets. */
const MAX_REST_MS = 1000;
/** A large body that its client may not send yet is refused so late. */
const LATE_MS = 1000;
/** A client waits so long for those of its own calls that take long. */
const MAX_WAIT_MS = 10_000;
/** Calls with a large body that a client has at a time: each takes several threads many milliseconds. */
const HEAVY_CALLS = 1;

export interface PipelineParts {
  /** The caller behind an Authorization header. Throws AppError `unauthenticated`. */
  authenticate: (header: string | undefined) => Caller;
  isStopping: () => boolean;
  limits: ClientLimits;
  /** Told of connections on which somebody has shown who they are. */
  onAuthenticated?: (connection: Socket) => void;
  metrics: Metrics;
  logger: Logger;
}

/** What the router found in the address. */
export type Routed = Pick<Call, 'params' | 'query' | 'accepts'>;

/** The steps that every call takes, whoever routed it. */
export interface Pipeline {
  /** Sets the headers that every answer has, and sees to the log line and the measurement at its end. */
  begin(req: IncomingMessage, res: ServerResponse): void;
  /** Answers a call, or tells why not. Never rejects. */
  answer(route: Route, req: IncomingMessage, res: ServerResponse, routed: Routed): Promise<void>;
  refuse(res: ServerResponse, error: unknown): void;
}

/** What the steps learnt of a call, for its log line. */
interface Note {
  route: string;
  client: string | undefined;
  code: string | undefined;
}

/** A call that was let in, and what it holds until its end. */
interface Admitted {
  res: ServerResponse;
  caller: Caller;
  call: CallInFlight | null;
}

export function createPipeline(parts: PipelineParts): Pipeline {
  const { authenticate, isStopping, limits, onAuthenticated = () => {}, metrics, logger } = parts;
  const notes = new WeakMap<ServerResponse, Note>();
  const standing = [...helmetHeaders(), ['cache-control', 'no-store'] as const];
  const budget = createClientBudget(limits);
  const inFlight = createInFlight(limits.inFlightBytes);
  const longReads = createLanes({ perClient: limits.longReads, calls: 'long reads', maxWaitMs: MAX_WAIT_MS });
  const heavyCalls = createLanes({ perClient: HEAVY_CALLS, calls: 'calls with a large body', maxWaitMs: MAX_WAIT_MS });
  const turns = createParseTurns();

  /** Throws AppError unauthenticated, forbidden, rate_limited, overloaded. */
  function admit(route: Route, req: IncomingMessage, res: ServerResponse): Admitted {
    if (route.scopes === null) return { res, caller: NOBODY, call: null };
    const caller = authenticate(req.headers.authorization);
    noteOf(res).client = caller.client;
    onAuthenticated(req.socket);
    authorise(caller, route);
    const call = inFlight.begin(caller.client);
    res.once('close', call.end);
    return { res, caller, call };
  }

  /**
   * What a body costs is known by its length and is taken before it is read, and what it costs beyond that before it is
   * handled. Throws AppError rate_limited, and all that a body can be refused for.
   */
  async function readBody(route: Route, req: IncomingMessage, { caller, call, res }: Admitted): Promise<unknown> {
    const head = readBodyHead(req, route, limits.bodyLimitBytes);
    if (!isJson(route)) {
      await budget.spend(caller.client, 1);
      return readBytes(req, head);
    }
    let spent = pointsOf(head.length ?? 0);
    await budget.spend(caller.client, spent);
    call?.holdBody(head.length ?? head.maxBytes);
    if ((head.length ?? 0) >= HEAVY_BYTES) await enter(heavyCalls, caller, res, restAfter(spent));
    const bytes = await readBytes(req, head);
    const isHeavy = bytes.length >= HEAVY_BYTES;
    if (head.length === null) {
      call?.holdBody(bytes.length);
      spent += await spendMore(caller, pointsOf(bytes.length), spent);
      if (isHeavy) await enter(heavyCalls, caller, res, restAfter(spent));
    }
    const body = isHeavy ? await turns.run(caller.client, parseInSteps(bytes, route)) : parseAtOnce(bytes, route);
    await spendMore(caller, route.cost?.(body) ?? 1, spent);
    return body;
  }

  /** Milliseconds in which a client gets so many points: large bodies are taken at the rate of its budget, not all at once. */
  function restAfter(points: number): number {
    return Math.min((points * 60_000) / limits.rateLimitPerMinute, MAX_REST_MS);
  }

  /** Resolves to what was taken beyond what was spent. */
  async function spendMore({ client }: Caller, cost: number, spent: number): Promise<number> {
    if (cost <= spent) return 0;
    await budget.spend(client, cost - spent, spent);
    return cost - spent;
  }

  /** Nobody's body is read before they have shown who they are and that they may call. */
  async function answer(route: Route, req: IncomingMessage, res: ServerResponse, routed: Routed): Promise<void> {
    noteOf(res).route = route.path;
    try {
      if (isStopping()) res.setHeader('connection', 'close');
      const admitted = admit(route, req, res);
      const { caller } = admitted;
      const body = await pay(route, req, admitted);
      // A body may take its time: a token that was revoked meanwhile lets nobody do anything.
      if (body !== undefined) authorise(authenticate(req.headers.authorization), route);
      if (route.isLong) await enter(longReads, caller, res);
      const header = (name: string) => req.headers[name] as string | undefined;
      const charge = (points: number) => budget.charge(caller.client, points);
      const reply = await route.handle({ caller, header, body, charge, ...routed });
      if (isInParts(reply.body)) return await sendParts(res, reply, reply.body);
      const length = send(res, reply);
      admitted.call?.holdAnswer(length);
      if (isWritten(route, reply)) await budget.chargeWritten(caller.client, length);
    } catch (error) {
      await delay(error, req);
      refuse(res, error);
    }
  }

  /** Takes what the call costs. Resolves to its body, undefined where it has none. */
  async function pay(route: Route, req: IncomingMessage, admitted: Admitted): Promise<unknown> {
    if (route.scopes === null) return undefined;
    const { client } = admitted.caller;
    if (route.method === 'get') return budget.spend(client, 1);
    if (route.method === 'post' && !route.takesAway) await budget.requireWriteBudget(client);
    return readBody(route, req, admitted);
  }

  /** The call leaves at its end. Rejects with AppError rate_limited. */
  async function enter(lanes: Lanes, { client }: Caller, res: ServerResponse, restMs = 0): Promise<void> {
    const lane = lanes.enter(client);
    let hasTurn = false;
    // Whoever hangs up while they wait must not get a turn; after one, the next comes when the rest is over.
    res.once('close', () => (hasTurn ? setTimeout(lane.leave, restMs).unref() : lane.leave()));
    if (res.destroyed) lane.leave();
    await lane.turn;
    hasTurn = true;
  }

  function refuse(res: ServerResponse, error: unknown): void {
    const appError = toAppError(error);
    const problem = toProblem(appError);
    noteOf(res).code = problem.code;
    if (isFaultOfOurs(problem)) logger.error({ err: appError, code: problem.code }, 'call failed');
    if (res.headersSent || res.destroyed) return void res.destroy();
    if (problem.status === 401) res.setHeader('www-authenticate', 'Bearer');
    const { retryAfterSeconds = problem.status === 503 ? 1 : undefined } = appError;
    if (retryAfterSeconds !== undefined) res.setHeader('retry-after', retryAfterSeconds);
    if (hasUnreadBody(res.req)) res.setHeader('connection', 'close'); // It is of no interest any more.
    res.statusCode = problem.status;
    end(res, PROBLEM_TYPE, JSON.stringify(problem));
  }

  /** One log line and one measurement per call. Bodies, tokens and ids of subjects stay out of both. */
  function begin({ method = '' }: IncomingMessage, res: ServerResponse): void {
    const startedAt = performance.now();
    for (const [name, value] of standing) res.setHeader(name, value);
    res.once('close', () => {
      const ms = performance.now() - startedAt;
      const { route, client, code } = noteOf(res);
      const status = res.writableFinished ? res.statusCode : HUNG_UP;
      metrics.observeRequest({ method, route, status }, ms / 1000);
      logger.info({ method, route, status, ms: Math.round(ms * 10) / 10, client, code }, 'call');
    });
  }

  function noteOf(res: ServerResponse): Note {
    const known = notes.get(res);
    if (known !== undefined) return known;
    const note: Note = { route: 'none', client: undefined, code: undefined };
    notes.set(res, note);
    return note;
  }

  return { begin, answer, refuse };
}

/** The headers that helmet sets are the same for every answer: it is asked once. */
function helmetHeaders(): [string, string][] {
  const headers: [string, string][] = [];
  const res = { setHeader: (name: string, value: string) => headers.push([name, value]), removeHeader: () => {} };
  helmet()({} as IncomingMessage, res as unknown as ServerResponse, () => {});
  return headers;
}

/** To take a new connection for each large body that is refused costs more than to let its sender wait. */
async function delay(error: unknown, req: IncomingMessage): Promise<void> {
  const isTooSoon = error instanceof AppError && error.code === 'rate_limited';
  if (isTooSoon && hasUnreadBody(req)) await pause(LATE_MS);
}

/** A short one is not worth a new connection. */
function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) >= HEAVY_BYTES;
}

/** What is answered of a record holds the record, so the length of the one is about that of the other. */
function isWritten({ method }: Route, { status, headers }: Reply): boolean {
  return method === 'post' && status < 300 && headers?.['idempotency-replayed'] === undefined;
}

/** Of what is full the metrics tell; there is nothing to find in a stack. */
function isFaultOfOurs({ status, code }: Problem): boolean {
  return status >= 500 && code !== 'overloaded' && code !== 'no_file_handles';
}
