import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../contract/record.ts';

/** The parts of a call that are known before its body is read; all are untrusted. */
export interface CallHead {
  method: string;
  /** Path and query, as they were sent. */
  url: string;
  headers: IncomingHttpHeaders;
}

/** A caller proven by the headers: a token, a password, a session. */
export interface ProvenCaller {
  kind: 'proven';
  caller: Caller;
}

/** A caller that the headers only name: the bytes of the body have to prove it, for example by a signature over them. */
export interface ClaimedCaller {
  kind: 'claimed';
  /** Who the caller says it is, for example a key id. Nothing is charged to a client before it is proven. */
  name: string;
  /** How many bytes of a body are read before the proof, at most; the limit of the route applies too. */
  maxBodyBytes: number;
  /** Checks the bytes as received, empty if there is no body. Rejects with AppError `unauthenticated`. */
  prove(raw: Uint8Array): Promise<Caller>;
}

export type IdentifiedCaller = ProvenCaller | ClaimedCaller;

/**
 * One way for callers to say and prove who they are. Routes name the ways that they accept (ApiCall.auth); the pipeline
 * knows none of them, so that a new one is added without touching it.
 *
 * @example Basic authentication (RFC 7617):
 * ```ts
 * const basic: Authenticator = {
 *   credentials: 'a user and password: Authorization: Basic <credentials>',
 *   challenge: 'Basic realm="countersign", charset="UTF-8"',
 *   async identify({ headers }) {
 *     const credentials = parseBasic(headers.authorization);
 *     return credentials && { kind: 'proven', caller: await callerOf(credentials) };
 *   },
 *   async revalidate(caller) {
 *     await requireUser(caller.client);
 *   },
 * };
 * ```
 */
export interface Authenticator {
  /** What a caller has to send, in words that follow "Send". */
  credentials: string;
  /** The value of WWW-Authenticate in a 401 answer (RFC 9110 §11.6.1). */
  challenge: string;
  /**
   * Finds out who calls, before anything of the body is read; null where the call holds no credentials of this kind.
   * Rejects with AppError `unauthenticated` where they are wrong, and `store_unavailable` where they cannot be checked now.
   */
  identify(head: CallHead): Promise<IdentifiedCaller | null>;
  /** Rejects with AppError `unauthenticated` where what proved the caller was revoked, or expired, since. */
  revalidate(caller: Caller): Promise<void>;
}
