import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { Scope } from '../scope.ts';
import type { SecuritySchemeName } from '../security.ts';

/** One call of the API. http/ attaches a handler to it; OpenAPI and the client are generated from it. */
export interface ApiCall {
  method: 'get' | 'post' | 'put' | 'delete';
  /** In OpenAPI notation: `/v1/cases/{id}`. */
  path: `/${string}`;
  /** How a caller can authenticate: any one of these is enough. Without any, the call is open to everybody. */
  auth: readonly SecuritySchemeName[];
  /** A caller who authenticated needs any one of these scopes. */
  scopes: readonly Scope[];
  /** For calls that need a scope unless a setting of the service opens them: the name of that setting. */
  openedBy?: string;
  operation: ZodOpenApiOperationObject & { operationId: string; summary: string };
}

export const JSON_TYPE = 'application/json';

/** The content of a JSON body. */
export function json<T extends z.ZodType>(schema: T): { [JSON_TYPE]: { schema: T } } {
  return { [JSON_TYPE]: { schema } };
}

/** The body of a call that needs one. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true, content: json(schema) };
}

export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

export const keyHeader = z.object({
  'idempotency-key': z.string().regex(IDEMPOTENCY_KEY).optional().meta({
    description: 'The same key and body within 24 hours return the first record again, with `latest`',
  }),
});

export const caseIdParameter = z.object({ id: z.uuid().meta({ description: 'The id of any record of the case' }) });

/** The headers of an answer that shows a new record. */
export const createdHeaders = z.object({
  location: z.string().meta({ description: 'The path of the record' }),
  'idempotency-replayed': z
    .literal('true')
    .optional()
    .meta({ description: 'Sent when the idempotency key was used before: the record is the first one' }),
});
