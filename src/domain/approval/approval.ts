import { z } from 'zod';
import { sha256Schema } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import { instantSchema } from '../../base/instant.ts';
import { plainText, text } from '../../base/text.ts';
import type { Directory } from '../directory.ts';
import { type Assurance, assuranceSchema, tierSchema } from '../evaluation.ts';
import { differingMembers, readSignedVerdict } from './signed-verdict.ts';

const identity = plainText(512);
/** Longer than a comment of the greatest length makes it. */
const MAX_SIGNATURE_LENGTH = 65_536;

export const verdictSchema = z.enum(['approve', 'reject']);

/** What an approver sends. The server adds who, when and until when; the body never says in which groups they are. */
export const verdictRequestSchema = z
  .strictObject({
    approver: identity
      .optional()
      .meta({ description: "With the scope approve:assert; else the token's own principal" }),
    verdict: verdictSchema,
    comment: text(4000).default(''),
    seen: z.uuid('the id of the record that the approver was shown').meta({ description: 'The record that was shown' }),
    on_behalf_of: identity.optional().meta({ description: 'The person that a deputy stands in for' }),
    signature: z.string().max(MAX_SIGNATURE_LENGTH).optional().meta({
      pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$',
      description:
        "A compact JWS (typ approval+jwt, ES256 or EdDSA) by a key of the approver's own, over case, seen, request_digest, verdict, comment and iat. It says who approves: without approver and on_behalf_of",
    }),
  })
  .refine(({ signature, approver }) => signature === undefined || approver === undefined, {
    path: ['approver'],
    error: 'the signature says who approves',
  })
  .refine(({ signature, on_behalf_of: behalf }) => signature === undefined || behalf === undefined, {
    path: ['on_behalf_of'],
    error: 'is not among what is signed',
  })
  .meta({
    id: 'ApprovalRequest',
    description: 'A verdict on a case, bound to the record that the person was shown.',
    allOf: [{ not: { required: ['signature', 'approver'] } }, { not: { required: ['signature', 'on_behalf_of'] } }],
  });
export type VerdictRequest = z.infer<typeof verdictRequestSchema>;

/** One person's verdict on a case, as it stands in records. */
export const approvalSchema = z
  .strictObject({
    id: z.uuid(),
    case: z.uuid(),
    request_digest: sha256Schema,
    approver: z.strictObject({
      identity: z.string(),
      person: z.string().nullable(),
      groups: z.array(z.string()),
      assurance: assuranceSchema,
    }),
    verdict: verdictSchema,
    comment: z.string(),
    at: instantSchema,
    expires_at: instantSchema,
    seen: z.uuid(),
    seen_tier: tierSchema.optional().meta({ description: 'The tier in the record that was shown' }),
    authenticated_at: instantSchema.nullable().optional().meta({
      description:
        'When the approver signed, or signed in; null where nobody can say. Records of earlier versions lack it',
    }),
    signature: z.string().nullable().optional().meta({ description: 'The JWS of a signed approval' }),
    on_behalf_of: z.strictObject({ identity: z.string(), person: z.string().nullable() }).nullable(),
    submitted_by: z.strictObject({
      client: z.string(),
      principal: z.string().nullable(),
      person: z.string().nullable(),
    }),
  })
  .meta({ id: 'Approval' });
export type Approval = z.infer<typeof approvalSchema>;

/** Who gives a verdict, how sure we are of it, and since when. */
export interface Approver {
  identity: string;
  assurance: Assurance;
  authenticatedAt: string | null;
}

/**
 * Who gives a verdict, by the token that hands it in. A token with `approve` speaks for its own principal
 * (`authenticated`); one with `approve:assert` may name anybody (`asserted`); both may hand in what somebody signed: null,
 * for then the signature says who. Throws AppError `forbidden` for everything else.
 */
export function resolveApprover(
  { approver, signature }: Pick<VerdictRequest, 'approver' | 'signature'>,
  { scopes, principal }: { scopes: readonly string[]; principal: string | null },
): Approver | null {
  if (signature !== undefined && (scopes.includes('approve') || scopes.includes('approve:assert'))) return null;
  if (principal !== null && scopes.includes('approve') && (approver === undefined || approver === principal)) {
    return { identity: principal, assurance: 'authenticated', authenticatedAt: null };
  }
  if (approver !== undefined && scopes.includes('approve:assert')) {
    return { identity: approver, assurance: 'asserted', authenticatedAt: null };
  }
  if (approver !== undefined) {
    throw new AppError('forbidden', 'Naming another approver needs the scope approve:assert.');
  }
  throw new AppError('forbidden', 'An approval needs the scope approve and a token that stands for a person.');
}

/**
 * Persons and groups are facts of the moment of evaluation: who has since left a group no longer counts for it, and who
 * was mapped wrongly counts as who they are.
 */
export function withFacts(approval: Approval, directory: Directory): Approval {
  const { approver, submitted_by, on_behalf_of } = approval;
  const person = personBehind(approval, directory);
  return {
    ...approval,
    approver: { ...approver, person, groups: person === null ? [] : directory.groupsOf(person) },
    submitted_by: { ...submitted_by, person: submitted_by.principal && directory.personOf(submitted_by.principal) },
    on_behalf_of: on_behalf_of && { ...on_behalf_of, person: directory.personOf(on_behalf_of.identity) },
  };
}

/** Who signed is who has registered the key now: with a key that was taken back nobody speaks any more. */
function personBehind({ approver, signature }: Approval, directory: Directory): string | null {
  if (signature === undefined || signature === null) return directory.personOf(approver.identity);
  return directory.signerOf(readSignedVerdict(signature).kid)?.person ?? null;
}

/**
 * Whether an approval says what its signature says, and is `signed` only where it has one. Whose the key is, and whether
 * the signature verifies, takes the data of the bundle.
 */
export function saysWhatWasSigned(approval: Approval): boolean {
  const { approver, signature, authenticated_at: at } = approval;
  if (signature === undefined || signature === null) return approver.assurance !== 'signed';
  try {
    const { said } = readSignedVerdict(signature);
    const isOfItsTime = typeof at === 'string' && Date.parse(at) === said.iat * 1000;
    return approver.assurance === 'signed' && isOfItsTime && differingMembers(said, approval).length === 0;
  } catch {
    return false;
  }
}
