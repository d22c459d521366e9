import type { JsonRows } from '../base/json-measure.ts';
import type { ApiCall } from '../contract/calls/api-call.ts';
import type { Caller } from '../contract/record.ts';

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
  /** The bytes of the body, as they came; empty where there is none. */
  raw: Uint8Array;
  /**
   * Counts points in the rate limit for work whose cost its doing told. Never refuses: later calls are, and what goes on
   * for long waits as long as the promise says, in milliseconds; 0 while the client has points.
   */
  charge(points: number): Promise<number>;
}

/**
 * What goes back. Bytes are sent as they are, as a string body is with a `type`, and one that comes in parts as they come: should it fail on
 * the way, the connection breaks, so that nobody takes a part for the whole. Without one, the body is sent as JSON.
 */
export interface Reply {
  status: number;
  body: unknown;
  type?: string;
  headers?: Readonly<Record<string, string>>;
}

/** A call of the contract, with what answers it and how the pipeline treats it. */
export interface Route extends Omit<ApiCall, 'auth'> {
  /** The names of the authenticators that callers can choose from; none where the route is open to everybody. */
  auth: readonly string[];
  /** Asked so often that Express is passed by. Such a route has no parameters, looks at no query, answers in one type. */
  isHot?: true;
  /** The content types of a body that is handed on as bytes, for a bundle; without them, a body is strict JSON. */
  bodyTypes?: readonly string[];
  /** Instead of the configured limit. */
  maxBodyBytes?: number;
  /** Members and items of a JSON body at all depths; default MAX_VALUES. */
  maxValues?: number;
  /** Of a JSON body that is a list of things under one member. */
  rows?: JsonRows;
  /** May take long; a client has a few of these at a time, until their answers are taken. */
  isLong?: true;
  /** Takes access away, which no write budget holds back. */
  takesAway?: boolean;
  /** What a call counts for in the rate limit, where its body does not cost more by its length; default 1. The body is not validated yet. */
  cost?(body: unknown): number;
  handle(call: Call): Promise<Reply> | Reply;
}

/** What open routes see as their caller. */
export const NOBODY: Caller = { client: '', scopes: [], claims: {}, principal: null, person: null };
