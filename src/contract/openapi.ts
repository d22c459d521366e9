import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { ApiCall } from './calls/api-call.ts';
import { CALLS } from './calls/table.ts';
import { PROBLEM_TYPE, problemSchema } from './problem.ts';
import { SECURITY_SCHEMES } from './security.ts';
import { signedVerdictSchema } from './signed-verdict.ts';
import { statementSchema } from './statement.ts';
import { tokenRecordSchema } from './token.ts';

/** The OpenAPI 3.1 document of the API, made from the schemas that check its input. `npm run contract` writes it to docs/openapi.json. */
export function createOpenApi(version: string): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const call of Object.values<ApiCall>(CALLS)) {
    paths[call.path] = { ...paths[call.path], [call.method]: operationOf(call) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version,
      description: 'Access requests decided by policy as code; every answer is a signed record.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      // No call takes or answers these as JSON: they are payloads of the JWS in `record` and in `signature`.
      schemas: { Statement: statementSchema, TokenRecord: tokenRecordSchema, SignedVerdict: signedVerdictSchema },
    },
  });
}

function operationOf(call: ApiCall): ZodOpenApiOperationObject {
  const problem = { description: 'A problem (RFC 9457)', content: { [PROBLEM_TYPE]: { schema: problemSchema } } };
  return {
    ...call.operation,
    description: accessTo(call),
    security: securityOf(call),
    responses: { ...call.operation.responses, '4XX': problem, '5XX': problem },
  };
}

function accessTo({ auth, scopes, openedBy }: ApiCall): string {
  if (auth.length === 0) return 'No authentication required.';
  const scope = `Scope: ${scopes.map((each) => `\`${each}\``).join(' or ')}.`;
  return openedBy === undefined ? scope : `${scope} Open to everybody where \`${openedBy}\` is set.`;
}

function securityOf({ auth, openedBy }: ApiCall): NonNullable<ZodOpenApiOperationObject['security']> {
  const ways = auth.map((name) => ({ [name]: [] }));
  return openedBy === undefined ? ways : [...ways, {}];
}
