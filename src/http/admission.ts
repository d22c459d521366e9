import type { IncomingMessage, ServerResponse } from 'node:http';
import { getHeapStatistics } from 'node:v8';
import type { ClaimedCaller } from '../auth/authenticator.ts';
import type { Caller } from '../contract/record.ts';
import { authorise } from './access.ts';
import type { Authentication } from './authentication.ts';
import { type BodyHead, HEAVY_BYTES, isJson, parseAtOnce, parseInSteps, readBodyHead, readBytes } from './body.ts';
import { type ClientBudget, createClientBudget, pointsOf } from './client-budget.ts';
import { type CallInFlight, createInFlight, type InFlight } from './in-flight.ts';
import { createLanes, type Lanes } from './lanes.ts';
import type { ClientLimits } from './limits.ts';
import { createParseTurns } from './parse-turns.ts';
import { NOBODY, type Route } from './route.ts';

/** The longest time between two large bodies of a client, however few points it gets. */
const MAX_REST_MS = 1000;
/** How long a client's call waits for the client's own long calls. */
const MAX_WAIT_MS = 10_000;
/** Calls with a large body that a client has at a time: each takes several threads many milliseconds. */
const HEAVY_CALLS = 1;
/** The share of the heap that the bodies of all unproven callers may hold. */
const UNPROVEN_SHARE_OF_HEAP = 1 / 16;

const NO_BYTES = new Uint8Array(0);
const NO_BODY: BodyHead = { maxBytes: 0, length: 0 };

/** A call that may be handled. */
export interface Admitted {
  caller: Caller;
  /** The value of a JSON body, or the bytes of another one; undefined where the route takes none. */
  body: unknown;
  /** The body as received; empty if there is none. */
  raw: Uint8Array;
  /** The memory that the call holds until its end; null if no client is charged for it. */
  held: CallInFlight | null;
  /** Rejects with AppError `unauthenticated` if the caller's credentials were revoked, or expired, since. */
  revalidate(): Promise<void>;
}

/** Decides who may call, and charges them for the call. */
export interface Admission {
  /**
   * Authenticates the caller, charges the call and reads the body. Rejects with AppError `unauthenticated`, `forbidden`,
   * `rate_limited`, `overloaded`, and every code for which a body can be refused.
   */
  admit(route: Route, req: IncomingMessage, res: ServerResponse): Promise<Admitted>;
  /** Waits for one of the few long reads that a client has at a time. Rejects with AppError `rate_limited`. */
  enterLongRead(caller: Caller, res: ServerResponse): Promise<void>;
  /** See Call.charge. */
  charge(client: string, points: number): Promise<number>;
  /** Counts bytes that were written for a call. */
  chargeWritten(client: string, bytes: number): Promise<void>;
}

export interface AdmissionParts {
  authentication: Authentication;
  limits: ClientLimits;
  /** Called for each call with a proven caller. */
  onProven: (caller: Caller, req: IncomingMessage, res: ServerResponse) => void;
}

/** Where a call is charged: to proven clients or to unproven ones. */
interface Ledger {
  budget: ClientBudget;
  inFlight: InFlight;
}

/** `early` contains the bytes of the body if they were needed to prove the caller. */
interface ProvenCall {
  route: Route;
  req: IncomingMessage;
  res: ServerResponse;
  caller: Caller;
  early: Uint8Array | null;
}

/** A call whose body is read. `bytes` reads it, or gives what was read before to prove the caller. */
interface Reading extends Omit<ProvenCall, 'early'> {
  held: CallInFlight;
  bytes: (head: BodyHead) => Promise<Uint8Array>;
}

/**
 * A caller proven by the headers is charged from the start.
 *
 * One whom they only name (a key id, say, while the signature covers the body) is charged for the reading of that body in a
 * ledger of its own, by remote address and name. Its limits are the same, but a caller that names another client does not use
 * up that client's budget. The client pays once the bytes have proven it. All unproven bodies together hold at most a
 * sixteenth of the heap, so that a flood of them leaves the others their memory.
 */
export function createAdmission({ authentication, limits, onProven }: AdmissionParts): Admission {
  const { heap_size_limit: heapBytes } = getHeapStatistics();
  const proven: Ledger = { budget: createClientBudget(limits), inFlight: createInFlight(limits.inFlightBytes) };
  const unproven: Ledger = {
    budget: createClientBudget(limits),
    inFlight: createInFlight(limits.inFlightBytes, heapBytes * UNPROVEN_SHARE_OF_HEAP),
  };
  const { budget } = proven;
  const longReads = createLanes({ perClient: limits.longReads, calls: 'long reads', maxWaitMs: MAX_WAIT_MS });
  const heavyCalls = createLanes({ perClient: HEAVY_CALLS, calls: 'calls with a large body', maxWaitMs: MAX_WAIT_MS });
  const turns = createParseTurns();

  async function admit(route: Route, req: IncomingMessage, res: ServerResponse): Promise<Admitted> {
    const { method = '', url = '', headers } = req;
    const identification = await authentication.identify(route, { method, url, headers });
    if (identification === null)
      return { caller: NOBODY, body: undefined, raw: NO_BYTES, held: null, async revalidate() {} };
    const { identified, authenticator } = identification;
    const { caller, early } =
      identified.kind === 'proven'
        ? { caller: identified.caller, early: null }
        : await proveByBody(identified, route, req, res);
    const admitted = await admitProven({ route, req, res, caller, early });
    // A body may take long to arrive: a token that was revoked meanwhile must not be accepted.
    const revalidate = () => authenticator.revalidate(caller);
    if (hasBody(route)) await revalidate();
    return { ...admitted, revalidate };
  }

  /** Reads as many bytes as the claim allows, and has them prove who the caller is. */
  async function proveByBody(
    claimed: ClaimedCaller,
    route: Route,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<{ caller: Caller; early: Uint8Array }> {
    const account = `${req.socket.remoteAddress} ${claimed.name}`;
    const held = hold(unproven, account, res);
    try {
      const head = hasBody(route)
        ? readBodyHead(req, route, Math.min(maxBytesOf(route), claimed.maxBodyBytes))
        : NO_BODY;
      const length = head.length ?? head.maxBytes;
      await unproven.budget.spend(account, pointsOf(length));
      held.holdBody(length);
      const early = hasBody(route) ? await readBytes(req, head) : NO_BYTES;
      return { caller: await claimed.prove(early), early };
    } finally {
      held.end();
    }
  }

  async function admitProven({ route, req, res, caller, early }: ProvenCall): Promise<Omit<Admitted, 'revalidate'>> {
    onProven(caller, req, res);
    authorise(caller, route);
    const held = hold(proven, caller.client, res);
    if (!hasBody(route)) {
      await budget.spend(caller.client, 1);
      return { caller, body: undefined, raw: NO_BYTES, held };
    }
    if (route.method === 'post' && !route.takesAway) await budget.requireWriteBudget(caller.client);
    const bytes = async (head: BodyHead) => early ?? readBytes(req, head);
    const { body, raw } = await readBody({ route, req, res, caller, held, bytes });
    return { caller, body, raw, held };
  }

  async function readBody(reading: Reading): Promise<Pick<Admitted, 'body' | 'raw'>> {
    const { route, req, caller } = reading;
    const head = readBodyHead(req, route, maxBytesOf(route));
    if (isJson(route)) return readJson(reading, head);
    await budget.spend(caller.client, 1);
    const raw = await reading.bytes(head);
    return { body: raw, raw };
  }

  /**
   * What a body costs is known by its length and is taken before it is read, and what it costs beyond that before it is
   * handled. Rejects with AppError rate_limited, and all that a body can be refused for.
   */
  async function readJson(reading: Reading, head: BodyHead): Promise<Pick<Admitted, 'body' | 'raw'>> {
    const { route, res, caller, held } = reading;
    let spent = pointsOf(head.length ?? 0);
    await budget.spend(caller.client, spent);
    held.holdBody(head.length ?? head.maxBytes);
    if ((head.length ?? 0) >= HEAVY_BYTES) await enter(heavyCalls, caller, res, restAfter(spent));
    const raw = await reading.bytes(head);
    const isHeavy = raw.length >= HEAVY_BYTES;
    if (head.length === null) {
      held.holdBody(raw.length);
      spent += await spendMore(caller, pointsOf(raw.length), spent);
      if (isHeavy) await enter(heavyCalls, caller, res, restAfter(spent));
    }
    const body = isHeavy ? await turns.run(caller.client, parseInSteps(raw, route)) : parseAtOnce(raw, route);
    await spendMore(caller, route.cost?.(body) ?? 1, spent);
    return { body, raw };
  }

  function maxBytesOf({ maxBodyBytes = limits.bodyLimitBytes }: Route): number {
    return maxBodyBytes;
  }

  /** Milliseconds in which a client gets so many points: large bodies are taken at the rate of its budget, not all at once. */
  function restAfter(points: number): number {
    return Math.min((points * 60_000) / limits.rateLimitPerMinute, MAX_REST_MS);
  }

  /** Resolves to the points taken in addition to those spent before. */
  async function spendMore({ client }: Caller, cost: number, spent: number): Promise<number> {
    if (cost <= spent) return 0;
    await budget.spend(client, cost - spent, spent);
    return cost - spent;
  }

  return {
    admit,
    enterLongRead: (caller, res) => enter(longReads, caller, res),
    charge: budget.charge,
    chargeWritten: budget.chargeWritten,
  };
}

function hasBody({ method }: Route): boolean {
  return method !== 'get';
}

/** Counts a call in until its end. Throws AppError rate_limited, overloaded. */
function hold({ inFlight }: Ledger, account: string, res: ServerResponse): CallInFlight {
  const held = inFlight.begin(account);
  whenClosed(res, held.end);
  return held;
}

/** The call leaves at its end. Rejects with AppError `rate_limited`. */
async function enter(lanes: Lanes, { client }: Caller, res: ServerResponse, restMs = 0): Promise<void> {
  const lane = lanes.enter(client);
  let hasTurn = false;
  // A caller who disconnects while waiting must not get a turn.
  whenClosed(res, () => (hasTurn ? setTimeout(lane.leave, restMs).unref() : lane.leave()));
  await lane.turn;
  hasTurn = true;
}

/** A caller may have disconnected during a look-up; no event reports that any more. */
function whenClosed(res: ServerResponse, act: () => void): void {
  if (res.destroyed) act();
  else res.once('close', act);
}
