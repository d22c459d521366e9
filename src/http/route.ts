import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { Caller } from '../domain/record.ts';
import type { Scope } from '../integrations/tokens.ts';

/** One call as a handler sees it: authenticated, its body parsed from strict JSON or as bytes, still unvalidated. */
export interface Call {
  caller: Caller;
  /** Untrusted path parameters, query and headers. */
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, unknown>>;
  header(name: string): string | undefined;
  /** The content type of these that the caller likes best (RFC 9110 §12.5.1), or null. */
  accepts(...types: string[]): string | null;
  body: unknown;
}

/**
 * What goes back. With a `type` a string body is sent as it is, and one that comes in parts as they come: should it fail on
 * the way, the connection breaks, so that nobody takes a part for the whole. Without one, the body is sent as JSON.
 */
export interface Reply {
  status: number;
  body: unknown;
  type?: string;
  headers?: Readonly<Record<string, string>>;
}

/** One row of the API: routing, authorisation and OpenAPI are made from the same table. */
export interface Route {
  method: 'get' | 'post' | 'put';
  /** In OpenAPI notation: `/v1/cases/{id}`. */
  path: string;
  /** Asked so often that Express is passed by. Such a route has no parameters, looks at no query, answers in one type. */
  isHot?: true;
  /** The content types of a body that is handed on as bytes, for a bundle; without them, a body is strict JSON. */
  bodyTypes?: readonly string[];
  /** Instead of the configured limit. */
  maxBodyBytes?: number;
  /** Members and items of a JSON body at all depths; default MAX_VALUES. */
  maxValues?: number;
  /** What a call counts for in the rate limit; default 1. The body is not validated yet. */
  cost?(body: unknown): number;
  /** Any one of these scopes lets a caller in; null is open to everybody. */
  scopes: readonly Scope[] | null;
  operation: ZodOpenApiOperationObject;
  handle(call: Call): Promise<Reply> | Reply;
}

/** What open routes see as their caller. */
export const NOBODY: Caller = { client: '', scopes: [], claims: {}, principal: null, person: null };
