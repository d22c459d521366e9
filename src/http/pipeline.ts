import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { AppError } from '../base/errors.ts';
import { PROBLEM_TYPE, type Problem } from '../contract/problem.ts';
import { createAdmission } from './admission.ts';
import { end, isInParts, send, sendParts } from './answer.ts';
import { type Authenticators, createAuthentication } from './authentication.ts';
import { HEAVY_BYTES } from './body.ts';
import type { ClientLimits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { toAppError, toProblem } from './problems.ts';
import type { Call, Reply, Route } from './route.ts';

/** The status logged for a caller who did not wait for the answer; it is never sent. */
const HUNG_UP = 499;
/** The delay before a large body that its client may not send yet is refused. */
const LATE_MS = 1000;

export interface PipelineParts {
  routes: readonly Route[];
  authenticators: Authenticators;
  isStopping: () => boolean;
  limits: ClientLimits;
  /** Called for connections with a proven caller. */
  onAuthenticated?: (connection: Socket) => void;
  metrics: Metrics;
  logger: Logger;
}

/** The parameters that the router found in the address. */
export type Routed = Pick<Call, 'params' | 'query' | 'accepts'>;

/** The steps of every call, whether Express routed it or not. */
export interface Pipeline {
  /** Sets the headers that every answer has, and sees to the log line and the measurement at its end. */
  begin(req: IncomingMessage, res: ServerResponse): void;
  /** Answers a call, also if it fails. Never rejects. */
  answer(route: Route, req: IncomingMessage, res: ServerResponse, routed: Routed): Promise<void>;
  refuse(res: ServerResponse, error: unknown): void;
}

/** What the steps learnt of a call, for its log line. */
interface Note {
  route: string;
  /** Once it is proven. */
  client: string | undefined;
  code: string | undefined;
  /** For WWW-Authenticate. */
  challenges: string[];
}

export function createPipeline(parts: PipelineParts): Pipeline {
  const { routes, authenticators, isStopping, limits, onAuthenticated = () => {}, metrics, logger } = parts;
  const notes = new WeakMap<ServerResponse, Note>();
  const standing = [...helmetHeaders(), ['cache-control', 'no-store'] as const];
  const authentication = createAuthentication(routes, authenticators);
  const admission = createAdmission({
    authentication,
    limits,
    onProven({ client }, req, res) {
      noteOf(res).client = client;
      onAuthenticated(req.socket);
    },
  });

  async function answer(route: Route, req: IncomingMessage, res: ServerResponse, routed: Routed): Promise<void> {
    const note = noteOf(res);
    note.route = route.path;
    note.challenges = authentication.challenges(route);
    try {
      if (isStopping()) res.setHeader('connection', 'close');
      const { caller, body, raw, held, revalidate } = await admission.admit(route, req, res);
      if (route.isLong) await admission.enterLongRead(caller, res);
      const header = (name: string) => req.headers[name] as string | undefined;
      const charge = (points: number) => admission.charge(caller.client, points);
      const reply = await route.handle({ caller, header, body, raw, charge, ...routed });
      if (isInParts(reply.body)) return await sendParts(res, reply, revalidated(reply.body, revalidate));
      const length = send(res, reply);
      held?.holdAnswer(length);
      if (isWritten(route, reply)) await admission.chargeWritten(caller.client, length);
    } catch (error) {
      await delay(error, req);
      refuse(res, error);
    }
  }

  function refuse(res: ServerResponse, error: unknown): void {
    const appError = toAppError(error);
    const problem = toProblem(appError);
    noteOf(res).code = problem.code;
    if (isFaultOfOurs(problem)) logger.error({ err: appError, code: problem.code }, 'call failed');
    if (res.headersSent || res.destroyed) return void res.destroy();
    if (problem.status === 401) res.setHeader('www-authenticate', noteOf(res).challenges);
    const { retryAfterSeconds = problem.status === 503 ? 1 : undefined } = appError;
    if (retryAfterSeconds !== undefined) res.setHeader('retry-after', retryAfterSeconds);
    if (hasUnreadBody(res.req)) res.setHeader('connection', 'close'); // It is not needed any more.
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
    const note: Note = { route: 'none', client: undefined, code: undefined, challenges: [] };
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

/** An answer in parts can take long: a caller whose token was revoked meanwhile gets no further part. */
async function* revalidated(
  parts: AsyncIterable<string>,
  revalidate: () => Promise<void>,
): AsyncGenerator<string, void> {
  for await (const part of parts) {
    await revalidate();
    yield part;
  }
}

/** Accepting a new connection for each large body that is refused costs more than letting its sender wait. */
async function delay(error: unknown, req: IncomingMessage): Promise<void> {
  const isTooSoon = error instanceof AppError && error.code === 'rate_limited';
  if (isTooSoon && hasUnreadBody(req)) await pause(LATE_MS);
}

/** A short one is not worth a new connection. */
function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) >= HEAVY_BYTES;
}

/** An answer contains its record, so their lengths are about the same. */
function isWritten({ method }: Route, { status, headers }: Reply): boolean {
  return method === 'post' && status < 300 && headers?.['idempotency-replayed'] === undefined;
}

/** The metrics report what is full; a stack trace adds nothing. */
function isFaultOfOurs({ status, code }: Problem): boolean {
  return status >= 500 && code !== 'overloaded' && code !== 'no_file_handles';
}
