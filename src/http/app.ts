import type { IncomingMessage, RequestListener } from 'node:http';
import express from 'express';
import { AppError } from '../base/errors.ts';
import { createPipeline, type Pipeline, type PipelineParts, type Routed } from './pipeline.ts';
import type { Route } from './route.ts';

export type AppParts = PipelineParts;

/**
 * Answers every call. Express routes them, except for the most frequent calls, whose addresses need no parsing: for these,
 * Express would cost more than everything else on this thread (docs/performance.md).
 */
export function createApp(parts: AppParts): RequestListener {
  const { routes } = parts;
  const pipeline = createPipeline(parts);
  const app = createExpressApp(routes, pipeline);
  const direct = new Map(
    routes.filter(({ isHot }) => isHot).map((route) => [`${route.method.toUpperCase()} ${route.path}`, route]),
  );
  return (req, res) => {
    pipeline.begin(req, res);
    const fault = faultOf(req);
    if (fault !== null) {
      res.setHeader('connection', 'close');
      return pipeline.refuse(res, new AppError('malformed_request', fault));
    }
    const route = direct.get(`${req.method} ${req.url}`);
    if (route === undefined) app(req, res);
    else void pipeline.answer(route, req, res, NOTHING_ROUTED);
  };
}

/** Headers that two readers could interpret differently if they are sent twice: Node uses the first and drops the other. */
const SINGLE_HEADERS = new Set(['host', 'authorization']);
const VERSIONS = new Set(['1.0', '1.1']);

/** The fault of a request that Node's parser accepts, or null. */
function faultOf({ rawHeaders, httpVersion, headers }: IncomingMessage): string | null {
  if (!VERSIONS.has(httpVersion)) return `HTTP/${httpVersion} is not supported; use HTTP/1.1.`;
  if (httpVersion === '1.1' && headers.host === undefined) return 'The header host is missing.';
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!SINGLE_HEADERS.has(name)) continue;
    if (seen.has(name)) return `The header ${name} was sent twice.`;
    seen.add(name);
  }
  return null;
}

/** A hot route has no parameters and no query, and one answer type. */
const NOTHING_ROUTED: Routed = { params: {}, query: {}, accepts: () => null };

function createExpressApp(routes: readonly Route[], pipeline: Pipeline): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  for (const [path, sharing] of Map.groupBy(routes, (route) => route.path)) {
    const expressPath = path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const route of sharing) {
      app[route.method](expressPath, async (req, res) => {
        const params = req.params as Record<string, string>;
        const accepts = (...types: string[]) => req.accepts(types) || null;
        await pipeline.answer(route, req, res, { params, query: req.query, accepts });
      });
    }
    app.all(expressPath, refuseMethod(sharing));
  }
  app.use((_req, _res, next) => next(new AppError('not_found', 'There is no resource at this path.')));
  app.use(((error, _req, res, _next) => pipeline.refuse(res, error)) satisfies express.ErrorRequestHandler);
  return app;
}

function refuseMethod(routes: readonly Route[]): express.RequestHandler {
  const allow = routes.map(({ method }) => method.toUpperCase()).join(', ');
  return (req, res, next) => {
    res.setHeader('allow', allow);
    next(new AppError('method_not_allowed', `${req.method} is not supported here; use ${allow}.`));
  };
}
