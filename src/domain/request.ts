import { parseWith } from '../base/parse.ts';
import { type AccessRequest, requestSchema } from '../contract/request.ts';

/** Throws AppError `invalid_request` with a fault for each place. */
export function parseRequest(value: unknown): AccessRequest {
  return parseWith(requestSchema, value, 'invalid_request', 'The access request');
}

/** The kind of a request selects the policy package that decides it, for example `issue/api_key`. */
export function kindOf(request: AccessRequest): string {
  return `${request.action.name}/${request.resource.type}`;
}
