import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../base/errors.ts';
import type { ClientLimits } from './limits.ts';

/** A call costs one point, plus one for each further piece of its body of this size. */
const BYTES_PER_POINT = 4096;
const WINDOW_SECONDS = 60;
/** A client that has requested this many times its limit is answered late. */
const PATIENCE = 2;
const LATE_MS = 1000;

/** The budget of a client per minute. Counted by client, so that a busy client does not block the others. */
export interface ClientBudget {
  /**
   * Takes points before something is done; `spent` were taken for the same call before. Rejects with AppError `rate_limited`
   * where the client has too few, or where the call costs more than a minute has; a second late if it ignores earlier
   * refusals, because refusing a body takes time too.
   */
  spend(client: string, points: number, spent?: number): Promise<void>;
  /**
   * Counts points for work that is done already, because its cost was not known before. Never refuses; the next call is
   * refused instead. Resolves to the milliseconds until the client has points again, 0 while it has some.
   */
  charge(client: string, points: number): Promise<number>;
  /** Rejects with AppError `rate_limited` where the client's calls made the service write all that they may in a minute. */
  requireWriteBudget(client: string): Promise<void>;
  /** Counts bytes that were written for a call. */
  chargeWritten(client: string, bytes: number): Promise<void>;
}

export function createClientBudget({
  rateLimitPerMinute,
  writeBytesPerMinute,
}: Pick<ClientLimits, 'rateLimitPerMinute' | 'writeBytesPerMinute'>): ClientBudget {
  const points = new RateLimiterMemory({ points: rateLimitPerMinute, duration: WINDOW_SECONDS });
  const written = new RateLimiterMemory({ points: writeBytesPerMinute, duration: WINDOW_SECONDS });
  return {
    async spend(client, wanted, spent = 0) {
      // It would never pass, and block the client's other calls.
      if (wanted + spent > rateLimitPerMinute) {
        throw tooMany(
          `This call costs ${wanted + spent} points, and a client has ${rateLimitPerMinute} points per minute.`,
          WINDOW_SECONDS,
        );
      }
      try {
        await points.consume(client, wanted);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        if (error.consumedPoints > PATIENCE * rateLimitPerMinute)
          await new Promise((resolve) => setTimeout(resolve, LATE_MS));
        throw tooMany(`A client has ${rateLimitPerMinute} points per minute.`, secondsUntil(error));
      }
    },
    async charge(client, done) {
      const { remainingPoints, msBeforeNext } = await points.penalty(client, done);
      return remainingPoints > 0 ? 0 : msBeforeNext;
    },
    async requireWriteBudget(client) {
      const used = await written.get(client);
      if (used === null || used.consumedPoints < writeBytesPerMinute) return;
      throw tooMany(`The calls of a client may write ${writeBytesPerMinute} bytes per minute.`, secondsUntil(used));
    },
    async chargeWritten(client, bytes) {
      await written.penalty(client, bytes);
    },
  };
}

/** The cost of a call by the length of its body, before the body is examined. */
export function pointsOf(bodyBytes: number): number {
  return Math.max(1, Math.ceil(bodyBytes / BYTES_PER_POINT));
}

function secondsUntil({ msBeforeNext }: RateLimiterRes): number {
  return Math.ceil(msBeforeNext / 1000);
}

function tooMany(message: string, retryAfterSeconds: number): AppError {
  return new AppError('rate_limited', message, { retryAfterSeconds });
}
