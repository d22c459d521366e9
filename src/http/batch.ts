import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { AppError, type Fault } from '../base/errors.ts';
import type { JsonRows } from '../base/json-measure.ts';
import { parseWith } from '../base/parse.ts';
import { MAX_BATCH } from '../contract/batch.ts';
import type { AccessRequest } from '../contract/request.ts';
import { parseRequest } from '../domain/request.ts';
import { MAX_VALUES } from './body.ts';

export const MAX_BATCH_BYTES = 2 * 1024 * 1024;
/** For all requests together: many times their usual size. Half a million would take the garbage collector 50 ms. */
export const MAX_BATCH_VALUES = 65_536;
/** Each request may hold as much as it may alone. */
export const BATCH_ROWS: JsonRows = { max: MAX_BATCH, maxValues: MAX_VALUES };
const MAX_FAULTS = 20;
/** Other calls get a turn after this time. */
const SLICE_MS = 5;

const envelopeSchema = z.strictObject({ requests: z.array(z.unknown()).min(1).max(MAX_BATCH) });

/** The body is not validated yet: anything but a list is refused soon after. */
export function costOfBatch(body: unknown): number {
  const requests = (body as { requests?: unknown } | null)?.requests;
  return Array.isArray(requests) ? Math.min(requests.length, MAX_BATCH) : 1;
}

/**
 * All of them or none: a request that is not valid refuses the batch before anything is decided. Rejects with AppError
 * `invalid_request` that names the first faults.
 */
export async function parseBatch(body: unknown): Promise<AccessRequest[]> {
  const { requests } = parseWith(envelopeSchema, body, 'invalid_request', 'The batch');
  const parsed: AccessRequest[] = [];
  const faults: Fault[] = [];
  let sliceEndsAt = performance.now() + SLICE_MS;
  for (const [index, request] of requests.entries()) {
    try {
      parsed.push(parseRequest(request));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      faults.push(...error.faults.map((fault) => ({ ...fault, pointer: `/requests/${index}${fault.pointer}` })));
    }
    if (faults.length >= MAX_FAULTS) break;
    if (performance.now() < sliceEndsAt) continue;
    await setImmediate();
    sliceEndsAt = performance.now() + SLICE_MS;
  }
  const [first] = faults;
  if (first === undefined) return parsed;
  throw new AppError('invalid_request', `The batch is not valid: ${first.pointer}: ${first.detail}`, {
    faults: faults.slice(0, MAX_FAULTS),
  });
}
