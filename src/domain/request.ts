import { z } from 'zod';
import { parseWith } from './parse.ts';
import { jsonValue, plainText } from './text.ts';

const properties = z.record(z.string(), jsonValue);

/**
 * An access request in the shape of the OpenID AuthZEN Authorization API 1.0. Everything in it is an assertion.
 * `context.requested_by` names the person on whose behalf somebody else asks; that person cannot approve.
 */
export const requestSchema = z
  .strictObject({
    subject: z.strictObject({ type: plainText(128), id: plainText(512), properties: properties.optional() }),
    action: z.strictObject({ name: plainText(128), properties: properties.optional() }),
    resource: z.strictObject({ type: plainText(128), id: plainText(512), properties: properties.optional() }),
    context: z
      .object({ requested_by: plainText(512).optional() })
      .catchall(jsonValue)
      .optional(),
  })
  .meta({ id: 'AccessRequest', description: 'Who wants to do what to which resource, and what they say about it.' });
export type AccessRequest = z.infer<typeof requestSchema>;

/** Throws AppError `invalid_request` with a fault for each place. */
export function parseRequest(value: unknown): AccessRequest {
  return parseWith(requestSchema, value, 'invalid_request', 'The access request');
}

/** The kind of a request selects the policy package that decides it, for example `issue/api_key`. */
export function kindOf(request: AccessRequest): string {
  return `${request.action.name}/${request.resource.type}`;
}
