import { z } from 'zod';
import { jsonValue } from '../base/json-text.ts';
import { KEY_SCHEMA, plainText } from '../base/text.ts';

/** What the API description says of an object whose members are free: its schema cannot, since it is text that is checked. */
const freeKeys = { override: { propertyNames: KEY_SCHEMA } };
const properties = z.record(z.string(), jsonValue).meta(freeKeys);

/** What a name or id may look like: strict at the door, anything in a record that was signed before the door got stricter. */
type NameSchema = (max: number) => z.ZodString;

function requestShape(name: NameSchema) {
  return z.strictObject({
    subject: z.strictObject({ type: name(128), id: name(512), properties: properties.optional() }),
    action: z.strictObject({ name: name(128), properties: properties.optional() }),
    resource: z.strictObject({ type: name(128), id: name(512), properties: properties.optional() }),
    context: z
      .object({ requested_by: name(512).optional() })
      .catchall(jsonValue)
      .meta(freeKeys)
      .optional(),
  });
}

/**
 * An access request in the shape of the OpenID AuthZEN Authorization API 1.0. Everything in it is an assertion.
 * `context.requested_by` names the person on whose behalf the caller asks; that person cannot approve.
 */
export const requestSchema = requestShape(plainText).meta({
  id: 'AccessRequest',
  description: 'Who wants to do what to which resource. The shape is that of the OpenID AuthZEN Authorization API 1.0.',
});
export const recordedRequestSchema = requestShape(() => z.string()).meta({ id: 'RecordedRequest' });
export type AccessRequest = z.infer<typeof requestSchema>;
