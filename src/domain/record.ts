import { z } from 'zod';
import { type Canonical, canonicalJson, digestOf, type Sha256, sha256, sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';
import { jsonValue } from '../base/json-text.ts';
import { type Approval, approvalSchema, saysWhatWasSigned } from './approval/approval.ts';
import { decisionSchema, outcomeSchema } from './decision.ts';
import { evaluationSchema, tierSchema } from './evaluation.ts';
import { kindOf, recordedRequestSchema } from './request.ts';

export const RECORD_TYPE = 'decision-record+jwt';

export const callerSchema = z
  .strictObject({
    client: z.string(),
    scopes: z.array(z.string()),
    claims: z.record(z.string(), jsonValue),
    principal: z.string().nullable(),
    person: z.string().nullable(),
  })
  .meta({ id: 'Caller', description: 'Who asked: the client, and the person behind it where there is one.' });
export type Caller = z.infer<typeof callerSchema>;

/** The persons behind a request: null where nobody is known, or nobody is named. */
export const personsSchema = z
  .strictObject({
    subject: z.string().nullable(),
    caller: z.string().nullable(),
    requester: z.string().nullable(),
  })
  .meta({ id: 'Persons' });
export type Persons = z.infer<typeof personsSchema>;

/** What the first record of a case pins for all that follow: when it was opened, and who stood behind the request then. */
export const openedSchema = z.strictObject({ at: instantSchema, persons: personsSchema }).meta({ id: 'Opened' });
export type Opened = z.infer<typeof openedSchema>;

export const historyEntrySchema = z
  .strictObject({
    case: z.uuid(),
    kind: z.string(),
    outcome: outcomeSchema,
    tier: tierSchema,
    at: instantSchema,
    expires_at: instantSchema.nullable(),
    review: z.string().nullable().meta({ description: 'The verdict of the last review; null where there was none' }),
    shares: z
      .array(z.enum(['resource', 'subject', 'team']))
      .optional()
      .meta({ description: 'What it has in common with this case' }),
  })
  .meta({ id: 'HistoryEntry' });
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

/** How many earlier cases a decision looks at. */
export const HISTORY_LIMIT = 20;

export const policyRefSchema = z
  .strictObject({
    name: z.string(),
    revision: z.string(),
    digest: sha256Schema,
    wasm_digest: sha256Schema,
    data_digest: sha256Schema,
    entrypoint: z.string(),
  })
  .meta({ id: 'PolicyReference' });
export type PolicyRef = z.infer<typeof policyRefSchema>;

export const builtinErrorSchema = z.strictObject({ builtin: z.string(), message: z.string() });
export type BuiltinError = z.infer<typeof builtinErrorSchema>;

/** The payload of a decision record. No `sub`, `aud` or `exp`: no token issuer may take a record for a credential. */
export const recordSchema = z
  .strictObject({
    iss: z.string(),
    jti: z.uuid(),
    iat: z.int(),
    statement: z.literal('decision'),
    case: z.uuid(),
    seq: z.int().nonnegative(),
    previous: z.strictObject({ jti: z.uuid(), digest: sha256Schema }).nullable(),
    evaluated_at: instantSchema,
    opened: openedSchema,
    caller: callerSchema,
    kind: z.string(),
    request: recordedRequestSchema,
    request_digest: sha256Schema,
    approvals: z.array(approvalSchema),
    history: z.array(historyEntrySchema).max(HISTORY_LIMIT),
    input_digest: sha256Schema,
    evaluation: evaluationSchema.nullable(),
    decision: decisionSchema,
    policy: policyRefSchema,
    builtin_errors: z.array(builtinErrorSchema),
    masked: z.array(z.string()),
    engine: z.strictObject({ version: z.string(), opa: z.string(), builtins: z.string(), tzdata: z.string() }),
  })
  .meta({ id: 'Record' });
export type DecisionRecord = z.infer<typeof recordSchema>;

/** A record on its way to be signed: its history comes as text, and nothing but policy reads it. */
export type RecordDraft = Omit<DecisionRecord, 'history'> & { history: DecisionRecord['history'] | Canonical };

/** The members of a record that policy saw. */
type Seen = Pick<RecordDraft, 'request' | 'approvals' | 'caller' | 'history' | 'evaluated_at'>;

/** Members that stand as they are in the policy input and in the record, where they are serialised already. */
type Written = Partial<Record<'request' | 'caller', Canonical>>;

/**
 * The policy input as canonical JSON text: the very bytes that WASM gets and `input_digest` covers. It is a function of
 * members that the record carries, so that anybody can rebuild it from a record alone.
 */
export function policyInputText(seen: Seen, written: Written = {}): string {
  return canonicalJson({
    request: seen.request,
    kind: kindOf(seen.request),
    approvals: seen.approvals.map(inputApproval),
    caller: seen.caller,
    history: seen.history,
    now: seen.evaluated_at,
    ...written,
  });
}

/** The payload that is signed. */
export function recordText(record: RecordDraft, written: Written & { evaluation?: Canonical | null } = {}): string {
  return canonicalJson({ ...record, ...written });
}

function inputApproval({ id, approver, verdict, at, expires_at, seen, submitted_by }: Approval): object {
  const { person, groups, assurance } = approver;
  const { client, person: submitter } = submitted_by;
  return {
    id,
    approver: { person, groups, assurance },
    verdict,
    at,
    expires_at,
    seen,
    submitted_by: { client, person: submitter },
  };
}

type Mismatch = 'request_digest' | 'input_digest' | 'kind' | 'case' | 'approval signatures';

/** Recomputes what a record says about its own members; an empty list means that it is consistent. */
export function findDigestMismatches(record: DecisionRecord): Mismatch[] {
  const found: Mismatch[] = [];
  if (digestOf(record.request) !== record.request_digest) found.push('request_digest');
  if (sha256(policyInputText(record)) !== record.input_digest) found.push('input_digest');
  if (kindOf(record.request) !== record.kind) found.push('kind');
  if ((record.seq === 0) !== (record.case === record.jti && record.previous === null)) found.push('case');
  if (!record.approvals.every(saysWhatWasSigned)) found.push('approval signatures');
  return found;
}

/** The digest by which the next record of a chain, and the log, name a record: over the ASCII of the compact JWS. */
export function recordDigest(jws: string): Sha256 {
  return sha256(jws);
}
