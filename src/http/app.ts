import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { AppError } from '../domain/errors.ts';
import { parseJsonText } from '../domain/json-text.ts';
import type { Caller } from '../domain/record.ts';
import { MAX_BUNDLE_BYTES } from '../policy/bundle.ts';
import { authorise } from './access.ts';
import type { Metrics } from './metrics.ts';
import { PROBLEM_TYPE, toAppError, toProblem } from './problem.ts';
import { NOBODY, type Reply, type Route } from './route.ts';

/** In one body: members and items, at all depths. Policy may look at every one of them. */
const MAX_VALUES = 2000;

export interface AppParts {
  routes: readonly Route[];
  /** The caller behind an Authorization header. Throws AppError `unauthenticated`. */
  authenticate: (header: string | undefined) => Caller;
  isStopping: () => boolean;
  bodyLimitBytes: number;
  rateLimitPerMinute: number;
  metrics: Metrics;
  logger: Logger;
}

/** What middleware learnt of a request, for the log and the steps after it. */
interface Locals {
  caller: Caller;
  route: string;
  code: string | undefined;
}

export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use(observe(parts));
  app.use(helmet());
  app.use((_req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    next();
  });
  const limit = limitRate(parts.rateLimitPerMinute);
  for (const [path, routes] of Map.groupBy(parts.routes, ({ path }) => path)) {
    const expressPath = path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const route of routes) app[route.method](expressPath, ...stepsOf(route, parts, limit));
    app.all(expressPath, refuseMethod(routes));
  }
  app.use((_req, _res, next) => next(new AppError('not_found', 'There is nothing at this path.')));
  app.use(answerError(parts));
  return app;
}

/** Nobody's body is read before they have shown who they are and that they may call. */
function stepsOf(
  route: Route,
  { authenticate, bodyLimitBytes, isStopping }: AppParts,
  limit: RequestHandler,
): RequestHandler[] {
  const identify: RequestHandler = (req, res, next) => {
    localsOf(res).route = route.path;
    if (isStopping()) res.setHeader('connection', 'close');
    if (route.scopes !== null) {
      const caller = authenticate(req.headers.authorization);
      localsOf(res).caller = caller;
      authorise(caller, route);
    }
    next();
  };
  const handle: RequestHandler = async (req, res) => {
    const call = {
      caller: localsOf(res).caller ?? NOBODY,
      params: req.params as Record<string, string>,
      query: req.query,
      header: (name: string) => req.get(name),
      accepts: (...types: string[]) => req.accepts(types) || null,
      body: route.method === 'get' ? undefined : bodyOf(req, route),
    };
    send(res, await route.handle(call));
  };
  const readBody = express.raw({
    type: [...typesOf(route)],
    limit: route.bodyTypes === undefined ? bodyLimitBytes : MAX_BUNDLE_BYTES,
    inflate: false,
  });
  const limited = route.scopes === null ? [] : [limit];
  return route.method === 'get' ? [identify, ...limited, handle] : [identify, ...limited, readBody, handle];
}

const typesOf = ({ bodyTypes = ['application/json'] }: Route) => bodyTypes;

function bodyOf(req: Request, route: Route): unknown {
  const bytes = Buffer.isBuffer(req.body) ? req.body : new Uint8Array();
  if (bytes.length === 0 && req.is([...typesOf(route)]) === false) {
    throw new AppError('unsupported_media_type', `Send the body as ${typesOf(route).join(' or ')}.`);
  }
  return route.bodyTypes === undefined ? parseJsonText(bytes, { maxValues: MAX_VALUES }) : bytes;
}

function send(res: Response, { status, body, type, headers }: Reply): void {
  res.status(status);
  if (headers !== undefined) res.set(headers);
  if (type === undefined) res.json(body);
  else res.setHeader('content-type', type).end(String(body));
}

/** Counts by client, so that one noisy caller does not shut out the others. */
function limitRate(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_req, res) => localsOf(res as Response).caller.client,
    handler: (_req, _res, next) => next(new AppError('rate_limited', `A client may call ${perMinute} times a minute.`)),
  });
}

function refuseMethod(routes: readonly Route[]): RequestHandler {
  const allow = routes.map(({ method }) => method.toUpperCase()).join(', ');
  return (req, res, next) => {
    res.setHeader('allow', allow);
    next(new AppError('method_not_allowed', `${req.method} is not supported here; use ${allow}.`));
  };
}

function answerError({ logger }: AppParts): ErrorRequestHandler {
  return (error, _req, res, next) => {
    if (res.headersSent) return next(error);
    const appError = toAppError(error);
    const problem = toProblem(appError);
    localsOf(res).code = problem.code;
    if (problem.status >= 500) logger.error({ err: appError, code: problem.code }, 'call failed');
    if (problem.status === 401) res.setHeader('www-authenticate', 'Bearer');
    if (problem.status === 503) res.setHeader('retry-after', '1');
    res.status(problem.status).setHeader('content-type', PROBLEM_TYPE).end(JSON.stringify(problem));
  };
}

/** One log line and one measurement per call. Bodies, tokens and ids of subjects stay out of both. */
function observe({ metrics, logger }: AppParts): RequestHandler {
  return (req, res, next) => {
    const startedAt = performance.now();
    res.once('close', () => {
      const { route = 'none', caller, code } = localsOf(res);
      const ms = performance.now() - startedAt;
      const { method } = req;
      metrics.observeRequest({ method, route, status: res.statusCode }, ms / 1000);
      logger.info(
        { method, route, status: res.statusCode, ms: Math.round(ms * 10) / 10, client: caller?.client, code },
        'call',
      );
    });
    next();
  };
}

function localsOf(res: Response): Locals {
  return res.locals as Locals;
}
