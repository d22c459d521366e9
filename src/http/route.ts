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
  /** The bytes of the body as received; empty if there is none. */
  raw: Uint8Array;
  /**
   * Counts points in the rate limit for work whose cost is known only afterwards. Never refuses; later calls are refused
   * instead. Long work has to wait for the milliseconds that the promise resolves to; 0 while the client has points.
   */
  charge(points: number): Promise<number>;
}

/**
 * What goes back. Bytes are sent as they are, as a string body is with a `type`, and one that comes in parts as they come: if
 * it fails midway, the connection breaks, so that a part is not taken for the whole. Without one, the body is sent as JSON.
 */
export interface Reply {
  status: number;
  body: unknown;
  type?: string;
  headers?: Readonly<Record<string, string>>;
}

/** A call of the contract, with what answers it and how the pipeline treats it. */
export interface Route extends Omit<ApiCall, 'auth'> {
  /** The names of the authenticators that callers can choose from; empty for a public route. */
  auth: readonly string[];
  /** Called so often that it bypasses Express. Such a route has no parameters, no query, and one answer type. */
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
  /** Takes access away, so no write budget applies. */
  takesAway?: boolean;
  /**
   * The points of a call in the rate limit, if the length of its body does not cost more; default 1. The body is not
   * validated yet.
   */
  cost?(body: unknown): number;
  handle(call: Call): Promise<Reply> | Reply;
}

/** The caller of public routes. */
export const NOBODY: Caller = { client: '', scopes: [], claims: {}, principal: null, person: null };
