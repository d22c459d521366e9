import type { IncomingMessage } from 'node:http';
import getRawBody from 'raw-body';
import { AppError } from '../base/errors.ts';
import { parseJsonSteps, parseJsonText } from '../base/json-text.ts';
import type { Route } from './route.ts';

/** In one body: members and items, at all depths. Policy may examine every one of them. */
export const MAX_VALUES = 2000;
export const JSON_TYPE = 'application/json';

/** What the headers say about a body before it is read. */
export interface BodyHead {
  maxBytes: number;
  /** Null where the body comes in chunks. */
  length: number | null;
}

/** At most `maxBytes` of it may be read. Throws AppError `unsupported_media_type`, `body_too_large`. */
export function readBodyHead(
  { headers }: IncomingMessage,
  { bodyTypes = [JSON_TYPE] }: Route,
  maxBytes: number,
): BodyHead {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = headers;
  const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : null;
  if (length !== 0 && !bodyTypes.includes((type.split(';', 1)[0] ?? '').trim().toLowerCase())) {
    throw new AppError('unsupported_media_type', `Send the body as ${bodyTypes.join(' or ')}.`);
  }
  if (encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', 'Send the body without compression.');
  }
  if (length !== null && length > maxBytes)
    throw new AppError('body_too_large', `The body of this call may have at most ${maxBytes} bytes.`);
  return { maxBytes, length };
}

/** Pieces of a body that may be of any length; as many take a millisecond of this thread. */
const SMALL_PIECES = 512;
/** What further pieces have on average: each takes some 150 bytes beside its own until the body is whole. */
const MIN_PIECE_BYTES = 64;

/** Rejects with AppError `malformed_request` for a body in very small pieces, and as raw-body does. */
export async function readBytes(req: IncomingMessage, { maxBytes, length }: BodyHead): Promise<Uint8Array> {
  if (req.destroyed)
    throw new AppError('malformed_request', 'The caller closed the connection before the body was read.');
  refuseSmallPieces(req);
  return getRawBody(req, { limit: maxBytes, length });
}

/** A body in chunks of one byte would take a hundred times the memory that it is counted for, and time for each of them. */
function refuseSmallPieces(req: IncomingMessage): void {
  let pieces = 0;
  let bytes = 0;
  req.on('data', function count(piece: Buffer) {
    pieces++;
    bytes += piece.length;
    if (pieces <= SMALL_PIECES + bytes / MIN_PIECE_BYTES) return;
    req.off('data', count);
    const message = `The body arrives in pieces of less than ${MIN_PIECE_BYTES} bytes; send larger ones.`;
    req.emit('error', new AppError('malformed_request', message)); // The reader of the body gets this error and stops reading.
  });
}

export function isJson({ bodyTypes = [JSON_TYPE] }: Route): boolean {
  return bodyTypes.includes(JSON_TYPE);
}

/** Throws as parseJsonText, and AppError `malformed_json` for an empty body. */
export function parseAtOnce(bytes: Uint8Array, { maxValues = MAX_VALUES, rows }: Route): unknown {
  if (bytes.length === 0) {
    const detail = 'The body is empty. Send a JSON object; {} is one without members.';
    throw new AppError('malformed_json', detail, { faults: [{ pointer: '', code: 'syntax', detail }] });
  }
  return parseJsonText(bytes, { maxValues, rows });
}

/** Steps to the value of a JSON body. Throws as parseJsonText. */
export function parseInSteps(bytes: Uint8Array, { maxValues = MAX_VALUES, rows }: Route): Generator<void, unknown> {
  return parseJsonSteps(bytes, { maxValues, rows });
}

/** A body that may take this thread a millisecond or more to parse. */
export const HEAVY_BYTES = 64 * 1024;
