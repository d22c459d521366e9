import { RETRYABLE, toError } from './answers.ts';
import { CountersignError, notAnAnswer } from './error.ts';
import { misfit } from './shape.ts';
import { explainUnreachable } from './unreachable.ts';
import type { Calls, Problem } from './wire.ts';
import { CALL_FORMS, type CallForm, SHAPES } from './wire-calls.ts';

export interface TransportOptions {
  /** Base address of the service, without a slash at its end. */
  url: string;
  token: string | null;
  timeoutMs: number;
  tries: number;
  maxDelayMs: number;
}

/** One call, before it is sent. */
export interface Sent {
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  /** Undefined where the call takes one and the client has to make it. */
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** An answer whose content type, status and shape are those of the contract. */
export interface Received<Id extends keyof Calls> {
  status: number;
  answer: Calls[Id]['answer'];
}

/** Makes a call of the API, again where that is safe. Rejects with CountersignError, or with the reason of the signal. */
export type Transport = <Id extends keyof Calls>(id: Id, sent?: Sent) => Promise<Received<Id>>;

const PROBLEM_TYPE = 'application/problem+json';
const FIRST_DELAY_MS = 200;

export function createTransport(options: TransportOptions): Transport {
  const { url: base, token, timeoutMs, tries, maxDelayMs } = options;

  async function attempt<Id extends keyof Calls>(form: CallForm, request: RequestOf, signal: AbortSignal | undefined) {
    const unreachable = (cause: unknown): never => {
      signal?.throwIfAborted();
      const { message, isPassing } = explainUnreachable(`The service at ${base}`, cause);
      throw new CountersignError(0, 'unreachable', message, { cause, isRetryable: isPassing });
    };
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${base}${request.path}`, {
      ...request.init,
      redirect: 'manual', // A token must not be sent to another address.
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    }).catch(unreachable);
    const text = await response.text().catch(unreachable);
    if (!form.statuses.includes(response.status)) throw refusalOf(response, text);
    return { status: response.status, answer: answerOf(form, response, text) as Calls[Id]['answer'] };
  }

  return async (id, sent = {}) => {
    const form = CALL_FORMS[id];
    const request = requestOf(form, sent, token);
    for (let tried = 1; ; tried++) {
      try {
        return await attempt<typeof id>(form, request, sent.signal);
      } catch (error) {
        const delayMs = tried < tries ? delayAfter(error, form, tried, maxDelayMs) : null;
        if (delayMs === null) throw error;
        await pause(delayMs, sent.signal);
      }
    }
  };
}

interface RequestOf {
  path: string;
  init: RequestInit;
}

/** Every try of a call sends the same key, so that the service carries it out once. */
function requestOf(
  form: CallForm,
  { path = {}, query = {}, body, idempotencyKey }: Sent,
  token: string | null,
): RequestOf {
  const headers: Record<string, string> = { accept: form.answerType };
  if (token !== null && form.needsToken) headers['authorization'] = `Bearer ${token}`;
  if (form.bodyType !== null) headers['content-type'] = form.bodyType;
  if (form.takesKey) headers['idempotency-key'] = idempotencyKey ?? crypto.randomUUID();
  const filled = form.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => segment(path[name]));
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
  return { path: `${filled}${search}`, init: { method: form.method, headers, body: bodyOf(form, body) } };
}

/** Throws TypeError for what would lead to another path. */
function segment(id = ''): string {
  if (id === '' || id === '.' || id === '..') throw new TypeError(`"${id}" is not an id.`);
  return encodeURIComponent(id);
}

function bodyOf({ bodyType }: CallForm, body: unknown): NonNullable<RequestInit['body']> | null {
  if (bodyType === null) return null;
  return bodyType === 'application/json' ? JSON.stringify(body) : (body as Uint8Array<ArrayBuffer>);
}

/** Throws CountersignError `not_an_answer` for everything that the contract does not know as an answer of the call. */
function answerOf({ answerType, answer: shape }: CallForm, response: Response, text: string): unknown {
  const type = typeOf(response);
  if (type !== answerType) {
    throw notAnAnswer(response.status, `The content type of the response is ${type || 'missing'}, not ${answerType}.`);
  }
  if (answerType !== 'application/json') return text;
  const answer = parsed(text);
  const wrong = answer === undefined ? 'no JSON' : misfit(answer, shape);
  if (wrong === null) return answer;
  throw notAnAnswer(response.status, `The response does not have the expected shape (${wrong}).`);
}

/** Why a call was refused: the problem that the service sent, or what little a proxy says. */
function refusalOf(response: Response, text: string): CountersignError {
  const { status, headers } = response;
  const retryAfterSeconds = secondsUntil(headers.get('retry-after'));
  const location = headers.get('location');
  if (status >= 300 && status < 400 && location !== null) {
    return notAnAnswer(status, `The address redirects to ${location}, which the client does not follow.`);
  }
  if (status < 400) return notAnAnswer(status, `The response has the status ${status}, which this call never returns.`);
  const problem = typeOf(response) === PROBLEM_TYPE ? parsed(text) : undefined;
  if (isProblem(problem) && problem.status === status) return toError(problem, retryAfterSeconds);
  return new CountersignError(status, 'unknown', wordsOf(problem) ?? `The service answered ${status}.`, {
    isRetryable: RETRYABLE.has(status),
    retryAfterSeconds,
  });
}

function isProblem(value: unknown): value is Problem {
  return misfit(value, SHAPES['Problem'] ?? {}) === null;
}

/** What a problem says whose code this version of the client does not know. */
function wordsOf(problem: unknown): string | null {
  const { code, detail } = (problem ?? {}) as { code?: unknown; detail?: unknown };
  return typeof code === 'string' && typeof detail === 'string' ? `${detail} (${code})` : null;
}

function typeOf({ headers }: Response): string {
  return (headers.get('content-type')?.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Retry-After is a number of seconds or a date (RFC 9110 §10.2.3); null for anything else. */
function secondsUntil(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isFinite(date) ? Math.max(0, (date - Date.now()) / 1000) : null;
}

/**
 * Milliseconds until the next try; null where none may be made. The pauses grow, differ from client to client, and are never
 * shorter than the service asked for.
 */
function delayAfter(error: unknown, form: CallForm, tried: number, maxDelayMs: number): number | null {
  if (!(error instanceof CountersignError && error.isRetryable)) return null;
  // Without a key, a call that may have arrived must not be repeated.
  const isRepeatable = form.method !== 'POST' || form.takesKey || error.status === 429;
  if (!isRepeatable) return null;
  const grown = FIRST_DELAY_MS * 3 ** (tried - 1) * (0.75 + Math.random() / 4);
  const delayMs = Math.max(grown, (error.retryAfterSeconds ?? 0) * 1000);
  return delayMs <= maxDelayMs ? delayMs : null;
}

/** Rejects with the reason of the signal as soon as it is aborted. */
function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
