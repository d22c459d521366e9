import { z } from 'zod';
import { SHA256_PATTERN } from './canonical-json.ts';
import type { Directory } from './directory.ts';
import { AppError } from './errors.ts';
import { type Assurance, assuranceSchema } from './evaluation.ts';
import { plainText } from './text.ts';

export const instantSchema = z.iso.datetime({ precision: 3 }).meta({ description: 'UTC, milliseconds, Z' });
export const sha256Schema = z.string().regex(SHA256_PATTERN);
const identity = plainText(512);

export const verdictSchema = z.enum(['approve', 'reject']);

/** What an approver sends. The server adds who, when and until when; the body never says in which groups they are. */
export const verdictRequestSchema = z
  .strictObject({
    approver: identity
      .optional()
      .meta({ description: "With the scope approve:assert; else the token's own principal" }),
    verdict: verdictSchema,
    comment: z.string().max(4000).default(''),
    seen: z.uuid('the id of the record that the approver was shown').meta({ description: 'The record that was shown' }),
    on_behalf_of: identity.optional().meta({ description: 'The person that a deputy stands in for' }),
  })
  .meta({ id: 'ApprovalRequest', description: 'A verdict on a case, bound to the record that the person was shown.' });
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
    on_behalf_of: z.strictObject({ identity: z.string(), person: z.string().nullable() }).nullable(),
    submitted_by: z.strictObject({
      client: z.string(),
      principal: z.string().nullable(),
      person: z.string().nullable(),
    }),
  })
  .meta({ id: 'Approval' });
export type Approval = z.infer<typeof approvalSchema>;

/**
 * Who gives a verdict, and how sure we are of it. A token with `approve` speaks for its own principal (`authenticated`);
 * one with `approve:assert` may name anybody (`asserted`). Throws AppError `forbidden` for everything else.
 */
export function resolveApprover(
  { approver }: Pick<VerdictRequest, 'approver'>,
  { scopes, principal }: { scopes: readonly string[]; principal: string | null },
): { identity: string; assurance: Assurance } {
  if (principal !== null && scopes.includes('approve') && (approver === undefined || approver === principal)) {
    return { identity: principal, assurance: 'authenticated' };
  }
  if (approver !== undefined && scopes.includes('approve:assert')) return { identity: approver, assurance: 'asserted' };
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
  const person = directory.personOf(approver.identity);
  return {
    ...approval,
    approver: { ...approver, person, groups: person === null ? [] : directory.groupsOf(person) },
    submitted_by: { ...submitted_by, person: submitted_by.principal && directory.personOf(submitted_by.principal) },
    on_behalf_of: on_behalf_of && { ...on_behalf_of, person: directory.personOf(on_behalf_of.identity) },
  };
}
