import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import getRawBody from 'raw-body';
import { AppError } from '../domain/errors.ts';
import { parseJsonText } from '../domain/json-text.ts';
import type { Caller } from '../domain/record.ts';
import { authorise } from './access.ts';
import type { Metrics } from './metrics.ts';
import { PROBLEM_TYPE, toAppError, toProblem } from './problem.ts';
import { type Call, NOBODY, type Reply, type Route } from './route.ts';

/** In one body: members and items, at all depths. Policy may look at every one of them. */
export const MAX_VALUES = 2000;
const JSON_TYPE = 'application/json';
/** What is noted of a caller who did not wait for the answer; no such status is ever sent. */
const HUNG_UP = 499;

export interface PipelineParts {
  /** The caller behind an Authorization header. Throws AppError `unauthenticated`. */
  authenticate: (header: string | undefined) => Caller;
  isStopping: () => boolean;
  bodyLimitBytes: number;
  rateLimitPerMinute: number;
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

export function createPipeline(parts: PipelineParts): Pipeline {
  const { authenticate, isStopping, bodyLimitBytes, rateLimitPerMinute, metrics, logger } = parts;
  const notes = new WeakMap<ServerResponse, Note>();
  const standing = [...helmetHeaders(), ['cache-control', 'no-store'] as const];
  const limiter = new RateLimiterMemory({ points: rateLimitPerMinute, duration: 60 });

  /** Counts by client, so that one noisy caller does not shut out the others. */
  async function charge({ client }: Caller, points: number, res: ServerResponse): Promise<void> {
    const tooMany = new AppError('rate_limited', `A client may ask ${rateLimitPerMinute} times a minute.`);
    if (points >= rateLimitPerMinute && points > 1) throw tooMany; // It would never pass, and shut out the client's other calls.
    try {
      await limiter.consume(client, points);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      res.setHeader('retry-after', Math.ceil(error.msBeforeNext / 1000));
      throw tooMany;
    }
  }

  /** Throws AppError unauthenticated, forbidden, rate_limited. */
  async function admit(route: Route, req: IncomingMessage, res: ServerResponse): Promise<Caller> {
    if (route.scopes === null) return NOBODY;
    const caller = authenticate(req.headers.authorization);
    noteOf(res).client = caller.client;
    authorise(caller, route);
    await charge(caller, 1, res);
    return caller;
  }

  /** Nobody's body is read before they have shown who they are and that they may call. */
  async function answer(route: Route, req: IncomingMessage, res: ServerResponse, routed: Routed): Promise<void> {
    noteOf(res).route = route.path;
    try {
      if (isStopping()) res.setHeader('connection', 'close');
      const caller = await admit(route, req, res);
      const body = route.method === 'get' ? undefined : await readBody(req, route, bodyLimitBytes);
      const cost = route.cost?.(body) ?? 1;
      if (cost > 1) await charge(caller, cost - 1, res);
      const header = (name: string) => req.headers[name] as string | undefined;
      const reply = await route.handle({ caller, header, body, ...routed });
      if (isInParts(reply.body)) await sendParts(res, reply, reply.body);
      else send(res, reply);
    } catch (error) {
      refuse(res, error);
    }
  }

  function refuse(res: ServerResponse, error: unknown): void {
    const appError = toAppError(error);
    const problem = toProblem(appError);
    noteOf(res).code = problem.code;
    if (problem.status >= 500 && appError.code !== 'overloaded')
      logger.error({ err: appError, code: problem.code }, 'call failed');
    if (res.headersSent || res.destroyed) return void res.destroy();
    if (problem.status === 401) res.setHeader('www-authenticate', 'Bearer');
    if (problem.status === 413) res.setHeader('connection', 'close'); // The rest of the body is of no interest.
    if (problem.status === 503) res.setHeader('retry-after', '1');
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

async function readBody(req: IncomingMessage, route: Route, bodyLimitBytes: number): Promise<unknown> {
  const { bodyTypes = [JSON_TYPE], maxBodyBytes = bodyLimitBytes, maxValues = MAX_VALUES } = route;
  const {
    'content-type': type = '',
    'content-encoding': encoding = 'identity',
    'content-length': length,
  } = req.headers;
  const isEmpty = req.headers['transfer-encoding'] === undefined && (length ?? '0') === '0';
  if (!isEmpty && !bodyTypes.includes((type.split(';', 1)[0] ?? '').trim().toLowerCase())) {
    throw new AppError('unsupported_media_type', `Send the body as ${bodyTypes.join(' or ')}.`);
  }
  if (encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', 'Send the body without compression.');
  }
  const bytes = await getRawBody(req, { limit: maxBodyBytes, length: length ?? null });
  return bodyTypes.includes(JSON_TYPE) ? parseJsonText(bytes, { maxValues }) : bytes;
}

function send(res: ServerResponse, { status, body, type, headers = {} }: Reply): void {
  setHead(res, status, headers);
  if (type === undefined) end(res, `${JSON_TYPE}; charset=utf-8`, JSON.stringify(body));
  else end(res, type, String(body));
}

function isInParts(body: unknown): body is AsyncIterable<string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** Takes the next part when the caller has taken the one before. Rejects where either side fails. */
async function sendParts(
  res: ServerResponse,
  { status, type = 'text/plain', headers = {} }: Reply,
  parts: AsyncIterable<string>,
): Promise<void> {
  setHead(res, status, { ...headers, 'content-type': type });
  // Parts are large already; a queue of them would only hold memory.
  await pipeline(Readable.from(parts, { highWaterMark: 1 }), res).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error; // Else the caller went away.
  });
}

function setHead(res: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void {
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
}

function end(res: ServerResponse, type: string, text: string): void {
  res.setHeader('content-type', type);
  res.setHeader('content-length', Buffer.byteLength(text));
  res.end(text);
}
