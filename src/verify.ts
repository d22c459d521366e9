import { AppError } from './domain/errors.ts';
import { type DecisionRecord, findDigestMismatches, RECORD_TYPE, recordDigest, recordSchema } from './domain/record.ts';
import { type VerificationKey, verifyCompact } from './evidence/jws.ts';

/** What offline verification established. */
export interface Verification {
  /** The records in the order of the case. */
  records: DecisionRecord[];
  /** False where records before the first one given are missing: each one is genuine, the beginning was not seen. */
  wholeChain: boolean;
}

/**
 * Verifies records of one case (untrusted compact JWS) offline: signature over the bytes as they came, shape, the digests
 * that a record carries of its own members, and the chain. Throws AppError `record_invalid` with what is wrong.
 */
export function verifyRecords(jwsList: readonly string[], keys: readonly VerificationKey[]): Verification {
  const links = jwsList
    .map((jws) => ({ jws, record: verifyRecord(jws, keys) }))
    .sort((a, b) => a.record.seq - b.record.seq);
  for (const [index, { record }] of links.entries()) {
    const before = links[index - 1];
    if (before === undefined) continue;
    if (record.case !== before.record.case) throw invalid(record, 'belongs to another case than the record before it');
    if (record.seq !== before.record.seq + 1) throw invalid(record, `does not follow on seq ${before.record.seq}`);
    if (record.previous?.jti !== before.record.jti || record.previous.digest !== recordDigest(before.jws)) {
      throw invalid(record, 'does not name the record before it by its digest');
    }
  }
  const first = links[0];
  if (first === undefined) throw new AppError('record_invalid', 'No record was given.');
  return { records: links.map(({ record }) => record), wholeChain: first.record.seq === 0 };
}

function verifyRecord(jws: string, keys: readonly VerificationKey[]): DecisionRecord {
  const { payload } = verifyCompact(jws, keys, RECORD_TYPE);
  const parsed = recordSchema.safeParse(payload);
  if (!parsed.success)
    throw new AppError('record_invalid', 'The payload is not a decision record.', { cause: parsed.error });
  const mismatches = findDigestMismatches(parsed.data);
  if (mismatches.length > 0) throw invalid(parsed.data, `does not fit its own ${mismatches.join(', ')}`);
  return parsed.data;
}

function invalid({ jti, seq }: DecisionRecord, why: string): AppError {
  return new AppError('record_invalid', `Record ${jti} (seq ${seq}) ${why}.`);
}

/** One line for a person: what was decided, by which policy, when, and how much of the case was seen. */
export function describeVerification({ records, wholeChain }: Verification): string {
  const last = records.at(-1);
  if (last === undefined) return 'nothing';
  const { decision, request, policy } = last;
  const asked = `${last.kind} on ${request.resource.id} for ${request.subject.id}`;
  const chain = wholeChain ? `chain of ${records.length} whole` : `chain seen from seq ${records[0]?.seq}`;
  return `${decision.outcome} (${decision.tier}): ${asked}; policy ${policy.name} ${policy.revision} ${policy.digest}; decided ${last.evaluated_at}; record ${last.jti}; ${chain}`;
}

/** Finds the records in a file: compact JWS by line, an answer of the service, or a case with its chain. */
export function findRecords(text: string): string[] {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') && !trimmed.startsWith('[')) return trimmed.split(/\s+/).filter((line) => line !== '');
  const value = parseJson(trimmed) as { record?: unknown; chain?: unknown } | unknown[];
  const holders = Array.isArray(value) ? value : Array.isArray(value.chain) ? value.chain : [value];
  return holders.map((holder: { record?: unknown } | null) => {
    if (typeof holder?.record !== 'string') throw new AppError('record_invalid', 'The JSON holds no member "record".');
    return holder.record;
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('record_invalid', 'The file is neither a record nor JSON.', { cause });
  }
}
