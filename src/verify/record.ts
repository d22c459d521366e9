import { z } from 'zod';
import {
  keyOf,
  parsePayload,
  readHeader,
  requireSignature,
  unverifiedPayload,
  type VerificationKey,
} from '../base/jws.ts';
import { RECORD_TYPE } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { createChecklist, isFault } from './checklist.ts';
import { checkDigests } from './checks/digests.ts';
import { checkFormat } from './checks/format.ts';
import { checkSchema, isTokenRecord, TOKEN_RECORD } from './checks/schema.ts';
import type { PlacedRecord } from './find-records.ts';
import type { RecordReport } from './report.ts';

/**
 * Verifies one record (an untrusted compact JWS) without those around it: form, type, key, signature, schema, digests. Nothing
 * of it is believed before its signature is verified. The first check that fails is the last that runs.
 */
export function verifyRecord({ jws, place }: PlacedRecord, keys: readonly VerificationKey[]): RecordReport {
  const checks = createChecklist();
  const describe = (message: string) => `${place}${claimIn(jws)}: ${message}`;
  const report = (record: Statement | null): RecordReport => ({ jws, place, record, checks: checks.results });
  try {
    const parts = checks.require('format', () => checkFormat(jws), describe);
    const header = checks.require('type', () => readHeader(parts, RECORD_TYPE), describe);
    const key = checks.require('key', () => keyOf(header, keys), describe);
    checks.require('signature', () => requireSignature(parts, key), describe);
    const payload = checks.require('schema', () => parsePayload(parts), describe);
    if (isTokenRecord(payload)) {
      checks.skip('schema', describe(`${TOKEN_RECORD} Its signature is valid.`));
      return report(null);
    }
    const statement = checks.require('schema', () => checkSchema(payload), describe);
    checks.require('digests', () => checkDigests(statement), describe);
    return report(statement);
  } catch (error) {
    if (isFault(error)) return report(null);
    throw error;
  }
}

/** The case that a record which is not genuine names; null where it names none. */
export function claimedCase(jws: string): string | null {
  const { case: caseId } = claimsOf(jws);
  return isId(caseId) ? caseId : null;
}

function claimIn(jws: string): string {
  const { jti, seq } = claimsOf(jws);
  return isId(jti) && Number.isSafeInteger(seq) ? `, which says that it is record ${jti} (seq ${seq})` : '';
}

/** What a record that is not genuine says of itself. */
function claimsOf(jws: string): Partial<Record<'jti' | 'seq' | 'case', unknown>> {
  try {
    const payload = unverifiedPayload(jws);
    return typeof payload === 'object' && payload !== null ? payload : {};
  } catch {
    return {};
  }
}

function isId(value: unknown): value is string {
  return z.uuid().safeParse(value).success;
}
