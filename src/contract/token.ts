import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { anyInstant, instantSchema } from '../base/instant.ts';
import { plainText, text } from '../base/text.ts';
import { callerSchema } from './record.ts';
import { SCOPES } from './scope.ts';

const DAY_SECONDS = 86_400;
/** The default lifetime of a token. */
export const DEFAULT_TOKEN_SECONDS = 90 * DAY_SECONDS;
export const MAX_TOKEN_SECONDS = 365 * DAY_SECONDS;

const scopesSchema = z.array(z.enum(SCOPES)).max(SCOPES.length);

/** What is asked for with a new token. Its id, its secret and when it was made, the service adds. */
export const tokenRequestSchema = z
  .strictObject({
    client: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'use up to 64 letters, digits, ".", "_" and "-"')
      .meta({ description: 'The name of the client that uses it; every record contains it' }),
    scopes: scopesSchema.min(1),
    may_grant: scopesSchema.default([]).meta({
      description: 'With the scope `admin`: scopes that it may grant to other tokens in addition to its own',
    }),
    principal: plainText(512)
      .nullable()
      .default(null)
      .meta({ description: 'The person or account that it represents: an identity in policy data' }),
    expires_in_seconds: z
      .int()
      .min(1)
      .max(MAX_TOKEN_SECONDS)
      .optional()
      .meta({ description: `At most a year; the default is ${DEFAULT_TOKEN_SECONDS}, which is 90 days` }),
    expires_at: anyInstant.optional().meta({ description: 'Instead of expires_in_seconds' }),
  })
  .refine(({ scopes, may_grant }) => may_grant.length === 0 || scopes.includes('admin'), {
    path: ['may_grant'],
    error: 'requires the scope admin',
  })
  .refine(({ expires_in_seconds: lifetime, expires_at: end }) => lifetime === undefined || end === undefined, {
    path: ['expires_at'],
    error: 'cannot be given together with expires_in_seconds',
  })
  .meta({
    id: 'TokenRequest',
    description: 'A new access token.',
    allOf: [
      { not: { required: ['expires_in_seconds', 'expires_at'] } },
      {
        anyOf: [
          { properties: { may_grant: { maxItems: 0 } } },
          { properties: { scopes: { contains: { const: 'admin' } } } },
        ],
      },
    ],
  });
export type TokenRequest = z.output<typeof tokenRequestSchema>;

/** What is sent to revoke a token. */
export const tokenRevocationSchema = z
  .strictObject({ reason: text(4000).default('') })
  .meta({ id: 'TokenRevocation', description: 'Revokes an access token.' });

/** A token as shown to callers with the scope `admin`: without its secret. */
const members = {
  id: z.string().meta({ description: 'The part of the token after `cs_`; it is public' }),
  client: z.string(),
  scopes: scopesSchema,
  may_grant: scopesSchema,
  principal: z.string().nullable(),
  created_at: instantSchema,
  expires_at: instantSchema,
};

export const tokenSchema = z
  .strictObject({ ...members, revoked_at: instantSchema.nullable() })
  .meta({ id: 'AccessToken' });
export type AccessToken = z.infer<typeof tokenSchema>;

const record = z.string().meta({ description: 'The signed record of this: a compact JWS' });

export const createdTokenSchema = tokenSchema
  .extend({ token: z.string().meta({ description: 'The token itself; it is never returned again' }), record })
  .meta({ id: 'CreatedToken' });
export type CreatedToken = z.infer<typeof createdTokenSchema>;

export const revokedTokenSchema = tokenSchema.extend({ record }).meta({ id: 'RevokedToken' });
export type RevokedToken = z.infer<typeof revokedTokenSchema>;

const nextAfter = z.int().nullable().meta({ description: 'The `after` of the next page; null at the end' });

export const tokenPageSchema = z
  .strictObject({ tokens: z.array(tokenSchema), next_after: nextAfter })
  .meta({ id: 'TokenPage' });
export type TokenPage = z.infer<typeof tokenPageSchema>;

/**
 * The payload of a record about a token. It belongs to no case but to the stream of the installation, where `seq` and
 * `previous` count.
 */
export const tokenRecordSchema = z
  .strictObject({
    iss: z.string(),
    jti: z.uuid(),
    iat: z.int(),
    statement: z.literal('token'),
    stream: z.literal('installation'),
    seq: z.int().nonnegative(),
    previous: z.strictObject({ jti: z.uuid(), digest: sha256Schema }).nullable(),
    at: instantSchema,
    event: z.enum(['creation', 'revocation']),
    token: z.strictObject(members),
    reason: z.string().nullable().meta({ description: 'Why it was revoked; null for a creation' }),
    caller: callerSchema.nullable().meta({
      description: 'Who created or revoked it; null for the owner of the data folder, on the machine itself',
    }),
    engine: z.strictObject({ version: z.string() }),
  })
  .meta({ id: 'TokenRecord', description: 'The payload of a signed record about an access token.' });
export type TokenRecord = z.infer<typeof tokenRecordSchema>;

export const tokenRecordPageSchema = z
  .strictObject({
    records: z.array(z.strictObject({ id: z.uuid(), seq: z.int(), record: z.string() })),
    next_after: nextAfter,
  })
  .meta({ id: 'TokenRecordPage' });
export type TokenRecordPage = z.infer<typeof tokenRecordPageSchema>;
